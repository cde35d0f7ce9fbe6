"""Small matters of wording that every floor shares."""

from __future__ import annotations


def number_of(count: int, noun: str) -> str:
    """Return how many there are, in words that fit the number.

    Examples
    --------
    >>> number_of(1, "variable"), number_of(1200, "row")
    ('1 variable', '1,200 rows')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
