"""What can be imported by its name, and is saved as that name."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from cloudpickle import cloudpickle as _cloudpickle


def is_importable(obj: Any) -> bool:
    """Tell whether a function or class is what its module has under its name.

    It is cloudpickle that decides; the answer for nearly all of them is found here, sooner. A
    table of pandas refers to two dozen, and is pickled after every cell.

    Examples
    --------
    >>> from fractions import Fraction
    >>> is_importable(Fraction), is_importable(lambda: None)
    (True, False)
    """
    name = getattr(obj, "__module__", None)
    if type(name) is str and name != "__main__" and not _cloudpickle._PICKLE_BY_VALUE_MODULES:
        module, inside = sys.modules.get(name), getattr(obj, "__qualname__", "")
        if type(module) is ModuleType and module.__dict__.get(inside) is obj:
            return True
    return bool(_cloudpickle._should_pickle_by_reference(obj))
