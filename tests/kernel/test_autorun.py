"""`%nw autorun`: cells that fit an estimator become runs by themselves, in a real kernel."""

from __future__ import annotations

import json

DATA = """
import numpy as np, pandas as pd
from sklearn.datasets import make_classification
X, y = make_classification(300, n_informative=5, n_redundant=0, random_state=0)
df = pd.DataFrame(X, columns=[f"c{n}" for n in range(X.shape[1])]).assign(target=y)
from sklearn.model_selection import train_test_split
train, test = train_test_split(df, random_state=0)
X_train, y_train = train.drop(columns="target"), train["target"]
X_test, y_test = test.drop(columns="target"), test["target"]
"""


def runs(live, words: str = "") -> list[dict]:
    return json.loads(live.run(f"%nw runs {words} --json").text)


def test_a_cell_that_fits_becomes_a_run_without_a_line_of_logging(live) -> None:
    live.run("%load_ext notewright")
    live.run(DATA)
    assert "becomes a run" in live.run("%nw autorun on").text
    assert "autorun       on" in live.run("%nw status").text
    shown = live.run(
        "from sklearn.ensemble import RandomForestClassifier\n"
        "model = RandomForestClassifier(max_depth=3, n_estimators=7, random_state=0)\n"
        "model.fit(X_train, y_train)\n"
        "print(model.score(X_test, y_test))"
    )
    assert shown.error is None
    live.run("total = y.sum(); print(total)")
    live.run("from sklearn.preprocessing import StandardScaler\ns = StandardScaler().fit(X)")
    [run] = runs(live)
    assert run["id"][:6] in shown.text
    assert run["name"] == "RandomForestClassifier max_depth=3, n_estimators=7"
    assert run["params"]["max_depth"] == 3
    assert run["metrics"]["accuracy"] == float(shown.text.split()[0])
    assert run["origin"] == "auto"
    assert run["status"] == "finished"
    assert run["seconds"] > 0
    assert run["cpu_seconds"] > 0
    assert run["memory"] is not None
    assert {r["role"]: r["table"] for r in run["rows"]} == {"train": "df", "test": "df"}
    told = live.run("%nw runs last").text
    assert "225 of the 300 rows of `df`, by their labels" in told
    assert "s of processor time" in told
    history = json.loads(live.run("%nw history --json").text)
    assert run["execution"] == next(e["id"] for e in history if "RandomForest" in e["source"])
    loaded = live.run(
        "import notewright as nw\nruns = nw.open_workspace().runs\n"
        "same = runs.load_model(runs.get('last'))\n"
        "print((same.predict(X_test) == model.predict(X_test)).all(),\n"
        "      list(runs.rows(runs.get('last'), 'test')) == list(test.index))"
    )
    assert loaded.text == "True True\n"


def test_a_cell_that_scores_what_an_earlier_one_fitted_is_a_run_that_came_of_that_one(live) -> None:
    live.run("%load_ext notewright")
    live.run(DATA)
    live.run("%nw autorun on")
    live.run(
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import accuracy_score, roc_auc_score\n"
        "model = LogisticRegression(C=0.5).fit(X_train, y_train)"
    )
    shown = live.run("print(accuracy_score(y_test, model.predict(X_test)))")
    assert shown.error is None
    live.run("print(accuracy_score([0, 1], [0, 1]))  # of no model")
    again = live.run("print(roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))")
    fitted, first, second = sorted(runs(live), key=lambda run: run["created"])
    assert (fitted["name"], fitted["metrics"].get("accuracy")) == ("LogisticRegression C=0.5", None)
    for run, metric, said in ((first, "accuracy", shown), (second, "roc_auc", again)):
        assert run["name"] == "LogisticRegression C=0.5, scored"
        assert run["metrics"] == {metric: float(said.text.split()[0])}
        assert run["parent"] == fitted["id"]
        assert run["params"] == fitted["params"]
        assert run["model"]["fingerprint"] == fitted["model"]["fingerprint"]
        assert {r["role"]: r["table"] for r in run["rows"]} == {"test": "df"}


ARRAYS = """
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
order = np.random.default_rng(0).permutation(300)
train, test = order[:200], order[200:]
X_train, X_test, y_train, y_test = X[train], X[test], y[train], y[test]
del df
"""


def test_predictions_of_an_earlier_cell_are_of_a_model_and_rows_that_are_known(live) -> None:
    live.run("%load_ext notewright\n%nw autorun on")
    live.run(DATA + ARRAYS)
    live.run("model = LogisticRegression().fit(X_train, y_train)")
    live.run("pred = model.predict(X_test)")
    # Nobody waits between these: the cells before may not be recorded yet.
    first = live.run("print(accuracy_score(y_test, pred))")
    live.run("X_test[0] = 0")
    live.run("print(accuracy_score(y_test, pred))")
    live.run("pred = model.predict(X_test)")
    named = live.run('%%nw run "named"\nprint(accuracy_score(y_test, pred))')
    live.run("X_test = X[test]")
    live.run('%%nw run "changed"\nprint(accuracy_score(y_test, pred))')
    assert named.error is None
    found = {run["name"]: run for run in runs(live)}
    changed, kept = found["changed"], found["named"]
    fitted, scored, after = sorted(
        (run for run in runs(live) if run["origin"] == "auto"), key=lambda run: run["created"]
    )
    assert scored["name"] == after["name"] == "LogisticRegression, scored"
    assert scored["parent"] == after["parent"] == fitted["id"]
    assert scored["id"][:6] in first.text
    assert [row["table"] for row in scored["rows"]] == ["X"]
    assert [row["table"] for row in after["rows"]] == [None]
    assert any("`X_test[0] = 0` changes `X_test` after" in note for note in after["notes"])
    assert [row["table"] for row in kept["rows"]] == ["X_test"]  # its first row is in X no more
    assert [row["table"] for row in changed["rows"]] == [None]
    assert any("`X_test = X[test]` changes `X_test` after" in note for note in changed["notes"])
    same = live.run(
        "import notewright as nw\nruns = nw.open_workspace().runs\n"
        f"print((runs.rows(runs.get('{scored['id']}'), 'test') == test).all())"
    )
    assert same.text == "True\n"


