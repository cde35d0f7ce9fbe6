"""Features of raw rows are those that training saw: exactly, or but for rounding that is stated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from notewright.packaging.comparing import _apart_from, _each_apart

TABLE = pd.DataFrame({"a": [1.5, np.nan, -3.0], "b": ["x", None, "y"], "n": [1, 2, 3]})


def test_equal_tables_are_not_apart_whatever_their_index() -> None:
    assert _apart_from(TABLE, TABLE.copy().set_index(pd.Index([7, 8, 9]))) == 0.0


def test_rounding_is_stated() -> None:
    apart = _apart_from(TABLE, TABLE.assign(a=TABLE["a"] * (1 + 1e-12)))
    assert apart == pytest.approx(3e-12, rel=0.1)


@pytest.mark.parametrize(
    "other",
    [
        TABLE.assign(a=TABLE["a"] * (1 + 1e-6)),
        TABLE.assign(a=TABLE["a"].fillna(0.0)),
        TABLE.assign(b=["x", "z", "y"]),
        TABLE.assign(n=[1, 2, 4]),
        TABLE.rename(columns={"a": "c"}),
        TABLE.iloc[:2],
    ],
)
def test_anything_more_is_another_value(other: pd.DataFrame) -> None:
    assert _apart_from(TABLE, other) is None


@pytest.mark.parametrize("alike", [True, False])
def test_the_farthest_of_single_rows_counts(alike: bool) -> None:
    rows = [TABLE.iloc[[at]].reset_index(drop=True) for at in (2, 0)]
    rows[0] = rows[0].assign(a=rows[0]["a"] * (1 + 1e-12))
    if not alike:  # one row alone may have another type
        rows[1] = rows[1].astype({"n": "float64"})
    assert _each_apart(rows, TABLE, [2, 0]) == pytest.approx(3e-12, rel=0.1)
    assert _each_apart(rows, TABLE, [1, 0]) is None
