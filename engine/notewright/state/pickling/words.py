"""Strings that pickle the same before and after a round trip.

The pickler writes a string once and refers to it afterwards, if it is the same
object. Names are interned by Python in some places and not in others, so equal
names may or may not be one object; a copy never is.
"""

from __future__ import annotations

from typing import Any

#: Stands for ``"__main__"`` in pickles: the word itself marks a reference by name (see named).
_MAIN = True


def fresh(word: str) -> str:
    """Return an equal string that is an object of its own."""
    return "".join(word)


def module_mark(module: Any) -> Any:
    """Return what stands in a pickle for the name of a module."""
    if module == "__main__":
        return _MAIN
    return fresh(module) if type(module) is str else module


def module_name(mark: Any) -> Any:
    """Return the name of a module from its mark."""
    return "__main__" if mark is _MAIN else mark
