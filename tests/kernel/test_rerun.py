"""`%nw rerun` and `%nw restore RUN` in a real kernel."""

from __future__ import annotations

import json

import pytest

LOAD = """
import pandas as pd
from sklearn.tree import DecisionTreeClassifier as Tree
SEED = 3
df = pd.read_csv("data.csv")
"""
SPLIT = "train, test = df.iloc[:150], df.iloc[150:]"
FIT = (
    "model = Tree(max_depth=2, random_state=SEED).fit(train[['a', 'b']], train['y'])\n"
    "print(model.score(test[['a', 'b']], test['y']))"
)


@pytest.fixture
def fitted(live, generator):
    X = generator.normal(size=(200, 2))
    lines = [f"{a},{b},{int(a * b > 0)}" for a, b in X]
    (live.folder / "data.csv").write_text("\n".join(["a,b,y", *lines]))
    live.run("%load_ext notewright")
    live.run(LOAD)
    live.run("useless = 1 / 1; open('side-effect', 'a').write('x')")
    live.run(SPLIT)
    live.run("%nw autorun on")
    live.run(FIT)
    return live


@pytest.fixture
def generator():
    import numpy as np

    return np.random.default_rng(7)


def last(live) -> dict:
    return json.loads(live.run("%nw runs last --json").text)


def test_a_run_is_run_again_with_another_parameter(fitted) -> None:
    first = last(fitted)
    shown = fitted.run(f"%nw rerun {first['id'][:6]} --set max_depth=8")
    assert shown.error is None, shown.error
    assert "Ran 3 cells of run" in shown.text
    new = last(fitted)
    assert new["params"]["max_depth"] == 8
    assert new["name"] == "DecisionTreeClassifier max_depth=8"
    assert new["parent"] == first["id"]
    assert new["origin"] == "rerun"
    assert [r["table"] for r in new["rows"]] == ["df", "df"]
    check = (
        "tree = Tree(max_depth=8, random_state=SEED).fit(train[['a', 'b']], train['y'])\n"
        "print(tree.score(test[['a', 'b']], test['y']), model.max_depth)"
    )
    fitted.run("%nw autorun off")
    assert fitted.run(check).text == f"{new['metrics']['accuracy']} 2\n"
    # Cells that it does not need have not run again.
    assert (fitted.folder / "side-effect").read_text() == "x"
    # The new run's code says what really ran: it can be run again in its turn.
    again = fitted.run(f"%nw rerun {new['id'][:6]} --set SEED=5")
    assert again.error is None, again.error
    newest = last(fitted)
    assert (newest["params"]["max_depth"], newest["params"]["random_state"]) == (8, 5)


def test_without_a_change_it_says_whether_the_model_is_the_same(fitted) -> None:
    shown = fitted.run("%nw rerun last")
    assert "The model is the same to the last bit." in shown.text


def test_a_named_run_keeps_its_name_and_what_it_logs(fitted) -> None:
    fitted.run("import notewright as nw; nw.autorun(False)")
    fitted.run('%%nw run "mine" --tags team=risk\n' + FIT + "\nnw.log_metric('profit', 3)")
    shown = fitted.run("%nw rerun mine --set max_depth=1")
    assert shown.error is None, shown.error
    new = last(fitted)
    assert (new["name"], new["tags"]) == ("mine (max_depth=1)", {"team": "risk"})
    assert new["metrics"]["profit"] == 3
    compared = fitted.run(f"%nw compare mine {new['id'][:6]}")
    assert "max_depth" in compared.text
    assert "- model = Tree(max_depth=2" in compared.text


MISTAKES = (
    ("last --set max_dept=3", "did you mean 'max_depth'?"),
    ("last --set max_dept=3", "min_samples_leaf"),
    ("last --set max_depth", "is not NAME=VALUE"),
    ("nothing", "There is no run 'nothing'"),
    ("last --set max_depth=-4", "InvalidParameterError"),
)


def test_mistakes_are_told_in_words(fitted) -> None:
    for words, problem in MISTAKES:
        shown = fitted.run(f"%nw rerun {words}")
        told = shown.text if shown.error is None else " ".join(shown.error["traceback"])
        assert problem in told, words
        assert "Traceback" not in told, words


def test_the_state_after_a_run_comes_back_by_its_id(fitted) -> None:
    first = last(fitted)
    fitted.run("model.max_depth = 99; del df")
    shown = fitted.run(f"%nw restore {first['id'][:6]}")
    assert shown.error is None
    assert fitted.run("print(model.max_depth, len(df))").text == "2 200\n"
