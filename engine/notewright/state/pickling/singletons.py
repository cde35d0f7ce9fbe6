"""Objects of which the process has one: saved by name, because a copy would not be it."""

from __future__ import annotations

import dataclasses
import decimal
import os
import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np


def _attribute(module: str, *names: str) -> Callable[[], Any]:
    def find() -> Any:
        found = sys.modules.get(module)
        for name in names:
            found = getattr(found, name, None)
        return found

    return find


#: For each type: functions that return its well-known instance, with how to find it when loading.
_KNOWN: dict[type, list[tuple[Callable[[], Any], tuple[str, ...]]]] = {}


def _register(kind: type, module: str, *names: str) -> None:
    _KNOWN.setdefault(kind, []).append((_attribute(module, *names), (module, *names)))


_register(type(os.environ), "os", "environ")
_register(random.Random, "random", "_inst")
_register(np.random.RandomState, "numpy.random.mtrand", "_rand")
for _sentinel in ("MISSING", "KW_ONLY", "_HAS_DEFAULT_FACTORY"):
    _register(type(getattr(dataclasses, _sentinel)), "dataclasses", _sentinel)
_register(type(np._NoValue), "numpy", "_NoValue")


def is_known(kind: type) -> bool:
    """Tell whether a type has a well-known instance."""
    return kind in _KNOWN or kind is decimal.Context or _late(kind) is not None


def reduce_known(obj: Any, pickler: Any) -> Any:
    """Reduce a well-known instance by name, any other as usual."""
    kind = type(obj)
    if kind is decimal.Context:
        if obj is decimal.getcontext():
            pickler.by_name.add(id(obj))
            return decimal.getcontext, ()
        return NotImplemented
    late = _late(kind)
    for find, path in [*_KNOWN.get(kind, ()), *([late] if late else ())]:
        if obj is find():
            pickler.by_name.add(id(obj))
            return find_singleton, path
    return NotImplemented


def _late(kind: type) -> tuple[Callable[[], Any], tuple[str, ...]] | None:
    """Return the well-known instance of a type whose library may not be imported."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    paths = {
        "matplotlib.RcParams": ("matplotlib", "rcParams"),
        "torch._C.Generator": ("torch", "default_generator"),
    }
    path = paths.get(name)
    return None if path is None else (_attribute(*path), path)


def find_singleton(module: str, *names: str) -> Any:
    """Return the well-known instance at a path."""
    __import__(module)
    found: Any = sys.modules[module]
    for name in names:
        found = getattr(found, name)
    return found
