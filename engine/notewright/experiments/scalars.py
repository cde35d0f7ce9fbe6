"""Parameters and metrics as values that records can hold exactly."""

from __future__ import annotations

import math
import numbers
from typing import Any

Scalar = bool | int | float | str | None

#: Integers beyond this are not exact in JSON (RFC 8785); they become text.
_EXACT = 2**53
_LONGEST = 250
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def scalar(value: Any) -> Scalar:
    """Return `value` as a bool, number, text or None.

    Anything else becomes short text: the name of a function or class, the type
    of an estimator, or the `repr`.

    Examples
    --------
    >>> scalar(3), scalar(None), scalar(max), scalar([1, 2])
    (3, None, 'max', '[1, 2]')
    """
    if value is None or isinstance(value, bool | str):
        return value if not isinstance(value, str) else value[:4000]
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:
        value = value.item()
        if isinstance(value, bool | str):
            return value
    if isinstance(value, numbers.Integral):
        return int(value) if abs(int(value)) < _EXACT else str(int(value))
    if isinstance(value, numbers.Real):
        number = float(value)
        return number if math.isfinite(number) else str(number)
    if hasattr(value, "get_params") and not isinstance(value, type):
        return type(value).__name__
    if callable(value) and hasattr(value, "__qualname__"):
        return str(value.__qualname__)
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def halves(value: Scalar) -> tuple[float | None, str | None]:
    """Return a parameter's value as it is searched for: as a number or as a text.

    Truth values are numbers; None is neither.

    Examples
    --------
    >>> halves(6), halves("log"), halves(True), halves(None)
    ((6.0, None), (None, 'log'), (1.0, None), (None, None))
    """
    if value is None or isinstance(value, str):
        return None, value
    return float(value), None


def metric_to_json(value: float) -> float | str:
    """Return `value` as JSON can hold it: not-a-number and infinities as text."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def metric_from_json(value: float | str) -> float:
    """Return the number that `metric_to_json` wrote."""
    return _SPECIAL[value] if isinstance(value, str) else float(value)
