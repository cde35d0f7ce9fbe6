"""The corpus: notebooks in the styles people write, and how far each one's export comes."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from addresses import PUBLIC, served
from recorded import CORPUS, Notebook, cells_of
from tables import make_project

from notewright.errors import NotewrightError
from notewright.progress import Progress

#: What is asked of each export, in order.
STEPS = ("slice", "package", "tests", "metrics", "predictions", "raw_rows")


@dataclass(frozen=True)
class Style:
    """One notebook of the corpus.

    Parameters
    ----------
    name : str
        The script's name.
    variable : str
        Which variable is exported.
    order : tuple of int
        The order in which the cells ran, where it is not the one they stand in.
    not_row_wise : str
        What the export names, where the notebook's features cannot be had for one row.
    refit : bool
        The notebook never fitted the model, and the user asks for it.
    """

    name: str
    variable: str
    order: tuple[int, ...] = ()
    not_row_wise: str = ""
    refit: bool = False

    @property
    def text(self) -> str:
        """The notebook's script, in the order it ran."""
        text = (CORPUS / f"{self.name}.py").read_text(encoding="utf-8")
        cells = cells_of(text)
        return "".join(f"# %%\n{cells[n - 1]}\n" for n in self.order) if self.order else text

    @property
    def missing(self) -> str:
        """The library that the notebook needs and that is not installed, or ``""``."""
        for name in ("xgboost", "lightgbm", "statsmodels", "torch"):
            if f"import {name}" in self.text and importlib.util.find_spec(name) is None:
                return name
        return ""


STYLES = (
    Style("credit_arrays", "knn"),
    Style("credit_by_place", "classifier"),
    Style("credit_calibrated", "calibrated"),
    Style("credit_chained", "model"),
    Style("credit_compared", "best_model"),
    Style("credit_config_class", "final"),
    Style("credit_configured", "model"),
    Style("credit_cross_validated", "model", refit=True),
    Style("credit_encoder", "hgb"),
    Style("credit_flag", "knn"),
    Style("credit_folds", "clf"),
    Style("credit_forest", "model"),
    Style("credit_functions", "model"),
    Style("credit_grid", "best"),
    Style("credit_halving", "search"),
    Style("credit_helper_module", "forest"),
    Style("credit_idioms", "model"),
    Style("credit_kaggle", "clf"),
    Style("credit_named", "clf"),
    Style("credit_pipeline", "model"),
    Style("credit_piped", "model"),
    Style("credit_rank", "tree", not_row_wise=".rank(pct=True)"),
    Style("credit_run_again", "clf", order=(1, 2, 3, 4, 5, 6, 2, 4, 5)),
    Style("credit_scale_columns", "log_reg"),
    Style("credit_scaled", "model"),
    Style("credit_selected", "final"),
    Style("credit_sqlite", "tree"),
    Style("credit_stacked", "stack"),
    Style("credit_target_encoding", "lr"),
    Style("credit_upsampled", "rf"),
    Style("credit_weighted", "m"),
    Style("credit_xgboost", "model"),
    Style("cancer_frame", "svc_model"),
    Style("churn_classes", "pipe"),
    Style("churn_functions", "model"),
    Style("churn_loop", "is_risky"),
    Style("churn_main", "model"),
    Style("churn_points", "leaves"),
    Style("churn_rule", "predict_churn"),
    Style("churn_scoring", "score"),
    Style("churn_torch", "leaves"),
    Style("churn_wrapper", "cm"),
    Style("diabetes_ridge", "ridge"),
    Style("digits_images", "clf"),
    Style("generated_numbers", "reg"),
    Style("houses_binning", "lm"),
    Style("houses_cleaned", "gbr"),
    Style("houses_formula", "fit"),
    Style("houses_lightgbm", "gbm"),
    Style("houses_log_target", "reg"),
    Style("houses_out_of_order", "lasso", order=(1, 3, 5, 4, 2)),
    Style("houses_over_http", "ridge"),
    Style("houses_statsmodels", "results"),
    Style("iris_components", "pca"),
    Style("iris_neighbours", "knn"),
    Style("iris_noise", "selected"),
    Style("iris_tutorial", "model"),
    Style("made_blobs", "mlp"),
    Style("made_waves", "curves"),
    Style("orders_anomalies", "iso"),
    Style("reviews_bayes", "nb"),
    Style("reviews_tfidf", "clf"),
    Style("sales_calendar", "reg"),
    Style("sales_lags", "gbr", not_row_wise=".shift(lag)"),
    Style("segments_kmeans", "kmeans"),
    Style("shop_joined", "et"),
    Style("titanic_combine", "logreg"),
    Style("titanic_concat", "rf"),
    Style("titanic_kaggle", "rf"),
    Style("wine_reduced", "knn"),
)
BY_NAME = {style.name: style for style in STYLES}


@dataclass
class Outcome:
    """How far an export came: each step's answer, and why it ended where it did."""

    name: str
    steps: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(STEPS, False))
    reason: str = ""

    @property
    def done(self) -> bool:
        """Whether everything that was asked is so."""
        return all(self.steps.values())

    def record(self) -> dict[str, object]:
        """Return it as JSON values."""
        return asdict(self)


#: Tries a package out, given the notebook's model; returns steps, and what is wrong with each.
Trial = Callable[[Any, Any], Mapping[str, str]]


def export_style(style: Style, folder: Path, trial: Trial | None = None) -> Outcome:
    """Run a notebook in `folder`, export its model, and return what came of it.

    Parameters
    ----------
    style : Style
        The notebook.
    folder : Path
        An empty folder.
    trial : callable, optional
        What is done with the package besides, as more steps.
    """
    project = make_project(folder / "project")
    with served(project / "data") as address:
        notebook = Notebook(project).run(style.text.replace(PUBLIC, address))
        return _export(style, notebook, trial)


def _export(style: Style, notebook: Notebook, trial: Trial | None) -> Outcome:
    outcome = Outcome(style.name)
    reached = 0.0

    def report(fraction: float, message: str) -> None:
        nonlocal reached
        reached = fraction

    words = {"refit": True} if style.refit else {}
    try:
        package = notebook.export(
            style.variable, style.name, progress=Progress(report, what="The export"), **words
        )
    except NotewrightError as error:
        # The slice is confirmed by the replay, before anything is written.
        outcome.steps["slice"] = reached >= 0.35
        outcome.reason = str(error)
        return outcome
    proof = json.loads((package.path / "equivalence.json").read_bytes())
    outcome.steps = {
        "slice": proof["slice"] == "statements",
        "package": proof["result"].startswith("equal"),
        "tests": proof["tests"]["passed"],
        "metrics": all(
            entry["notebook"] == entry["package"] for entry in proof["metrics"].values()
        ),
        "predictions": all(e["equal"] for e in proof["model"]["predictions"].values()),
        "raw_rows": package.serves_raw_rows,
    }
    outcome.reason = " ".join(package.findings)
    if style.not_row_wise and not package.serves_raw_rows:
        # Nobody can serve these rows; what is asked is that the export says why.
        outcome.steps["raw_rows"] = style.not_row_wise in outcome.reason
    for step, wrong in (trial(package, _model(style, notebook)) if trial else {}).items():
        outcome.steps[step] = not wrong
        outcome.reason = f"{outcome.reason} {wrong}".strip()
    return outcome


def _model(style: Style, notebook: Notebook) -> Any:
    """Return the notebook's model, unless the package's is one that the notebook never fitted."""
    return None if style.refit else getattr(notebook.module, style.variable)
