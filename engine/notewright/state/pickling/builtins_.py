"""Builtin objects that show or bind another object, and must go on doing so."""

from __future__ import annotations

import ast
import gc
import itertools
import pickle
import sys
from typing import Any

import numpy as np


def reduce_dict_view(view: Any, pickler: Any) -> Any:
    """Reduce ``d.keys()``, ``d.values()`` or ``d.items()`` with the dictionary they show."""
    (shown,) = gc.get_referents(view)
    return _show, (shown, type(view).__name__.rpartition("_")[2])


def _show(shown: Any, what: str) -> Any:
    return getattr(shown, what)()


def reduce_proxy(proxy: Any, pickler: Any) -> Any:
    """Reduce a read-only view of a mapping with the mapping, ``vars(cls)`` with the class."""
    (shown,) = gc.get_referents(proxy)
    if type(shown) is dict and "__module__" in shown:
        for value in shown.values():
            owner = getattr(value, "__objclass__", None)
            if isinstance(owner, type) and gc.get_referents(vars(owner)) == [shown]:
                return vars, (owner,)
        raise pickle.PicklingError("it shows the inside of a class")
    return type(proxy), (shown,)


def reduce_super(bound: Any, pickler: Any) -> Any:
    """Reduce ``super()``, which would pass for the object it is bound to."""
    this = object.__getattribute__(bound, "__thisclass__")
    return super, (this, object.__getattribute__(bound, "__self__"))


def reduce_count(counter: Any, pickler: Any) -> Any:
    """Reduce ``itertools.count`` by what it says of itself; Python itself no longer will."""
    said = repr(counter).removeprefix("count")
    try:
        found = ast.literal_eval(said)
    except (ValueError, SyntaxError):  # it counts something else than numbers
        if sys.version_info < (3, 12):
            return NotImplemented
        raise pickle.PicklingError("it is an iterator (count) over objects") from None
    return itertools.count, found if isinstance(found, tuple) else (found,)


def reduce_memoryview(view: memoryview, pickler: Any) -> Any:
    """Reduce a memoryview with the object whose memory it shows."""
    owner = view.obj
    whole = memoryview(owner)
    if (view.format, view.shape, view.strides) == (whole.format, whole.shape, whole.strides):
        return _see, (owner, None, view.readonly)
    simple = view.c_contiguous and whole.c_contiguous and len(view.format.lstrip("@")) == 1
    if not simple or not view.nbytes:
        raise pickle.PicklingError("it is a memoryview with gaps")
    part = (_address(view) - _address(whole), view.nbytes, view.format, view.shape)
    return _see, (owner, part, view.readonly)


def _address(view: memoryview) -> int:
    return int(np.frombuffer(view, np.uint8).__array_interface__["data"][0])


def _see(owner: Any, part: Any, readonly: bool) -> memoryview:
    view = memoryview(owner)
    if part is not None:
        offset, size, form, shape = part
        view = view.cast("B")[offset : offset + size].cast(form, shape)
    return view.toreadonly() if readonly and not view.readonly else view
