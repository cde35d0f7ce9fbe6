"""Which rows were trained on and scored: found and checked, or said to be unclear."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notewright.experiments.locating import locate
from notewright.experiments.rows import Used
from notewright.experiments.tables import Tables

TABLE = """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.DataFrame(X[:, :4], columns=list("abcd"), index=[f"row {n}" for n in range(len(X))])
df["y"] = y
"""
FIT = """
model = LogisticRegression().fit(train[list("abcd")], train["y"])
score = model.score(test[list("abcd")], test["y"])
"""


def rows_of(run) -> dict:
    return {rows.role: rows for rows in run.rows}


def test_rows_of_a_split_table_are_known_by_their_labels(record, runs):
    space: dict = {}
    record(TABLE, variables=space)
    run = record("train, test = train_test_split(df, random_state=3)" + FIT, variables=space)
    found = rows_of(run)
    assert found["train"].words == "450 of the 600 rows of `df`, by their labels"
    assert runs.rows(run, "train").tolist() == list(space["train"].index)
    assert runs.rows(run, "test").tolist() == list(space["test"].index)
    assert not [note for note in run.notes if "rows" in note]


def test_scored_rows_that_were_trained_on_are_counted(record):
    run = record(TABLE + "train, test = df.iloc[:400], df.iloc[350:]" + FIT)
    [note] = [note for note in run.notes if "trained on" in note]
    assert note.startswith("50 of the 250 scored rows of `df` are among those")


def test_an_index_that_was_reset_is_said_to_be_unclear(record):
    run = record(
        TABLE.replace('[f"row {n}" for n in range(len(X))]', "range(len(X))")
        + "train, test = train_test_split(df, random_state=3)\n"
        + "train, test = train.reset_index(drop=True), test.reset_index(drop=True)\n"
        + FIT
    )
    found = rows_of(run)
    assert found["train"].table is None
    assert found["test"].table is None
    assert len([note for note in run.notes if "is not clear" in note]) == 2
    assert any("no reset_index" in note for note in run.notes)


def test_labels_that_are_not_unique_are_said_to_be_unclear(record):
    run = record(
        TABLE + "df = pd.concat([df, df]); train, test = df.iloc[:600], df.iloc[600:]" + FIT
    )
    assert all(rows.table is None for rows in run.rows)
    assert any("its labels are not unique" in note for note in run.notes)


def test_a_target_kept_apart_counts_as_the_tables(record, runs):
    run = record(
        TABLE + "target = df.pop('y')\n"
        "a, b, p, q = train_test_split(df, target, random_state=1)\n"
        "model = LogisticRegression().fit(a, p); s = model.score(b, q)"
    )
    assert rows_of(run)["train"].table == "df"
    assert len(runs.rows(run, "test")) == 150


def test_an_unrelated_larger_table_is_no_rival(record):
    run = record(
        TABLE.replace('[f"row {n}" for n in range(len(X))]', "range(len(X))")
        + "customers = pd.DataFrame({'age': range(5000)})\n"
        "train, test = df.iloc[:300], df.iloc[300:]" + FIT
    )
    assert {rows.table for rows in run.rows} == {"df"}


def test_rows_of_arrays_are_known_by_where_they_lie(record, runs):
    run = record(
        "from sklearn.linear_model import LogisticRegression\n"
        "model = LogisticRegression().fit(X_train, y_train)\n"
        "s = model.score(X_test, y_test)"
    )
    assert runs.rows(run, "train").tolist() == list(range(300))
    assert runs.rows(run, "test").tolist() == list(range(300, 600))


def test_rows_of_arrays_are_known_by_their_values(record, runs):
    space: dict = {}
    run = record(
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import train_test_split\n"
        "places = np.arange(len(X))\n"
        "a, b, p, q, at, rest = train_test_split(X, y, places, random_state=5)\n"
        "model = LogisticRegression().fit(a, p)\n"
        "from sklearn.metrics import roc_auc_score\n"
        "s = roc_auc_score(q, model.predict_proba(b)[:, 1])",
        variables=space,
    )
    assert runs.rows(run, "train").tolist() == space["at"].tolist()
    assert runs.rows(run, "test").tolist() == space["rest"].tolist()


def test_equal_rows_with_equal_targets_are_said_to_be_unclear(record):
    run = record(
        "from sklearn.linear_model import LogisticRegression\n"
        "del X_train, X_test, y_train, y_test\n"
        "X = np.repeat(X[:100], 2, axis=0); y = np.repeat(y[:100], 2)\n"
        "order = np.random.default_rng(0).permutation(200)\n"
        "model = LogisticRegression().fit(X[order[:150]], y[order[:150]])"
    )
    [train] = run.rows
    assert train.table is None
    assert any("150 of them are equal to others" in note for note in run.notes)


def test_other_target_values_are_not_taken_for_a_match(record):
    run = record(
        TABLE + "train, test = df.iloc[:400], df.iloc[400:]; df = df.assign(y=2); del y" + FIT
    )
    assert {rows.table for rows in run.rows} == {None}
    assert len([note for note in run.notes if "is not clear" in note]) == 2


def test_a_larger_array_of_other_data_is_passed_over(record, runs):
    run = record(
        "from sklearn.linear_model import LogisticRegression\n"
        "noise, noise_y = np.random.default_rng(1).normal(size=(900, X.shape[1])), np.zeros(900)\n"
        "model = LogisticRegression().fit(X[::3], y[::3])"
    )
    assert rows_of(run)["train"].words == "200 of the 600 rows of `X`, by their positions"
    assert runs.rows(run, "train").tolist() == list(range(0, 600, 3))


@given(st.permutations(range(30)), st.integers(1, 30), st.integers(0, 5))
def test_whatever_part_is_taken_is_found_or_nothing_is_claimed(order, size, repeats):
    generator = np.random.default_rng(repeats)
    X, y = generator.integers(0, 2 + repeats, (30, 3)), generator.integers(0, 2, 30)
    part = list(order[:size])
    found = locate(Used("train", y[part], None, X[part]), Tables({"X": X, "y": y}))
    if found.labels is not None:
        np.testing.assert_array_equal(X[found.labels], X[part])
        np.testing.assert_array_equal(y[found.labels], y[part])
        if found.table == "X" and len(np.unique(np.column_stack([X, y]), axis=0)) == 30:
            assert found.labels.tolist() == part
    frame = pd.DataFrame(X).assign(y=y)
    cut = frame.iloc[part]
    found = locate(Used("train", y[part], cut.index), Tables({"frame": frame, "cut": cut}))
    assert found.labels.tolist() == part


@pytest.mark.parametrize("given_", [[[1.0], [2.0]], None])
def test_what_is_no_table_is_not_traced(given_):
    found = locate(Used("train", np.array([0, 1]), None, None), Tables({"X": given_}))
    assert found.labels is None
    assert found.problem is None
