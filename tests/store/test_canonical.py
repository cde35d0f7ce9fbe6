"""Records are written as RFC 8785 has it, whatever is in them."""

from __future__ import annotations

import math
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from notewright.store import canonical
from notewright.store.canonical import dumps

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(),
    st.integers(-(2**53), 2**53),
    # Where the two ways to write a number meet, and around powers of ten.
    st.builds(
        lambda digits, exponent: float(f"{digits}e{exponent}"),
        st.integers(-(10**17), 10**17), st.integers(-30, 30),
    ),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


def outcome(function: Any, value: Any) -> Any:
    try:
        return function(value)
    except rfc8785.CanonicalizationError as error:
        return type(error), str(error)


@given(VALUES)
@example({"\U0001f600": 1, "\uffff": 2, "\ue000": 3, "z": 4, "\x7f": 5, "": 6})
@example(['\x00\x1f\x7f\u2028"\\/\b\f\n\r\t', "\ud800", {"\udfff": 1}])
@example([0.0, -0.0, 1e16, 1e15, 1e21, 1e20, 123456789012345680000.0, 1e-6, 1e-7, 5e-324, 1.5e300])
@example([2**53 - 1, -(2**53) + 1, 2**53, -(2**53)])
@example([math.nan, math.inf])
def test_what_is_written_is_what_the_library_writes(value: Any) -> None:
    assert outcome(dumps, value) == outcome(rfc8785.dumps, value)


@pytest.mark.parametrize("value", [1e16, 1e20, -1.5e17, 1e-05, 1.25e-06])
def test_numbers_near_the_ends_are_written_without_an_exponent(value: float) -> None:
    assert dumps([value]) == rfc8785.dumps([value])
    assert b"e" not in dumps([value])


def test_what_records_are_made_of_is_not_left_to_the_library(monkeypatch) -> None:
    monkeypatch.setattr(canonical.rfc8785, "dumps", None)
    record = {"name": "ü", "n": 7, "metrics": {"auc": 0.875, "p": 1e-09}, "tags": [True, None, "a"]}
    assert dumps(record) == (
        b'{"metrics":{"auc":0.875,"p":1e-9},"n":7,"name":"\xc3\xbc","tags":[true,null,"a"]}'
    )
