"""Rows that XGBoost and LightGBM train on, by their own functions and as estimators."""

from __future__ import annotations

import gc
import importlib
import sys
import weakref

import numpy as np
import pytest

from notewright.experiments import hooks, matrices
from notewright.experiments.on_import import OnImport

PREPARE = """
import pandas as pd
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, train_test_split
del X_train, X_test, y_train, y_test
train, test = train_test_split(np.arange(len(X)), random_state=2)
table = pd.DataFrame(X, index=np.arange(600) * 10).assign(y=y)
"""
XGB = "{'objective': 'binary:logistic'}"
LGB = "{'objective': 'binary', 'verbose': -1}"
STYLES = {
    "xgboost: parts of arrays": (
        "own, other = xgboost.DMatrix(X[train], y[train]), xgboost.DMatrix(X[test], y[test])\n"
        f"model = xgboost.train({XGB}, own, 3)\n"
        "s = accuracy_score(y[test], model.predict(other) > 0.5)"
    ),
    "xgboost: slices": (
        "train, test = np.arange(400), np.arange(400, 600)\n"
        f"model = xgboost.train({XGB}, xgboost.DMatrix(X[:400], y[:400]), 3)\n"
        "s = accuracy_score(y[400:], model.predict(xgboost.DMatrix(X[400:])) > 0.5)"
    ),
    "xgboost: slices, by quantiles": (
        "train, test = np.arange(400), np.arange(400, 600)\n"
        f"model = xgboost.train({XGB}, xgboost.QuantileDMatrix(X[:400], y[:400]), 3)\n"
        "s = accuracy_score(y[400:], model.predict(xgboost.DMatrix(X[400:])) > 0.5)"
    ),
    "xgboost: evaluated meanwhile": (
        "own, other = xgboost.DMatrix(X[train], y[train]), xgboost.DMatrix(X[test], y[test])\n"
        f"model = xgboost.train({XGB}, own, 3, evals=[(other, 'test'), (own, 'train')],\n"
        "                      verbose_eval=False)"
    ),
    "xgboost: numbers that are missing": (
        "X[::7, 2] = np.nan\n"
        "own, other = xgboost.DMatrix(X[train], y[train]), xgboost.DMatrix(X[test], y[test])\n"
        f"model = xgboost.train({XGB}, own, 3, evals=[(other, 'test')], verbose_eval=False)"
    ),
    "xgboost: an estimator": (
        "model = xgboost.XGBClassifier(n_estimators=3)\n"
        "model.fit(X[train], y[train], eval_set=[(X[test], y[test])], verbose=False)"
    ),
    "lightgbm: parts of arrays": (
        "own, other = lightgbm.Dataset(X[train], y[train]), lightgbm.Dataset(X[test], y[test])\n"
        f"model = lightgbm.train({LGB}, own, 3)\n"
        "s = accuracy_score(y[test], model.predict(X[test]) > 0.5)"
    ),
    "lightgbm: evaluated meanwhile": (
        "own = lightgbm.Dataset(X[train], y[train])\n"
        "other = lightgbm.Dataset(X[test], y[test], reference=own)\n"
        f"model = lightgbm.train({LGB}, own, 3, valid_sets=[own, other])"
    ),
    "lightgbm: subsets": (
        "whole = lightgbm.Dataset(X, y)\n"
        "train, test = np.sort(train), np.sort(test)\n"
        "own, other = whole.subset(train.tolist()), whole.subset(test.tolist())\n"
        f"model = lightgbm.train({LGB}, own, 3, valid_sets=[other])"
    ),
    "lightgbm: data that are freed": (
        "a, b = X[train], X[test]\n"
        "own = lightgbm.Dataset(a, y[train])\n"
        "other = lightgbm.Dataset(b, y[test], reference=own)\n"
        f"lightgbm.train({LGB}, own, 1, valid_sets=[other])\n"
        f"model = lightgbm.train({LGB}, own, 3, valid_sets=[other])"
    ),
    "lightgbm: an estimator": (
        "model = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1)\n"
        "model.fit(X[train], y[train], eval_X=X[test], eval_y=y[test])"
    ),
    "lightgbm: an estimator, as it was once written": (
        "model = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1)\n"
        "model.fit(X[train], y[train], eval_set=[(X[test], y[test])])"
    ),
}


def prepared(style: str, record, run_cell) -> dict:
    pytest.importorskip(style.partition(":")[0])
    space: dict = {}
    record("pass", variables=space)
    run_cell(PREPARE, space)
    return space


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("style", STYLES)
def test_rows_of_boosters_are_the_true_ones(style, record, runs, run_cell):
    space = prepared(style, record, run_cell)
    run = record(f"import {style.partition(':')[0]}\n{STYLES[style]}", variables=space)
    assert runs.rows(run, "train").tolist() == space["train"].tolist()
    assert runs.rows(run, "test").tolist() == space["test"].tolist()
    assert {rows.table for rows in run.rows} == {"X"}
    assert run.model.variable == "model"


