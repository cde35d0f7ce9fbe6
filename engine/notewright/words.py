"""Small matters of wording that every floor shares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime


def number_of(count: int, noun: str) -> str:
    """Return how many there are, in words that fit the number.

    Examples
    --------
    >>> number_of(1, "variable"), number_of(1200, "row")
    ('1 variable', '1,200 rows')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def some_of(names: Sequence[str], most: int = 8) -> str:
    """Return names, or the first of many and how many more there are.

    Examples
    --------
    >>> some_of(["a", "b", "c", "d"], 3)
    'a, b, c and 1 more'
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def first_line_of(code: str) -> str:
    r"""Return the first line of some code that is neither blank nor a comment; "" if there is none.

    Examples
    --------
    >>> first_line_of("\n# rates\n  rate = 3\nx = 1"), first_line_of("# nothing")
    ('rate = 3', '')
    """
    lines = (line.strip() for line in code.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")


def short_line_of(code: str, most: int = 60) -> str:
    """Return the first line of some code as :func:`first_line_of` does, cut short with an ellipsis.

    Examples
    --------
    >>> short_line_of("total = sum(prices)", 12), short_line_of("x = 1")
    ('total = sum…', 'x = 1')
    """
    line = first_line_of(code)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def local_second(moment: str) -> str:
    """Return a stored time (ISO 8601, UTC) as people read it here: date, hour, minute, second."""
    return _local(moment).strftime("%Y-%m-%d %H:%M:%S")


def local_minute(moment: str) -> str:
    """Return a stored time as people read it here, to the minute."""
    return _local(moment).strftime("%Y-%m-%d %H:%M")


def local_day(moment: str) -> str:
    """Return the date here at a stored time."""
    return _local(moment).strftime("%Y-%m-%d")


def utc_second(moment: str) -> str:
    """Return a stored time to the second, the same wherever it is read.

    Examples
    --------
    >>> utc_second("2026-03-03T13:05:59.123456Z")
    '2026-03-03 13:05:59 UTC'
    """
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def utc(given: str) -> str:
    """Return a time that a person gave, local where it names no zone, as the store writes times.

    Raises
    ------
    ValueError
        If it is no ISO 8601 time.

    Examples
    --------
    >>> utc("2026-03-03T14:05+01:00")
    '2026-03-03T13:05:00.000000Z'
    """
    try:
        moment = datetime.fromisoformat(given).astimezone(UTC)
    except (OverflowError, OSError) as error:  # near the years 1 and 9999
        raise ValueError(given) from error
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _local(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone()
