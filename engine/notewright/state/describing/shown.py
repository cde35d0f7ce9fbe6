"""A short text for any value, without ever calling the user's own code."""

from __future__ import annotations

import datetime
import decimal
import fractions
import ipaddress
import pathlib
import re
import types
import uuid
from collections.abc import Iterable
from enum import Enum
from typing import Any

import numpy as np

from notewright.state.describe import summary

#: The longest text for one value.
LONGEST = 60
_ITEMS = 4
_DIGITS = 10
_DEPTH = 2

#: Exact types whose equality is that of their values.
PRIMITIVE = frozenset({type(None), bool, int, float, complex, str, bytes})

#: Exact types of the standard library, NumPy and pandas that `repr` tells apart and shows well.
TOLD_BY_REPR = frozenset(
    {
        datetime.date,
        datetime.datetime,
        datetime.time,
        datetime.timedelta,
        datetime.timezone,
        decimal.Decimal,
        fractions.Fraction,
        uuid.UUID,
        range,
        slice,
        re.Pattern,
        type(Ellipsis),
        type(NotImplemented),
        pathlib.PosixPath,
        pathlib.WindowsPath,
        pathlib.PurePosixPath,
        pathlib.PureWindowsPath,
        ipaddress.IPv4Address,
        ipaddress.IPv6Address,
        ipaddress.IPv4Network,
        ipaddress.IPv6Network,
    }
)
_PANDAS_SCALARS = {"Timestamp", "Timedelta", "Period", "Interval", "NaTType", "NAType"}


def told_by_repr(value: Any) -> bool:
    """Tell whether `repr` of the value is safe, short, and says all there is."""
    kind = type(value)
    return (
        kind in TOLD_BY_REPR
        or (kind.__module__.startswith("pandas.") and kind.__name__ in _PANDAS_SCALARS)
        or issubclass(kind, np.dtype)
    )


def shown(value: Any, longest: int = LONGEST, depth: int = _DEPTH) -> str:
    """Return `value` in at most `longest` characters on one line.

    Examples
    --------
    >>> shown({"a": [1, 2, 3, 4, 5]})
    "{'a': [1, 2, 3, 4, …]}"
    >>> shown("x" * 100, 10)
    "'xxxxxxxx…"
    """
    return shortened(_text(value, depth, longest), longest)


def shown_pair(old: Any, new: Any) -> tuple[str, str]:
    """Return two values that differ as texts that do, where there are such.

    Examples
    --------
    >>> shown_pair(0.1 + 0.2, 0.3)
    ('0.30000000000000004', '0.3')
    """
    was, now = shown(old), shown(new)
    if was == now and isinstance(old, float) and isinstance(new, float):
        return float.__repr__(old), float.__repr__(new)
    return was, now


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return `text` on one line, its end left out if it is too long."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "\ufffd" for c in text[: longest + 1])
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _text(value: Any, depth: int, longest: int) -> str:
    kind = type(value)
    if kind is int:
        return str(value) if value.bit_length() < 200 else f"an int of {value.bit_length()} bits"
    if kind is float or kind is np.float64:
        # Nobody reads seventeen digits.
        exact = float.__repr__(value)
        return exact if len(exact) <= _DIGITS else f"{value:.6g}"
    if kind in (str, bytes):
        return repr(value[: longest + 1])
    if kind in PRIMITIVE or told_by_repr(value):
        return repr(value) if not kind.__module__.startswith("pandas.") else str(value)
    if issubclass(kind, np.generic):
        return str(value)
    if issubclass(kind, Enum):
        return f"{kind.__name__}.{object.__getattribute__(value, '_name_')}"
    if issubclass(kind, type | types.FunctionType | types.BuiltinFunctionType | types.ModuleType):
        return str(getattr(value, "__qualname__", getattr(value, "__name__", kind.__name__)))
    if issubclass(kind, np.ndarray) and 0 < value.size <= _ITEMS and value.ndim == 1:
        return f"array({_sequence(value.tolist(), value.size, depth, '[', ']')})"
    for base, content, opening, closing in _CONTAINERS:
        if issubclass(kind, base):
            name = "" if kind is base or kind.__module__ == "builtins" else kind.__name__
            if depth == 0:
                return summary(value)
            return name + _sequence(content(value), base.__len__(value), depth, opening, closing)
    return summary(value)


def _sequence(items: Iterable[Any], count: int, depth: int, opening: str, closing: str) -> str:
    parts: list[str] = []
    for item in items:
        if len(parts) == _ITEMS:
            break
        if isinstance(item, _Pair):
            parts.append(f"{shown(item.key, 30, depth - 1)}: {shown(item.value, 40, depth - 1)}")
        else:
            parts.append(shown(item, 40, depth - 1))
    if count > _ITEMS:
        parts.append("…")
    if opening == "(" and count == 1:
        return f"({parts[0]},)"
    return opening + ", ".join(parts) + closing


class _Pair:
    def __init__(self, pair: tuple[Any, Any]) -> None:
        self.key, self.value = pair


# The methods of the base types, whatever a subclass made of them.
_CONTAINERS: tuple[tuple[Any, Any, str, str], ...] = (
    (dict, lambda value: map(_Pair, dict.items(value)), "{", "}"),
    (list, list.__iter__, "[", "]"),
    (tuple, tuple.__iter__, "(", ")"),
    (set, set.__iter__, "{", "}"),
    (frozenset, frozenset.__iter__, "{", "}"),
)