def test_a_run_cell_is_not_doubled_and_off_means_off(live) -> None:
    live.run("%load_ext notewright")
    live.run(DATA + "from sklearn.linear_model import LogisticRegression")
    live.run("import notewright as nw; nw.autorun()")
    live.run('%%nw run "mine"\nm = LogisticRegression().fit(X_train, y_train)')
    live.run('with nw.run("block"):\n    m2 = LogisticRegression().fit(X_train, y_train)')
    assert [run["name"] for run in runs(live)] == ["block", "mine"]
    live.run("LogisticRegression(C=0.5).fit(X_train, y_train)")
    unnamed = runs(live)[0]
    assert unnamed["name"] == "LogisticRegression C=0.5"
    assert any("no variable" in note for note in unnamed["notes"])
    live.run("%nw autorun off")
    live.run("m3 = LogisticRegression().fit(X_train, y_train)")
    assert len(runs(live)) == 3
    live.run("%nw autorun on")
    live.run("%nw off")
    look = (
        "from sklearn import config_context\nimport warnings\n"
        "print([c.cell_contents.__module__ for c in config_context.__closure__],\n"
        "      warnings._showwarnmsg_impl.__module__)"
    )
    assert live.run(look).text == "['sklearn._config'] warnings\n"


def test_a_cell_that_fits_and_then_fails_is_a_failed_run(live) -> None:
    live.run("%load_ext notewright")
    live.run(DATA + "from sklearn.linear_model import LogisticRegression")
    live.run("%nw autorun on")
    live.run("model = LogisticRegression().fit(X_train, y_train)\n1 / 0")
    live.run("LogisticRegression().fit(X_train, y_train[:3])")  # nothing was fitted
    [run] = runs(live)
    assert run["status"] == "failed"
    assert run["error"] == "ZeroDivisionError: division by zero"
    assert run["model"]["variable"] == "model"


def test_what_is_logged_by_hand_joins_the_run_or_makes_one(live) -> None:
    live.run("%load_ext notewright")
    live.run(DATA + "from sklearn.linear_model import LogisticRegression")
    live.run("import notewright as nw; nw.autorun()")
    live.run(
        "model = LogisticRegression().fit(X_train, y_train)\n"
        "for step in range(3): nw.log_metric('profit', step / 2, step)\n"
        "nw.log_param('team', 'risk'); nw.log_artifact(b'abc', 'note.txt')"
    )
    [run] = runs(live)
    assert run["metrics"]["profit"] == 1.0
    assert run["params"]["team"] == "risk"
    assert [a["name"] for a in run["artifacts"]] == ["note.txt"]
    live.run("nw.log_metric('alone', 1)")
    assert runs(live)[0]["metrics"] == {"alone": 1.0}
    live.run("nw.autorun(False)")
    refused = live.run("nw.log_metric('late', 1)").error
    assert "No run is under way." in " ".join(refused["traceback"])


def test_what_was_tried_figures_and_warnings_are_on_the_run(live) -> None:
    live.run("%load_ext notewright")
    live.run(DATA)
    live.run("%matplotlib inline\n%nw autorun on")
    shown = live.run(
        "import warnings\n"
        "from sklearn.tree import DecisionTreeClassifier\n"
        "from sklearn.model_selection import GridSearchCV, cross_val_score\n"
        "search = GridSearchCV(DecisionTreeClassifier(random_state=0), {'max_depth': [1, 2, 4]},"
        " cv=3).fit(X_train, y_train)\n"
        "scores = cross_val_score(search.best_estimator_, X_train, y_train, cv=4)\n"
        "warnings.warn('look out')\n"
        "import matplotlib.pyplot as plt\n"
        "plt.plot([1, 2]); plt.show()"
    )
    assert "look out" in shown.text
    found = runs(live)
    parent = next(run for run in found if run["parent"] is None)
    children = [run for run in found if run["parent"] == parent["id"]]
    assert len(children) == 4
    assert sorted(c["params"]["max_depth"] for c in children if "max_depth=" in c["name"]) == [
        1, 2, 4,
    ]  # fmt: skip
    assert parent["warnings"] == ["UserWarning: look out"]
    assert [a["name"] for a in parent["artifacts"]] == ["figure-1.png"]
    listed = live.run("%nw runs").text
    assert "↳ max_depth=" in listed
    one = json.loads(live.run(f"%nw runs 'part_of == \"{parent['id'][:6]}\"' --json").text)
    assert len(one) == 4


def test_what_a_verb_fits_itself_is_no_run_of_the_users(live) -> None:
    live.run("%load_ext notewright\n%nw autorun on")
    live.run(DATA)
    live.run(
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import accuracy_score\n"
        "model = LogisticRegression().fit(X_train, y_train)\n"
        "print(accuracy_score(y_test, model.predict(X_test)))"
    )
    live.run("%nw register last --as loans\n%nw check loans")
    assert [run["name"] for run in runs(live)] == ["LogisticRegression"]
    live.run("%nw status\nmodel = LogisticRegression(C=0.5).fit(X_train, y_train)")
    assert runs(live)[0]["name"] == "LogisticRegression C=0.5"
