"""NumPy's universal functions: they know their name, and not the module that holds them.

pickle looks for a module that has such an object under its name. Where a cell has
imported it, that may be the notebook itself under the second name that
multiprocessing gives it, which means nothing in another process.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np

_NOTEBOOK = ("__main__", "__mp_main__")

#: The module of each one that was looked for and found in a library.
_homes: dict[np.ufunc, str] = {}


def reduce_ufunc(ufunc: np.ufunc, pickler: Any) -> Any:
    """Reduce a universal function to its library's module and its name there."""
    home = _homes.get(ufunc) or _found(ufunc)
    if home is None:
        return NotImplemented  # the user's own: pickle says why it cannot be saved
    _homes[ufunc] = home
    return ufunc_of, (home, ufunc.__name__)


def ufunc_of(module: str, name: str) -> Any:
    """Return a library's universal function."""
    return getattr(importlib.import_module(module), name)


def _found(ufunc: np.ufunc) -> str | None:
    """Return the shortest public module that holds it, in the library that made it."""
    name = ufunc.__name__
    holders = [
        module
        for module, found in list(sys.modules.items())
        if module not in _NOTEBOOK and getattr(found, "__dict__", {}).get(name) is ufunc
    ]
    if not holders:
        return None
    # A library's modules are imported before those that take something from them.
    library = holders[0].partition(".")[0]
    own = [each for each in holders if each.partition(".")[0] == library]
    return min(own, key=lambda each: ("._" in each, len(each), each))
