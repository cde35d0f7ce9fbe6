"""Instances of cell classes with a ``__new__`` of their own, which loading does not call."""

from __future__ import annotations

import copyreg
from typing import Any


def reduce_instance(instance: Any, pickler: Any) -> Any:
    """Reduce an instance so that it is made by Python, not by its class's ``__new__``.

    Called without arguments, that might fail, count, or return another object.
    """
    reduced = instance.__reduce_ex__(5)
    if isinstance(reduced, tuple) and reduced[0] is copyreg.__newobj__:  # type: ignore[attr-defined]
        wanted = getattr(type(instance), "__getnewargs__", None)
        if wanted is getattr(_builtin(type(instance)), "__getnewargs__", None):
            return _make_bare, *reduced[1:]
    return reduced


def wants_care(kind: type) -> bool:
    """Tell whether instances of a type must go through :func:`reduce_instance`."""
    new = next((vars(c)["__new__"] for c in kind.__mro__ if "__new__" in vars(c)), None)
    return isinstance(new, staticmethod) and _is_made_in_cell(new.__func__)


def _is_made_in_cell(function: Any) -> bool:
    return getattr(function, "__module__", None) == "__main__"


def _make_bare(cls: Any, *arguments: Any) -> Any:
    return _builtin(cls).__new__(cls, *arguments)


def _builtin(cls: Any) -> Any:
    """Return the builtin type that a class is made of."""
    return next(c for c in cls.__mro__ if not c.__flags__ & 1 << 9)
