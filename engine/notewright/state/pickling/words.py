"""Names that pickle the same before and after a round trip.

The pickler writes a string once and refers to it afterwards, if it is the same
object. Python interns names in some places and not in others, so equal names
may or may not be one object. As bytes made for the occasion they never are.
"""

from __future__ import annotations

import sys
from typing import Any

#: Stands for ``"__main__"`` in pickles: the word itself marks a reference by name (see named).
_MAIN = True


def fresh(word: str) -> bytes:
    """Return a name as bytes."""
    return word.encode("utf-8", "surrogatepass")


def word(encoded: bytes) -> str:
    """Return a name from its bytes, interned as Python interns names."""
    return sys.intern(encoded.decode("utf-8", "surrogatepass"))


def module_mark(module: Any) -> Any:
    """Return what stands in a pickle for the name of a module."""
    if module == "__main__":
        return _MAIN
    return fresh(module) if type(module) is str else module


def module_name(mark: Any) -> Any:
    """Return the name of a module from its mark."""
    if mark is _MAIN:
        return "__main__"
    return word(mark) if type(mark) is bytes else mark
