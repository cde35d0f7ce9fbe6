"""Faults planted in clean tables are found in their column and rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.governance.checking import failed, found, made_table

SEEDS = range(8)
#: The checks that look at the table alone, or fit models of it.
NAMES = (
    "duplicates", "near_duplicates", "constant", "mixed_types", "outliers", "impossible",
    "category_typos", "time_gaps", "label_errors",
)  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slipped_decimal_point_is_an_outlier(seed):
    frame = made_table(seed)
    column = ("age", "balance", "share", "score")[seed % 4]
    rows = np.random.default_rng(seed).choice(len(frame), 2, replace=False)
    frame[column] = frame[column].astype(float)
    frame.loc[rows, column] = (frame[column].abs().max() + 1) * 1000
    (finding,) = failed("data_quality.outliers", frame)
    assert finding.subject == column
    assert set(finding.rows) == {str(row) for row in rows}


IMPOSSIBLE = {
    "a negative age": ("age", -4),
    "an age of centuries": ("age", 231),
    "a count below zero": ("count", -3),
    "a probability above one": ("default_probability", 1.7),
    "a latitude beyond the pole": ("lat", 141.0),
    "infinity": ("balance", np.inf),
    "-999 for unknown": ("income", -999.0),
    "999999 for unknown": ("waiting", 999999.0),
    "-1 for unknown in a count": ("many", -1),
}


@pytest.mark.parametrize(("column", "value"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
@pytest.mark.parametrize("seed", [0, 1])
def test_what_cannot_be_is_found(column, value, seed):
    frame = made_table(seed)
    rng = np.random.default_rng(seed)
    frame["count"] = rng.poisson(3, len(frame))
    frame["many"] = rng.poisson(30, len(frame))
    frame["default_probability"] = rng.random(len(frame))
    frame["lat"] = rng.uniform(-80, 80, len(frame))
    assert failed("data_quality.impossible", frame) == []
    frame[column] = frame[column].astype(float)
    rows = rng.choice(len(frame), 3, replace=False)
    frame.loc[rows, column] = value
    (finding,) = failed("data_quality.impossible", frame)
    assert finding.subject == column
    assert set(finding.rows) == {str(row) for row in rows}


TYPOS = {
    "a letter swapped": ("city", "Lisbon", "Lisbno"),
    "a letter more": ("city", "London", "Londonn"),
    "a letter less": ("city", "Lisbon", "Lisbn"),
    "another letter": ("city", "London", "Lundon"),
    "lower case": ("city", "Paris", "paris"),
    "a blank": ("city", "Paris", " Paris"),
    "two blanks": ("grade", "grade A", "grade  A"),
    "an accent": ("city", "Paris", "Páris"),
}


@pytest.mark.parametrize(("column", "right", "wrong"), TYPOS.values(), ids=TYPOS)
def test_a_misspelt_category_is_found_with_its_right_spelling(column, right, wrong):
    frame = made_table(3)
    rows = frame.index[frame[column] == right][:2]
    frame.loc[rows, column] = wrong
    (finding,) = failed("data_quality.category_typos", frame)
    assert finding.details["spellings"] == {wrong: right}
    assert set(finding.rows) == {str(row) for row in rows}


@pytest.mark.parametrize("kind", ["category", "string", "object"])
def test_categories_are_read_in_every_dtype(kind):
    frame = made_table(3)
    frame.loc[frame.index[frame["city"] == "Lisbon"][0], "city"] = "lisbon"
    frame["city"] = frame["city"].astype(kind)
    assert [f.subject for f in failed("data_quality.category_typos", frame)] == ["city"]


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_that_repeat_but_for_one_column_are_found(seed):
    frame = made_table(seed)
    copies = frame.iloc[:60].copy()
    column = ("balance", "joined", "income", "waiting")[seed % 4]
    copies[column] = frame[column].iloc[60:120].to_numpy()
    both = pd.concat([frame, copies], ignore_index=True)
    (finding,) = failed("data_quality.near_duplicates", both)
    assert finding.value == pytest.approx(60 / len(both), abs=0.01)
    assert finding.subject == column
    assert finding.rows[0] == str(len(frame))


def test_rows_that_repeat_but_for_spelling_are_found():
    frame = made_table(0)
    copies = frame.iloc[:60].copy()
    copies["city"] = copies["city"].str.upper() + " "
    copies["income"] *= 1 + 1e-9
    (finding,) = failed("data_quality.near_duplicates", pd.concat([frame, copies]))
    assert finding.value == pytest.approx(60 / 1560)


def test_exact_copies_are_duplicates_and_not_near_ones():
    frame = made_table(0)
    both = pd.concat([frame, frame.iloc[:60]], ignore_index=True)
    assert failed("data_quality.near_duplicates", both) == []
    (finding,) = failed("data_quality.duplicates", both)
    assert finding.value == pytest.approx(60 / 1560)


def test_rows_of_few_values_are_equal_by_chance_and_say_nothing():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.integers(0, 3, 500) for name in "abcd"})
    (finding,) = found("data_quality.near_duplicates", frame)
    assert (finding.status, finding.value) == ("passed", 0.0)


@pytest.mark.parametrize("step", ["h", "D", "MS", "W", "B"])
@pytest.mark.parametrize("form", ["times", "texts", "index", "zoned"])
def test_a_gap_in_a_series_is_found(step, form):
    times = pd.date_range("2020-01-01", periods=400, freq=step)
    whole = _series(times, form)
    assert failed("data_quality.time_gaps", whole) == []
    (finding,) = failed("data_quality.time_gaps", whole.drop(whole.index[150:190]))
    assert finding.value == 1
    assert str(times[149].date()) in finding.sentence
    assert str(times[190].date()) in finding.sentence


def _series(times: pd.DatetimeIndex, form: str) -> pd.DataFrame:
    values = np.random.default_rng(0).normal(size=len(times))
    if form == "index":
        return pd.DataFrame({"value": values}, index=times)
    column = {"times": times, "texts": times.strftime("%Y-%m-%d %H:%M"), "zoned": None}[form]
    if column is None:
        column = times.tz_localize("UTC").tz_convert("Europe/Lisbon")
    return pd.DataFrame({"when": column, "value": values})


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.slow] * (seed > 2)) for seed in SEEDS]
)
def test_labels_that_were_flipped_are_found(seed):
    rng = np.random.default_rng(seed)
    frame = made_table(seed, rows=2000)
    logit = (frame["age"] - 50) / 15 + frame["score"] + (frame["city"] == "Lisbon")
    right = np.where(logit > 0, "yes", "no")
    frame["target"] = right
    assert failed("data_quality.label_errors", frame) == []
    rows = rng.choice(len(frame), 140, replace=False)
    frame.loc[rows, "target"] = np.where(right[rows] == "yes", "no", "yes")
    (finding,) = failed("data_quality.label_errors", frame)
    assert 0.03 < finding.value < 0.08
    named = {int(row) for row in finding.rows}
    assert len(named & set(rows.tolist())) >= 0.8 * len(named)


def test_a_check_that_fits_leaves_random_states_and_the_table_alone():
    frame = made_table(0)
    before = frame.copy(deep=True)
    np.random.seed(7)
    wanted = np.random.rand()
    np.random.seed(7)
    for name in NAMES:
        found(f"data_quality.{name}", frame)
    assert np.random.rand() == wanted
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "label_errors"])
@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pd.DataFrame({"a": [1.0]}),
        pd.DataFrame({"a": [None] * 50, "b": [[1], {}] * 25}),
        pd.DataFrame([[1, 2, "x"]] * 60, columns=["same", "same", "text"]),
        pd.DataFrame({("a", 1): range(50), ("b", 2): pd.array([1, None] * 25, dtype="Int64")}),
        pd.DataFrame({"a": pd.array([1 + 2j] * 50)}),
    ],
    ids=["nothing", "no row", "one cell", "no hash", "names twice", "tuples", "complex"],
)
def test_strange_tables_do_not_stop_a_check(name, frame):
    for finding in found(f"data_quality.{name}", frame):
        assert "It stopped with" not in finding.sentence, finding.sentence