@pytest.mark.parametrize(
    ("library", "code"),
    [
        (
            "xgboost",
            f"model = xgboost.train({XGB}, xgboost.DMatrix(a[[0, 1]], a.y), 3,\n"
            "    evals=[(xgboost.DMatrix(b[[0, 1]], b.y), 'b')], verbose_eval=False)",
        ),
        (
            "lightgbm",
            "own = lightgbm.Dataset(a[[0, 1]], a.y)\n"
            f"model = lightgbm.train({LGB}, own, 3,\n"
            "    valid_sets=lightgbm.Dataset(b[[0, 1]], b.y, reference=own))",
        ),
    ],
)
def test_rows_of_frames_are_known_by_their_labels(library, code, record, runs, run_cell):
    space = prepared(library, record, run_cell)
    space["table"].columns = space["table"].columns.astype(str)
    code = code.replace("[0, 1]", "['0', '1']")
    split = "a, b = train_test_split(table, random_state=1)\n"
    run = record(f"import {library}\n{split}{code}", variables=space)
    assert {rows.table for rows in run.rows} == {"table"}
    assert runs.rows(run, "train").tolist() == space["a"].index.tolist()
    assert runs.rows(run, "test").tolist() == space["b"].index.tolist()


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_what_a_search_trains_for_itself_is_no_fit_of_the_users(library, record, run_cell):
    space = prepared(library, record, run_cell)
    kind = {"xgboost": "XGBClassifier()", "lightgbm": "LGBMClassifier(verbose=-1)"}[library]
    run = record(
        f"import {library}\n"
        f"model = GridSearchCV({library}.{kind}, {{'n_estimators': [2, 3]}}, cv=2)\n"
        "model.fit(X[train], y[train])",
        variables=space,
    )
    assert run.model.type.endswith("GridSearchCV")
    assert not [note for note in run.notes if "models were fitted" in note]
    assert [rows.table for rows in run.rows] == ["X"]


def test_a_matrix_from_before_the_recording_is_asked(record, runs, run_cell):
    space = prepared("xgboost", record, run_cell)
    run_cell("import xgboost\nown = xgboost.DMatrix(X[train], y[train])", space)
    run = record(f"model = xgboost.train({XGB}, own, 3)", variables=space)
    assert runs.rows(run, "train").tolist() == space["train"].tolist()


def test_quantiles_of_an_array_that_is_gone_are_not_taken_for_its_numbers(record, run_cell):
    space = prepared("xgboost", record, run_cell)
    run = record(
        "import xgboost\nown = xgboost.QuantileDMatrix(X[train], y[train])\n"
        f"model = xgboost.train({XGB}, own, 3)",
        variables=space,
    )
    assert [rows.table for rows in run.rows] == [None]
    assert any("an array that is there no more" in note for note in run.notes)


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_hooks_keep_no_data_and_leave_nothing_behind(library, record, run_cell):
    space = prepared(library, record, run_cell)
    module = importlib.import_module(library)
    before, finders = module.train, list(sys.meta_path)
    inside = None
    if library == "xgboost":
        cell = before.__closure__[before.__code__.co_freevars.index("func")]
        inside = cell.cell_contents
    make = {"xgboost": "xgboost.DMatrix(a, y)", "lightgbm": "lightgbm.Dataset(a, y)"}[library]
    train = {"xgboost": XGB, "lightgbm": LGB}[library]
    record(
        f"import {library}\na = X + 1\nown = {make}\nmodel = {library}.train({train}, own, 2)",
        variables=space,
    )
    assert module.train is before
    assert sys.meta_path == finders
    if inside is not None:
        assert cell.cell_contents is inside
    matrix, array = weakref.ref(space["own"]), weakref.ref(space["a"])
    assert matrices.rows_in(space["own"]).features is space["a"]
    del space["a"]
    gc.collect()
    assert array() is None
    del space["own"], space["model"]
    gc.collect()
    assert matrix() is None


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_a_training_that_fails_fails_as_it_would(library, record, run_cell):
    space = prepared(library, record, run_cell)
    module = importlib.import_module(library)
    run_cell(f"import {library}", space)
    with pytest.raises(TypeError) as plain:
        module.train()
    code = f"try:\n    {library}.train()\nexcept TypeError as error:\n    said = str(error)"
    run = record(code, variables=space)
    assert space["said"] == str(plain.value)
    assert run.model is None


def test_the_first_import_of_a_library_is_told_once(tmp_path, monkeypatch):
    (tmp_path / "told_of.py").write_text("loaded = []\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    seen = []
    watch = OnImport({"told_of": lambda: seen.append("told_of" in sys.modules)})
    watch.put_in_place()
    try:
        module = importlib.import_module("told_of")
        assert module.loaded == []
        importlib.import_module("told_of")
        assert seen == [True]
        assert "exec_module" not in vars(module.__spec__.loader)
    finally:
        watch.take_out()
        sys.modules.pop("told_of", None)
    assert watch not in sys.meta_path


def test_a_library_that_is_not_there_fails_to_import_as_ever():
    hooks.install()
    try:
        watch = OnImport({"no_such_library_anywhere": lambda: None})
        watch.put_in_place()
        with pytest.raises(ModuleNotFoundError, match="No module named 'no_such_library_anywhere'"):
            importlib.import_module("no_such_library_anywhere")
        watch.take_out()
    finally:
        hooks.uninstall()


def test_numbers_that_a_matrix_gives_back_are_those_it_was_given():
    xgboost = pytest.importorskip("xgboost")
    X = np.random.default_rng(0).normal(size=(20, 4))
    X[3, 1] = np.nan
    X[4, 2] = 0
    found = matrices.rows_in(xgboost.DMatrix(X, label=np.arange(20)))
    np.testing.assert_array_equal(found.features, X.astype(np.float32))
    np.testing.assert_array_equal(found.y, np.arange(20))
