"""What people see of runs: the verbs, in text, HTML and JSON."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from notewright.errors import BadFilter, BadRecord, UnknownId, UsageError
from notewright.experiments.evaluation import Evaluation
from notewright.verbs import find_verb
from notewright.verbs.base import Context


@pytest.fixture
def filled(workspace, generator):
    from sklearn.linear_model import LogisticRegression

    X = generator.normal(size=(300, 2))
    y = (X[:, 0] + generator.normal(size=300) > 0).astype(int)
    for name, C in (("weak <b>", 1e-4), ("strong", 1.0)):
        model = LogisticRegression(C=C).fit(X, y)
        p = model.predict_proba(X)[:, 1]
        workspace.runs.record(
            name,
            model=model,
            metrics={"roc_auc": 0.7, "accuracy": float((model.predict(X) == y).mean())},
            evaluation=Evaluation.of(y, model.predict(X), p, probability=True),
        )
    return workspace


@pytest.fixture
def do(filled):
    def run(words, *more):
        verb = find_verb(words.split()[0])
        args = verb.parser().parse_args([*words.split()[1:], *more])
        view = verb.run(args, Context(filled))
        json.dumps(view.data())
        assert "<b>" not in view.html().replace("<div><b>", "")
        return view

    return run


def test_runs_are_listed_newest_first(do):
    view = do("runs")
    assert [row["name"] for row in view.data()] == ["strong", "weak <b>"]
    assert {"id", "created", "status", "metrics", "params"} <= set(view.data()[0])
    assert "LogisticRegression" in view.text()
    assert "C=0.0001" in view.text()


def test_runs_are_filtered_and_sorted(do):
    assert [r["name"] for r in do("runs params.C < 0.5").data()] == ["weak <b>"]
    assert [r["name"] for r in do("runs --sort params.C").data()] == ["weak <b>", "strong"]
    assert [r["name"] for r in do("runs --sort params.C --descending -n 1").data()] == ["strong"]
    with pytest.raises(BadFilter):
        do("runs params.C <")
    with pytest.raises(UnknownId):
        do("runs nosuchrun")


def test_a_filter_that_no_run_matches_is_not_taken_for_no_runs(do):
    assert do("runs", "metrics.auc", ">", "0.99").text().startswith("No run matches the filter.")


def test_one_run_is_shown_with_what_was_set(do):
    view = do("runs", "weak <b>")
    assert view.data()["name"] == "weak <b>"
    assert "0.0001" in view.text()
    assert "more at their defaults" in view.text()
    assert "parameters are at their defaults" in do("runs strong").text()


def test_compare_says_sentences_and_numbers(do):
    view = do("compare strong", "weak <b>")
    text = view.text()
    assert "test rows have been used once to choose" in text
    assert "DeLong test" in text
    data = view.data()
    assert {"runs", "metrics", "differences", "params", "code", "test_set"} <= set(data)
    assert data["differences"][0]["sentence"] in text
    assert data["params"][0]["name"] == "C"
    with pytest.raises(UsageError, match="two runs"):
        do("compare strong")


def test_register_models_and_aliases(do):
    registered = do("register strong --as credit_risk")
    assert registered.data()["ref"] == "credit_risk@1"
    do("alias credit_risk@champion 1")
    [row] = do("models").data()
    assert row["aliases"] == ["champion"]
    assert row["run_name"] == "strong"
    [move] = do("alias credit_risk@champion").data()
    assert (move["from"], move["to"]) == (None, "1")
    found = do("alias credit_risk@champion --at 2999-01-01")
    assert found.data()["version"]["number"] == 1
    assert do("alias credit_risk@champion --at 1999-01-01").data()["version"] is None
    do("alias credit_risk@champion --remove")
    assert do("models credit_risk").data()[0]["aliases"] == []
    with pytest.raises(UsageError, match="not MODEL@ALIAS"):
        do("alias champion 1")


def test_registering_leaves_an_audit_entry(do, filled):
    do("register strong --as credit_risk")
    assert any(entry.act == "model.register" for entry in filled.audit.list())


def test_nothing_yet_says_what_to_do(workspace):
    verb = find_verb("runs")
    view = verb.run(verb.parser().parse_args([]), Context(workspace))
    assert "%%nw run" in view.text()
    assert view.data() == []


def test_compare_answers_what_is_asked_further(do):
    view = do("compare strong", "weak <b>", "--cost", "fp=1", "--cost", "fn=10", "--calibration")
    text, data = view.text(), view.data()
    assert {"costs", "calibration", "differences"} <= set(data)
    assert data["costs"]["differences"][0]["sentence"] in text
    assert "Reliability of 'strong'" in text
    with pytest.raises(UsageError, match="not CELL=COST"):
        do("compare strong", "weak <b>", "--cost", "fp")


def test_tables_and_features_are_found_where_the_runs_kept_them(workspace, generator):
    from sklearn.tree import DecisionTreeClassifier

    from notewright.state.namespace import Namespace

    session = workspace.history.begin_session(workspace.root).id
    raw = pd.DataFrame(
        {
            "region": generator.choice(["north", "south"], 900),
            "age": generator.integers(18, 80, 900),
            "x": generator.normal(size=900),
        }
    )
    raw["label"] = (raw.x > 0).astype(int)
    held_out = raw.index[generator.permutation(900)[:600]]
    X_test, y_test = raw.loc[held_out, ["x"]], raw.loc[held_out, "label"]
    for name in ("old", "new"):
        model = DecisionTreeClassifier(max_depth=1).fit(X_test, y_test)
        said = model.predict(X_test)
        if name == "new":
            north = (raw.loc[held_out, "region"] == "north").to_numpy()
            said = np.where(north & (generator.random(600) < 0.3), 1 - said, said)
        kept = Namespace({"raw": raw, "X_test": X_test, "model": model})
        after = workspace.snapshots.take(kept, session=session)
        workspace.runs.record(
            name,
            model=model,
            metrics={"accuracy": float((said == y_test).mean())},
            evaluation=Evaluation.of(y_test, said),
            snapshot_after=after.id,
        )
    words = "compare old new --impact --fairness region --speed X_test"
    verb = find_verb("compare")
    view = verb.run(verb.parser().parse_args(words.split()[1:]), Context(workspace))
    data = json.loads(json.dumps(view.data()))
    [segment, *_] = data["impact"]["segments"]
    assert segment["words"] == "region is north"
    assert segment["sentence"] in view.text()
    assert segment["columns"] == ["region"]
    assert {g["group"] for g in data["fairness"][0]["groups"]} == {"north", "south"}
    assert [s["rows"] for s in data["speed"]] == [600, 600]
    assert all(s["median"] > 0 and s["stored"] > 0 for s in data["speed"])
    with pytest.raises(BadRecord, match="No table 'cooked' was kept"):
        verb.run(
            verb.parser().parse_args(["old", "new", "--impact", "--table", "cooked"]),
            Context(workspace),
        )
