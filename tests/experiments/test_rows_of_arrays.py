"""Rows of plain arrays: in every way that people split, the true ones are recorded or none."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notewright.errors import DifferentRows
from notewright.experiments.given import weakly
from notewright.experiments.locating import locate
from notewright.experiments.positions import MOST_VALUES
from notewright.experiments.row_keys import keys_of, mixed
from notewright.experiments.rows import Used
from notewright.experiments.tables import Tables
from notewright.experiments.views import rows_inside

PREPARE = """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import KFold, train_test_split
from sklearn.preprocessing import StandardScaler
del X_train, X_test, y_train, y_test
places = np.arange(len(X))
train, test = train_test_split(places, random_state=SEED)
table = pd.DataFrame(X, columns=[f"c{n}" for n in range(X.shape[1])]).assign(y=y)
"""
SPLIT = "train_test_split({}, y, random_state=SEED)\n"
FIT = "model = LogisticRegression().fit(a, p); s = accuracy_score(q, model.predict(b))"
#: What a cell does, and from which table its rows are.
STYLES = {
    "arrays split": ("a, b, p, q = " + SPLIT.format("X") + FIT, "X"),
    "slices": (
        "train, test = places[:400], places[400:]\n"
        "model = LogisticRegression().fit(X[:400], y[:400])\n"
        "s = accuracy_score(y[400:], model.predict(X[400:]))",
        "X",
    ),
    "slices in steps": (
        "train, test = places[::2], places[::-2]\n"
        "model = LogisticRegression().fit(X[::2], y[::2])\n"
        "s = accuracy_score(y[::-2], model.predict(X[::-2]))",
        "X",
    ),
    "masks": (
        "mask = np.isin(places, train); train, test = places[mask], places[~mask]\n"
        "model = LogisticRegression().fit(X[mask], y[mask])\n"
        "s = accuracy_score(y[~mask], model.predict(X[~mask]))",
        "X",
    ),
    "positions": (
        "model = LogisticRegression().fit(X[train], y[train])\n"
        "s = accuracy_score(y[test], model.predict(X[test]))",
        "X",
    ),
    "folds": (
        "for train, test in KFold(3, shuffle=True, random_state=SEED).split(X):\n"
        "    model = LogisticRegression().fit(X[train], y[train])\n"
        "    s = accuracy_score(y[test], model.predict(X[test]))",
        "X",
    ),
    "a function": (
        "def score(a, b, p, q):\n"
        "    model = LogisticRegression().fit(a, p)\n"
        "    said = model.predict(b)\n"
        "    return model, accuracy_score(q, said)\n"
        "model, s = score(*" + SPLIT.format("X").strip() + ")",
        "X",
    ),
    "values of a frame": (
        "del X\na, b, p, q = " + SPLIT.format("table.iloc[:, :-1].values") + FIT,
        "table",
    ),
    "a frame in single precision": (
        "del X\na, b, p, q = "
        + SPLIT.format("table.drop(columns='y').to_numpy(dtype=np.float32)")
        + FIT,
        "table",
    ),
    "single precision": ("a, b, p, q = " + SPLIT.format("X.astype(np.float32)") + FIT, "X"),
    "some columns": ("a, b, p, q = " + SPLIT.format("X[:, [3, 1, 7]]") + FIT, "X"),
    "scaled": (
        "a, b, p, q = " + SPLIT.format("X") + "scaler = StandardScaler()\n"
        "a, b = scaler.fit_transform(a), scaler.transform(b)\n" + FIT,
        "a",  # what they were made of is gone
    ),
    "scaled under another name": (
        "a0, b0, p, q = " + SPLIT.format("X") + "scaler = StandardScaler().fit(a0)\n"
        "a = scaler.transform(a0)\nb = scaler.transform(b0)\n" + FIT,
        "X",
    ),
    "scaled in the call": (
        "a, b, p, q = " + SPLIT.format("X") + "scaler = StandardScaler().fit(a)\n"
        "model = LogisticRegression().fit(scaler.transform(a), p)\n"
        "s = model.score(scaler.transform(b), q)",
        "X",
    ),
    "scaled slices": (
        "train, test = places[:400], places[400:]\n"
        "scaler = StandardScaler().fit(X[:400])\n"
        "model = LogisticRegression().fit(scaler.transform(X[:400]), y[:400])\n"
        "s = accuracy_score(y[400:], model.predict(scaler.transform(X[400:])))",
        "X",
    ),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", [1, 2])
def test_rows_are_the_true_ones_in_every_style(style, seed, record, runs, run_cell):
    code, table = STYLES[style]
    space: dict = {}
    record("pass", variables=space)
    run_cell(PREPARE.replace("SEED", str(seed)), space)
    run = record(code.replace("SEED", str(seed)), variables=space)
    found = {rows.role: rows for rows in run.rows}
    if table == "a":
        # Scaled parts are tables of their own: all of their rows were used, in their order.
        assert (found["train"].table, found["test"].table) == ("a", "b")
        assert runs.rows(run, "test").tolist() == list(range(len(space["b"])))
        return
    assert {rows.table for rows in found.values()} == {table}
    assert runs.rows(run, "train").tolist() == space["train"].tolist()
    assert runs.rows(run, "test").tolist() == space["test"].tolist()
    assert not [note for note in run.notes if "not clear" in note or "trained on" in note]


@given(st.data())
def test_no_way_of_taking_rows_is_recorded_as_other_rows(data):
    count = data.draw(st.integers(2, 40))
    generator = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    values = data.draw(st.sampled_from([1, 3, 20, 1000]))
    fractions = data.draw(st.booleans())
    X = generator.integers(-values, values, (count, data.draw(st.integers(1, 5))))
    X = X / 7 if fractions else X.astype(float)
    y = generator.integers(0, data.draw(st.sampled_from([2, 5, 500])), count)
    frame = pd.DataFrame(X).assign(y=y)
    taken = data.draw(
        st.sampled_from(
            [
                slice(*sorted(generator.integers(0, count + 1, 2))),
                slice(None, None, -1),
                slice(None, None, 2),
                generator.random(count) < 0.5,
                generator.permutation(count),
                generator.permutation(count)[: count // 2],
                generator.integers(0, count, count // 2),
            ]
        )
    )
    true = np.arange(count)[taken]
    # Where all columns are kept, so is their order: nothing else is asked of the numbers then.
    kept = data.draw(st.integers(1, X.shape[1]))
    order = generator.permutation(X.shape[1])[:kept]
    columns = order if kept < X.shape[1] else np.arange(kept)
    part = data.draw(
        st.sampled_from(
            [
                X[taken],
                X[taken].copy(),
                X[taken].astype(np.float32),
                X[taken][:, columns],
                np.asfortranarray(X)[taken][:, columns].astype(np.float32),
                frame.to_numpy()[taken][:, :-1],
                frame[columns].to_numpy()[taken],
            ]
        )
    )
    variables = data.draw(
        st.sampled_from(
            [
                {"X": X, "y": y},
                {"frame": frame},
                {"frame": frame, "X": X, "y": y},
                {"other": X[::-1].copy(), "X": X, "y": y},
            ]
        )
    )
    used = Used("test", y[taken].copy(), None, part, y[taken])
    found = locate(used, Tables(variables))
    if found.labels is None:
        return
    table = variables[found.table]
    claimed = np.asarray(table)[found.labels]
    rows = frame.to_numpy()[true]
    if found.table == "other":
        # The same rows the other way round: a true answer, if not the nearest.
        np.testing.assert_array_equal(claimed, X[true])
    elif len(true) == count:
        # All rows: equal ones may have changed places.
        full = np.column_stack([X, y])
        np.testing.assert_array_equal(full[found.labels], rows)
    else:
        assert found.labels.tolist() == true.tolist()


def test_unlike_rows_are_always_found(generator):
    for _ in range(30):
        X = generator.normal(size=(50, 6))
        y = generator.integers(0, 2, 50)
        at = generator.permutation(50)[:20]
        for part in (X[at], X[at].astype(np.float32), X[at][:, [4, 2]]):
            found = locate(Used("train", y[at], None, part), Tables({"X": X, "y": y}))
            assert found.table == "X"
            assert found.labels.tolist() == at.tolist()


def test_equal_rows_are_told_apart_by_a_target_of_text():
    X = np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]])
    y = np.array(["yes", "no", "yes"], dtype=object)
    at = [2, 1]
    found = locate(Used("test", y[at], None, X[at]), Tables({"X": X, "y": y}))
    assert found.labels.tolist() == at


def test_targets_that_tell_equal_rows_apart_in_two_ways_are_no_answer():
    X = np.array([[1.0], [1.0], [2.0]])
    one, other = np.array([0, 1, 1]), np.array([1, 0, 1])
    found = locate(Used("test", one[[1]], None, X[[1]]), Tables({"X": X, "a": one, "b": other}))
    assert found.labels is None
    assert "is not clear" in found.problem


def test_rounded_numbers_are_not_taken_for_rows_that_were_whole_to_begin_with():
    X = np.array([[0.6], [1.0], [2.0]])
    part = np.rint(X[:1]).astype(int)
    found = locate(Used("test", np.array([1]), None, part), Tables({"X": X, "y": np.ones(3)}))
    assert found.labels is None


def test_a_table_that_is_too_large_is_not_searched_and_the_run_says_so():
    X = np.zeros((MOST_VALUES // 20 + 1, 20))
    y = np.zeros(len(X))
    found = locate(Used("test", y[:9].copy(), None, X[:9].copy()), Tables({"X": X, "y": y}))
    assert found.labels is None
    assert "`X` was not searched for the rows that were scored" in found.problem
    # A part of it in memory is known without a search.
    found = locate(Used("test", y[5:9].copy(), None, X[5:9]), Tables({"X": X, "y": y}))
    assert found.labels.tolist() == [5, 6, 7, 8]


@given(st.data())
def test_a_view_is_where_its_numbers_are(data):
    order = data.draw(st.sampled_from("CF"))
    whole = np.arange(42.0).reshape(7, 6).copy(order)
    whole = data.draw(st.sampled_from([whole, whole[1:], whole[:, 1:], whole[::2, ::2]]))
    rows, columns = (
        data.draw(st.builds(slice, st.integers(-4, 4), st.none(), st.sampled_from([1, 2, -1, -2])))
        for _ in range(2)
    )
    part = data.draw(st.sampled_from([whole[rows, columns], whole.T[columns, rows]]))
    where = rows_inside(part, whole)
    if where is not None:
        assert len(where) == len(part)
        for row, at in zip(part, where, strict=True):
            assert set(row) <= set(whole[at])
    ours = whole[rows]
    if ours.size:
        assert rows_inside(ours, whole).tolist() == np.arange(len(whole))[rows].tolist()
    assert rows_inside(ours.copy(), whole) is None


@given(
    st.lists(st.floats(width=32) | st.integers(-3, 3).map(float), min_size=1),
    st.sampled_from([np.float64, np.float32, np.float16]),
)
def test_keys_are_equal_where_numbers_are_equal_at_that_precision(values, kind):
    with np.errstate(over="ignore"):
        column = np.array(values)
        keys, narrow = keys_of(column, np.dtype(kind)), column.astype(kind)
    np.testing.assert_array_equal(keys, keys_of(narrow, np.dtype(kind)))
    equal = (narrow[:, None] == narrow) | (np.isnan(narrow)[:, None] & np.isnan(narrow))
    np.testing.assert_array_equal(keys[:, None] == keys, equal)
    assert len(np.unique(mixed([keys, keys]))) == len(np.unique(keys))


def test_picked_predictions_are_not_taken_for_all_of_them(record):
    run = record(
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import accuracy_score\n"
        "y[:] = 0; y[::2] = 1\n"  # so that every other part has the same values
        "model = LogisticRegression().fit(X[:100], y[:100])\n"
        "said = model.predict(X)\n"
        "s = accuracy_score(y[300:].copy(), said[300:])"
    )
    assert [rows.table for rows in run.rows if rows.role == "test"] == [None]


def test_rows_of_which_only_the_target_is_known_are_those_of_the_table_it_belongs_to(record, runs):
    run = record(
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import accuracy_score\n"
        "model = LogisticRegression().fit(X[:200], y[:200])\n"
        "said = [model.predict(X[n:][:1])[0] for n in range(150, 600)]\n"
        "s = accuracy_score(y[150:], np.array(said))"
    )
    assert {rows.table for rows in run.rows} == {"X"}
    assert runs.rows(run, "test").tolist() == list(range(150, 600))
    assert any(note.startswith("50 of the 450 scored rows of `X`") for note in run.notes)


def test_rows_of_a_large_array_that_is_gone_are_said_to_be(record):
    run = record(
        "from sklearn.linear_model import Ridge\n"
        "wide = np.random.default_rng(0).normal(size=(2000, 300))\n"
        "model = Ridge().fit(wide * 2, np.arange(2000))"
    )
    [train] = run.rows
    assert train.table is None
    assert any("an array that is there no more" in note for note in run.notes)


def test_a_large_part_that_only_the_call_held_is_known_by_how_it_was_cut(record, runs):
    space: dict = {}
    run = record(
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.metrics import root_mean_squared_error\n"
        "wide = np.random.default_rng(0).normal(size=(3000, 600))\n"
        "value = wide[:, 0].copy()\n"
        "order = np.random.default_rng(1).permutation(3000)\n"
        "first, last = order[:1500].copy(), order[1500:].copy()\n"
        "true = first.copy(), last.copy()\n"
        "model = Ridge().fit(wide[first], value[first])\n"
        "s = root_mean_squared_error(value[last], model.predict(wide[last]))\n"
        "first[:] = last[:] = 0",  # what was cut is not what would be cut now
        variables=space,
    )
    assert {rows.table for rows in run.rows} == {"wide"}
    assert runs.rows(run, "train").tolist() == space["true"][0].tolist()
    assert runs.rows(run, "test").tolist() == space["true"][1].tolist()


def test_columns_that_came_with_a_transform_are_no_columns_of_the_table(record, runs):
    space: dict = {}
    run = record(
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.preprocessing import PolynomialFeatures\n"
        "wider = PolynomialFeatures().fit_transform(X)\n"
        "model = LogisticRegression(max_iter=500).fit(wider[:300, 200:], y[:300])\n"
        "s = model.score(wider[300:, 200:], y[300:])",
        variables=space,
    )
    for rows in run.rows:
        assert rows.table in (None, "wider", "X", "y")
        if rows.table is not None:
            start = 0 if rows.role == "train" else 300
            assert runs.rows(run, rows.role).tolist() == list(range(start, start + 300))


def test_runs_on_the_same_held_out_rows_are_compared_in_whatever_order(record, runs):
    space: dict = {}
    cell = (
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import accuracy_score\n"
        "test = np.random.default_rng(SEED).permutation(200)\n"
        "model = LogisticRegression(C=SEED).fit(X[300:], y[300:])\n"
        "s = accuracy_score(y[test], model.predict(X[test]))"
    )
    first = record(cell.replace("SEED", "1"), "first", space)
    second = record(cell.replace("SEED", "2"), "second", space)
    assert first.row_digest != second.row_digest
    comparison = runs.compare([first.id, second.id])
    assert comparison.same_rows
    assert all(difference.paired for difference in comparison.differences)
    one, other = comparison.evaluations
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.y_true, space["y"][one.rows])
    np.testing.assert_array_equal(one.y_true, other.y_true)


def test_runs_on_other_rows_of_the_same_array_are_not_taken_for_the_same(record, runs):
    space: dict = {}
    cell = (
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import accuracy_score\n"
        "y[:] = np.arange(600) % 2\n"  # so that the true values do not tell
        "model = LogisticRegression(C=SEED).fit(X[300:], y[300:])\n"
        "s = accuracy_score(y[ROWS], model.predict(X[ROWS]))"
    )
    first = record(cell.replace("SEED", "1").replace("ROWS", ":200"), "first", space)
    second = record(cell.replace("SEED", "2").replace("ROWS", "199::-1"), "second", space)
    third = record(cell.replace("SEED", "3").replace("ROWS", "1:201"), "third", space)
    assert runs.compare([first.id, second.id]).same_rows
    with pytest.raises(DifferentRows):
        runs.compare([second.id, third.id])


def test_arrays_are_not_kept_by_what_remembers_them():
    whole = np.asfortranarray(np.arange(12.0).reshape(4, 3))
    parts = [weakly(whole[1:3]), weakly(whole.T[::-1]), weakly(whole)]
    for part, true in zip(parts, (whole[1:3], whole.T[::-1], whole), strict=True):
        np.testing.assert_array_equal(part(), true)
    gone = weakref.ref(whole)
    del whole, true
    gc.collect()
    assert gone() is None
    assert [part() for part in parts] == [None, None, None]
