"""What the model was given is found in many styles of notebooks, and proved by what it says."""

from __future__ import annotations

import pytest

from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.evidence import Sources
from notewright.governance.checks.material import Material

POLICY = "version: 1\n"

LOAD = """\
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.pipeline import make_pipeline
from sklearn.model_selection import train_test_split
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
rng = np.random.default_rng(0)
raw = pd.DataFrame({'age': rng.integers(18, 80, 500), 'amount': rng.normal(3000, 900, 500)})
raw['target'] = np.where(raw['amount'] + rng.normal(0, 500, 500) > 3000, 'yes', 'no')
"""

STYLES = {
    "frames": (
        "X_train, X_test, y_train, y_test = train_test_split(\n"
        "    raw[['age', 'amount']], raw['target'], random_state=1)",
        "model = DecisionTreeClassifier(max_depth=6).fit(X_train, y_train)\n"
        "score = balanced_accuracy_score(y_test, model.predict(X_test))",
        "X_train, y_train",
    ),
    "one table, split by rows": (
        "train, test = train_test_split(raw, random_state=1)",
        "model = DecisionTreeClassifier(max_depth=6).fit(train[['age', 'amount']], train.target)\n"
        "score = balanced_accuracy_score(test.target, model.predict(test[['age', 'amount']]))",
        "train[['age', 'amount']], train.target",
    ),
    "scaled to arrays": (
        "X_train, X_test, y_train, y_test = train_test_split(\n"
        "    raw[['age', 'amount']], raw['target'], random_state=1)\n"
        "scaler = StandardScaler().fit(X_train)\n"
        "X_train_s, X_test_s = scaler.transform(X_train), scaler.transform(X_test)",
        "model = DecisionTreeClassifier(max_depth=6).fit(X_train_s, y_train)\n"
        "score = balanced_accuracy_score(y_test, model.predict(X_test_s))",
        "X_train_s, y_train",
    ),
    "labels under other names": (
        "X_train, X_test, y_train, y_test = train_test_split(\n"
        "    raw[['age', 'amount']], (raw['target'] == 'yes').astype(int), random_state=1)\n"
        "raw['bought'] = (raw['target'] == 'yes').astype(int)",
        "model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train)\n"
        "score = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])",
        "X_train, y_train",
    ),
    "plain arrays": (
        "X, y = raw[['age', 'amount']].to_numpy(), raw['target'].to_numpy()\n"
        "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)",
        "model = DecisionTreeClassifier(max_depth=6).fit(X_train, y_train)\n"
        "score = model.score(X_test, y_test)",
        "X_train, y_train",
    ),
}


@pytest.fixture
def looked_at(workspace, registered, notebook):
    """Return a function that runs a notebook, and gives its material and its variables."""

    def look(split: str, trained: str):
        version = registered(LOAD + split, trained, POLICY)
        sources = Sources(workspace.runs, workspace.snapshots, workspace.history, workspace.models)
        return Material(version, workspace.policy(), sources), notebook.namespace.dict

    return look


@pytest.mark.parametrize("style", STYLES)
def test_the_rows_scored_and_trained_on_are_those_of_the_notebook(style, looked_at):
    split, trained, wanted = STYLES[style]
    material, namespace = looked_at(split, trained)
    X, y = eval(wanted, namespace)
    inputs, model = material.inputs, namespace["model"]
    assert (inputs.predict(inputs.train) == model.predict(X)).all()
    assert inputs.y_train.astype(str).tolist() == [str(label) for label in y]
    assert len(inputs.test) == len(material.evaluation.y_true)


def test_every_check_that_asks_the_model_runs_on_a_notebook(checked_notebook):
    split, trained, _ = STYLES["frames"]
    report = checked_notebook(LOAD + split, trained, POLICY)
    asking = ("performance.champion", "behaviour.", "explainability.")
    stuck = [
        f"{f.check}: {f.sentence}"
        for f in report.findings
        if f.check.startswith(asking) and f.status == "could_not_run"
    ]
    assert stuck == []
    assert {f.check for f in report.findings if f.family == "behaviour"} == {
        "behaviour.overfitting",
        "behaviour.stability",
        "behaviour.missing_values",
        "behaviour.monotonic",
        "behaviour.inference_time",
        "behaviour.size",
    }


def test_features_that_were_changed_after_the_run_are_not_taken(looked_at):
    split, trained, _ = STYLES["scaled to arrays"]
    material, _ = looked_at(split, trained + "\nX_test_s *= 3\nX_test['amount'] += 9000")
    with pytest.raises(CannotRun, match="says what the run recorded"):
        _ = material.inputs


def test_of_two_tables_that_may_be_those_trained_on_none_is_guessed(looked_at):
    split, trained, _ = STYLES["scaled to arrays"]
    named = split.replace("X_train_s,", "first,") + "\nother = first + 1"
    material, _ = looked_at(named, trained.replace("X_train_s", "first"))
    with pytest.raises(CannotRun, match="trained on were not found"):
        _ = material.inputs.train


CHAMPION = (
    "X_train, X_test, y_train, y_test = train_test_split(\n"
    "    raw[['age', 'amount']], raw['target'], random_state=1)"
)
GOOD = (
    "model = LogisticRegression().fit(X_train, y_train)\n"
    "score = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])"
)
BAD = GOOD.replace("fit(X_train, y_train)", "fit(X_train.assign(amount=0), y_train)")


def test_a_model_that_is_worse_than_the_champion_is_found(workspace, checked_notebook):
    assert champion_finding(checked_notebook(LOAD + CHAMPION, GOOD, POLICY)).status == "passed"
    me = workspace.identities.me()
    workspace.models.move_alias("model", "champion", 1, None, me)
    same = champion_finding(checked_notebook("1", GOOD, POLICY))
    worse = champion_finding(checked_notebook("2", BAD, POLICY))
    assert (same.status, same.value) == ("passed", 0.0)
    assert worse.status == "failed"
    assert worse.interval[1] < 0
    assert "model@1" in worse.sentence


@pytest.mark.slow
def test_a_champion_that_was_scored_on_other_rows_is_asked_now(workspace, checked_notebook):
    checked_notebook(LOAD + CHAMPION, GOOD, POLICY)
    workspace.models.move_alias("model", "champion", 1, None, workspace.identities.me())
    again = CHAMPION.replace("random_state=1", "random_state=2")
    worse = champion_finding(checked_notebook(again, BAD, POLICY))
    assert worse.status == "failed"
    assert "asked now" in worse.sentence


def champion_finding(report):
    (finding,) = [f for f in report.findings if f.check == "performance.champion"]
    return finding
