"""Times as people give them: ``12h``, ``7d``, ``2026-01-31``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from notewright.errors import BadMoment
from notewright.words import utc

_SPAN = re.compile(r"(\d{1,6})\s*([smhdw])\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, at: datetime | None = None) -> str:
    """Return the UTC time that a span before now, or a date, stands for.

    Parameters
    ----------
    text : str
        ``30m``, ``12h``, ``7d``, or ISO 8601 (local time where no zone is given).
    at : datetime, optional
        What "now" is.

    Raises
    ------
    BadMoment
        If it is neither.

    Examples
    --------
    >>> moment("2026-01-31T01:00+01:00")
    '2026-01-31T00:00:00.000000Z'
    >>> moment("2h", datetime(2026, 1, 31, 12, tzinfo=UTC))
    '2026-01-31T10:00:00.000000Z'
    """
    span = _SPAN.match(text.strip())
    try:
        if span:
            length = timedelta(**{_UNITS[span[2]]: int(span[1])})
            found = (at or datetime.now(UTC)) - length
        else:
            found = datetime.fromisoformat(text.strip())
        return utc(found.isoformat())
    except (ValueError, OverflowError):
        raise BadMoment(text) from None
