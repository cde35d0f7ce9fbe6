"""A few words for a value."""

from __future__ import annotations

from typing import Any

_LONGEST = 60
_module = type.__dict__["__module__"].__get__
_qualname = type.__dict__["__qualname__"].__get__


def type_name(value: Any) -> str:
    """Return the qualified name of the value's type."""
    kind = type(value)
    try:
        # Past the metaclass, whose code may be the user's.
        return f"{_module(kind)}.{_qualname(kind)}"
    except AttributeError:  # it was deleted
        return f"?.{_qualname(kind)}"


def summary(value: Any) -> str:
    """Return a few words: ``"DataFrame 1000 x 21"``; never calls the user's own code."""
    kind = type(value)
    name, module = kind.__name__, kind.__module__.partition(".")[0]
    if module in ("pandas", "numpy", "polars", "scipy", "torch") and hasattr(value, "shape"):
        shape = " x ".join(str(side) for side in value.shape)
        return f"{name} {shape}".strip()
    if kind in (int, float, bool, complex, str, bytes, type(None)):
        text = repr(value if kind is not str else value[:_LONGEST])
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    if kind in (list, tuple, dict, set, frozenset):
        return f"{name} of {len(value)}"
    return name
