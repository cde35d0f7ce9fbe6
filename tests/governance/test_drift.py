"""Drift figures are SciPy's and the formula's; a shift is found, chance is not."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from notewright.governance.drift import compare, drift, profile

tallies = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=12)


@given(tallies)
def test_index_and_p_value_are_the_textbooks(pairs):
    expected, actual = ([p[i] for p in pairs] for i in (0, 1))
    if not sum(expected) or not sum(actual):
        return
    index, p_value = compare(expected, actual)
    kept = [(e, a) for e, a in pairs if e + a]
    if len(kept) < 2:
        assert (index, p_value) == (0, 1)
        return
    shares = np.array(kept, dtype=float) + 0.5
    shares /= shares.sum(axis=0)
    psi = sum((a - e) * np.log(a / e) for e, a in shares)
    table = np.array(kept, dtype=float)
    fitted = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = ((table - fitted) ** 2 / fitted).sum()
    assert index == pytest.approx(psi, abs=1e-12)
    assert p_value == pytest.approx(stats.chi2.sf(statistic, len(kept) - 1), abs=1e-12)


def people(rng: np.random.Generator, rows: int, shift: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": rng.normal(40 + shift, 10, rows).round(),
            "income": rng.lognormal(8, 1, rows),
            "job": rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2]),
            "member": rng.random(rows) < 0.5,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D"),
        }
    )


def test_a_shift_is_named_with_its_size_and_the_others_are_not():
    rng = np.random.default_rng(0)
    known = profile(people(rng, 3000))
    found = {d.column: d for d in drift(known, people(rng, 1000, shift=12))}
    assert found["age"].verdict == "strong"
    assert "its median went from 39 to 52" in found["age"].sentence
    assert {c for c, d in found.items() if d.verdict != "none"} == {"age"}


@pytest.mark.parametrize("rows", [5, 30, 100, 1000, 20_000])
def test_the_same_population_raises_no_alarm_at_any_size(rows):
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        known = profile(people(rng, 1000))
        alarms += sum(d.verdict != "none" for d in drift(known, people(rng, rows)))
    assert alarms / (40 * 5) <= 0.01


def test_a_tiny_shift_of_very_many_rows_is_significant_and_no_alarm():
    rng = np.random.default_rng(1)
    known = profile(people(rng, 200_000))
    found = {d.column: d for d in drift(known, people(rng, 200_000, shift=0.3))}
    assert found["age"].p_value < 1e-6
    assert found["age"].verdict == "none"


def test_new_categories_missing_values_and_lost_columns_are_named():
    rng = np.random.default_rng(2)
    frame = people(rng, 2000)
    known = profile(frame)
    new = people(rng, 500)
    new["job"] = new["job"].where(rng.random(500) < 0.5, "astronaut")
    new["income"] = new["income"].where(rng.random(500) < 0.6)
    found = {d.column: d for d in drift(known, new.drop(columns="member"))}
    assert found["job"].verdict == found["income"].verdict == "strong"
    assert "rare or absent" in found["job"].sentence
    assert found["member"].sentence == "'member' is not in the new rows."


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([], dtype=float),
        pd.Series([np.nan] * 5),
        pd.Series([1] * 50),
        pd.Series([None, "a", 1, (2, 3)] * 5, dtype=object),
        pd.Series(["x", "y"] * 5, dtype="category"),
        pd.Series([1, None, 3] * 5, dtype="Int64"),
        pd.Series([np.inf, -np.inf, 1.0] * 5),
        pd.Series(pd.date_range("2020", periods=10, tz="Europe/Lisbon")),
        pd.Series([True, False, None] * 4, dtype="boolean"),
        pd.Series([10**18, 1] * 5),
    ],
)
def test_awkward_columns_survive_json_and_compare_with_themselves(column):
    frame = column.to_frame("x")
    known = json.loads(json.dumps(profile(frame), allow_nan=False))
    (found,) = drift(known, frame)
    assert found.verdict == "none"
    assert found.value is None or found.value == pytest.approx(0, abs=1e-12)
    (changed,) = drift(known, pd.DataFrame({"x": ["other"] * 40}))
    assert changed.sentence


def test_every_row_is_counted_once():
    frame = people(np.random.default_rng(3), 777)
    frame.loc[:50, "age"] = np.nan
    for known in profile(frame)["columns"].values():
        assert sum(known["counts"]) == 777
