"""One check on evidence made for it, without a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks.base import Finding
from notewright.governance.checks.evidence import Evidence, Sources
from notewright.governance.checks.material import Material
from notewright.governance.checks.registry import own_checks
from notewright.governance.checks.service import run_check
from notewright.governance.policy import CheckRules, parse_policy


class _NoVersion:
    id, name, number, run, fingerprint = "a", "model", 1, "b", "f"
    model_object, data, actor = "e", "d", "somebody"


def found(
    name: str,
    frame: pd.DataFrame | None = None,
    *,
    evaluation: Evaluation | None = None,
    training: pd.DataFrame | None = None,
    policy: str = "version: 1",
    model: Any = None,
    tables: dict[str, pd.DataFrame] | None = None,
    root: Path | None = None,
    **options: Any,
) -> list[Finding]:
    """Return what one check finds in a table and an evaluation.

    Parameters
    ----------
    name : str
        Of the check.
    frame : DataFrame, optional
        The raw table.
    evaluation : Evaluation, optional
        By default one of the column `target` of the table, every label right.
    training : DataFrame, optional
        The rows trained on.
    model : estimator, optional
        It takes the table without `target`; by default the evaluation is what it says of it.
    tables : dict of DataFrame, optional
        Those of the notebook; by default the table alone, as `raw`.
    root : Path, optional
        The project's folder.
    options
        Settings of the check.
    """
    check = own_checks()[name]
    if evaluation is None and frame is not None and "target" in frame:
        said = frame["target"] if model is None else model.predict(frame.drop(columns="target"))
        evaluation = Evaluation.of(frame["target"], said)
    if tables is None and frame is not None:
        tables = {"raw": frame}
    given = Evidence(evaluation, tables, (), training, model)
    sources = Sources(None, None, None, root=root)
    material = Material(_NoVersion(), parse_policy(policy), sources, given)
    defaults = {key: option.default for key, option in check.options.items()}
    return run_check(check, CheckRules(options={**defaults, **options}), material)


def failed(name: str, *args: Any, **more: Any) -> list[Finding]:
    """Return the findings that did not pass; a check that could not run is an error here."""
    findings = found(name, *args, **more)
    stuck = [f for f in findings if f.status == "could_not_run"]
    assert not stuck, stuck[0].sentence
    return [f for f in findings if f.status == "failed"]


def clean_tables() -> dict[str, pd.DataFrame]:
    """Return tables without known faults, each with a `target`: real ones and made ones."""
    from sklearn import datasets

    tables: dict[str, pd.DataFrame] = {}
    for name in ("iris", "wine", "breast_cancer", "diabetes", "digits"):
        data = getattr(datasets, f"load_{name}")(as_frame=True)
        tables[name] = data.frame.rename(columns={"target": "target"})
    for seed in range(18):
        tables[f"made {seed}"] = made_table(seed)
    return tables


def made_table(seed: int, rows: int = 1500) -> pd.DataFrame:
    """Return a table as businesses have them, of different makes, without faults."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "income": np.exp(rng.normal(10, rng.uniform(0.3, 1.2), rows)).round(2),
            "balance": rng.normal(0, 2000, rows).round(2),
            "visits": rng.poisson(rng.uniform(0.5, 8), rows),
            "waiting": rng.exponential(rng.uniform(1, 50), rows),
            "share": rng.beta(2, rng.uniform(1, 6), rows),
            "score": rng.standard_t(rng.integers(5, 30), rows),
            "city": rng.choice(CITIES, rows, p=_falling(len(CITIES))),
            "grade": rng.choice([f"grade {n}" for n in "ABCDEFG"], rows),
            "code": rng.choice([f"A{n:02d}" for n in range(40)], rows),
            "joined": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.integers(0, 1_000_000, rows), unit="min"),
            "active": rng.random(rows) < 0.4,
        }
    )
    logit = (frame["age"] - 50) / 15 + frame["score"] + (frame["city"] == "Lisbon")
    frame["target"] = np.where(logit + rng.logistic(0, 0.4, rows) > 0, "yes", "no")
    return frame


#: Names that are near each other, as names are: none of them is another one, misspelt.
CITIES = (
    "Lisbon", "London", "Londonderry", "Paris", "Porto", "Portland", "Bern", "Berlin", "Boston",
    "Austin", "Houston", "Madrid", "Milan", "Malaga", "Rome", "Reims", "Rennes",
)  # fmt: skip


def _falling(count: int) -> np.ndarray:
    weights = 1 / np.arange(1, count + 1)
    return weights / weights.sum()
