"""Models of several outputs as champion and challenger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.conftest import PlainNotebook

from notewright.errors import RetrainFailed
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.measures import measure
from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.scores import SCORES
from notewright.serving.score import several_codings
from notewright.workspace import Workspace

POLICY = """
version: 1
documentation: {intended_use: testing, limitations: none, owner: nobody}
checks:
  performance:
    floor: {metric: FLOOR}
gates:
  production:
    checks: [performance]
    approvals: [risk_officer]
    valid_days: 30
"""
TWO_NUMBERS = """
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
y = rows[['late', 'early']]
model = Ridge().fit(X, y)
r2_score(y, model.predict(X))
"""
TWO_LABELS = """
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
y = (rows[['red', 'big']] == 'yes').astype(int)
model = RandomForestClassifier(20, max_depth=5, random_state=0).fit(X, y)
accuracy_score(y, model.predict(X))
"""


def write_rows(path: Path, seed: int, noise: float = 0.3) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    x = random.normal(size=(400, 3)).round(4)
    table = pd.DataFrame(x, columns=["a", "b", "c"])
    table["early"] = (x[:, 0] + random.normal(0, noise, 400)).round(4)
    table["late"] = (100 * x[:, 1] + random.normal(0, 100 * noise, 400)).round(4)
    table["red"] = np.where(x[:, 0] + random.normal(0, noise, 400) > 0, "yes", "no")
    table["big"] = np.where(x[:, 2] + random.normal(0, noise, 400) > 0.5, "yes", "no")
    table.to_csv(path, index=False)
    return table


@pytest.fixture
def deployed(workspace: Workspace, notebook: PlainNotebook, tmp_path: Path):
    """Return a function that deploys the model that a cell fits."""
    names = []

    def deploy(cell: str, name: str, policy: str) -> Any:
        write_rows(tmp_path / "rows.csv", seed=1)
        (tmp_path / "policy.yaml").write_text(policy, encoding="utf-8")
        notebook.run("import pandas as pd\nrows = pd.read_csv('rows.csv')")
        notebook.run("X = rows[['a', 'b', 'c']]")
        active = workspace.runs.start(
            "first", session=notebook.recorder.session, namespace=notebook.namespace
        )
        with active.recording():
            execution = notebook.run(cell)
        after = notebook.recorder.take(kind="run")
        run = active.finish(
            "finished", changed=execution.changed, execution=execution.id, snapshot_after=after.id
        )
        version = workspace.models.register(run, name, workspace.identities.me())
        workspace.checks.run(version)
        rita = workspace.identities.create("rita", tmp_path / "rita.key")
        workspace.roles.grant("rita", "risk_officer")
        workspace.approvals.sign(rita, "production", version, "sound")
        workspace.packages.export("model", name, version=version)
        names.append(name)
        return workspace.deployments.deploy(name)

    yield deploy
    for name in names:
        workspace.deployments.stop(name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "metric", "title"),
    [(TWO_NUMBERS, "r2", "R²"), (TWO_LABELS, "accuracy", "accuracy")],
)
def test_a_challenger_of_several_outputs_is_compared_with_its_champion(
    cell: str, metric: str, title: str, deployed, workspace: Workspace, tmp_path: Path
) -> None:
    floor = "mean_absolute_error, limit: 50" if metric == "r2" else "accuracy, limit: 0.1"
    deployed(cell, "several", POLICY.replace("FLOOR", floor))
    write_rows(tmp_path / "newer.csv", seed=2)
    found = workspace.retrain("several", tmp_path / "newer.csv")
    assert (found.rows, found.held_out) == (300, 100)
    champion, challenger = found.comparison.runs
    assert champion.metrics[metric] > 0.6
    assert challenger.metrics[metric] > 0.6
    difference = found.comparison.difference(metric)
    assert difference is not None
    assert difference.value == pytest.approx(challenger.metrics[metric] - champion.metrics[metric])
    assert any(title in sentence for sentence in found.sentences)
    assert found.challenger == "several@2"


@pytest.mark.slow
def test_a_challenger_is_not_trained_where_the_outputs_cannot_be_told(
    deployed, workspace: Workspace, tmp_path: Path
) -> None:
    scaled = TWO_NUMBERS.replace("rows[['late', 'early']]", "rows[['late', 'early']] * 2")
    deployed(scaled, "scaled", POLICY.replace("FLOOR", "mean_absolute_error, limit: 500"))
    write_rows(tmp_path / "newer.csv", seed=2)
    with pytest.raises(RetrainFailed, match="'early', 'late' become what the model predicts"):
        workspace.retrain("scaled", tmp_path / "newer.csv")
    assert [package.number for package in workspace.packages.list("scaled")] == [1]


def test_errors_of_several_outputs_are_averaged_as_scikit_learn_does() -> None:
    from sklearn import metrics

    random = np.random.default_rng(0)
    true = random.normal(size=(50, 3)) * [1, 10, 100]
    said = true + random.normal(size=(50, 3)) * [0.5, 1, 90]
    evaluation = Evaluation.of(true, said, task="regression")
    for name, expected in (
        ("mse", metrics.mean_squared_error(true, said)),
        ("rmse", metrics.root_mean_squared_error(true, said)),
        ("mae", metrics.mean_absolute_error(true, said)),
        ("r2", metrics.r2_score(true, said)),
    ):
        chosen = measure(name)
        assert chosen is not None
        rows = chosen.contributions(evaluation)
        assert rows is not None
        assert chosen.value(rows.sum(axis=0)) == pytest.approx(expected, rel=1e-12)
        # Many sums at once, as when rows are drawn again and again.
        many = np.stack([rows.sum(axis=0), rows[:25].sum(axis=0)])
        assert chosen.value(many)[0] == pytest.approx(expected, rel=1e-12)


def test_checks_count_rows_that_are_right_in_all_outputs_or_say_that_they_cannot() -> None:
    true, said = [[0, 1], [1, 1], [1, 0], [0, 0]], [[0, 1], [1, 0], [1, 0], [0, 0]]
    labels = Evaluation.of(true, said, np.asarray(said) / 2)
    value, (low, high) = SCORES["accuracy"][0](labels)
    assert value == 0.75
    assert low < value < high
    for name in ("balanced_accuracy", "precision", "recall", "roc_auc"):
        with pytest.raises(CannotRun, match=r"one label a row|two classes"):
            SCORES[name][0](labels)
    numbers = Evaluation.of(np.asarray(true) + 0.5, np.asarray(said) * 2.0)
    value, (low, high) = SCORES["mean_absolute_error"][0](numbers)
    assert value == pytest.approx(np.abs(np.asarray(said) * 2 - np.asarray(true) - 0.5).mean())
    assert low < value < high
    with pytest.raises(CannotRun, match="one number a row"):
        SCORES["root_mean_squared_error"][0](numbers)


RAW = pd.DataFrame({"a": [1, 2, 3], "p": [1.5, 2.5, 3.5], "q": ["yes", "no", "yes"]})


def test_outputs_are_told_by_their_names_whatever_their_order() -> None:
    made = RAW.loc[[2, 0], ["q", "p"]].assign(q=[1, 1])
    assert several_codings(RAW, (RAW[["a"]], made), ("p", "q"), 2, True) == {
        "q": {"yes": 1},
        "p": "same",
    }
    assert several_codings(RAW, (RAW[["p"]] * 2,), ("p", "q"), 1, False) is None  # another scale


@pytest.mark.parametrize(
    "made",
    [
        RAW[["a", "p"]],  # not the target's columns
        RAW[["p", "q"]].assign(q=[1, 0, 0]),  # one word, two labels
        RAW[["p", "q"]].set_axis([90, 91, 92]),  # other rows
        RAW[["p"]],  # too few
        RAW[["p", "q"]].to_numpy(),
    ],
)
def test_what_cannot_be_told_of_several_outputs_is_not_guessed(made: Any) -> None:
    assert several_codings(RAW, (made,), ("p", "q"), 2, True) is None
