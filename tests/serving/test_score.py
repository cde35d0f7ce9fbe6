"""How true labels are told from raw rows: from what the package made of its target."""

from __future__ import annotations

import pandas as pd
import pytest

from notewright.serving.score import _coding

RAW = pd.Series(["good", "bad", "good", "bad", "good"])


def test_a_coded_target_is_found_among_what_was_prepared() -> None:
    made = (RAW == "good").astype(int).sample(4, random_state=0)
    other = pd.Series([1.0, 2.0], index=[0, 1])
    assert _coding(RAW, (other, made), {0, 1}) == {"good": 1, "bad": 0}


@pytest.mark.parametrize(
    "made",
    [
        pd.Series([1, 0, 0, 0, 1]),  # not a function of the target
        pd.Series([1, 1, 1, 1, 1]),  # not all the labels
        pd.Series([1, 0], index=[90, 91]),  # other rows
    ],
)
def test_what_cannot_be_told_is_not_guessed(made: pd.Series) -> None:
    assert _coding(RAW, (made,), {0, 1}) is None


def test_a_number_that_is_predicted_as_it_is_needs_no_coding() -> None:
    price = pd.Series([1.5, 2.5, 3.5])
    assert _coding(price, (price.iloc[:2],), None) == "same"
    assert _coding(price, (price.iloc[:2] * 2,), None) is None
