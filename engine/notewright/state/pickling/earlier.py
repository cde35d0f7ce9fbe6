"""Reads the pickles of the first store format, which had no prelude and other helpers."""

from __future__ import annotations

import pickle
from types import FunctionType
from typing import Any

import numpy as np
from cloudpickle import cloudpickle as _cloudpickle

from notewright.state.pickling import loading
from notewright.state.pickling.functions import _fill_cell

_MODULE = "notewright.state.pickling"


class EarlierUnpickler(pickle.Unpickler):
    """Finds what the names in those pickles stood for."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name in the pickle stands for."""
        if module in (_MODULE, _cloudpickle.__name__) and name in _HELPERS:
            return _HELPERS[name]
        return super().find_class(module, name)


def _make_array(data: Any, dtype: Any, shape: Any, order: Any, writeable: bool) -> Any:
    array: np.ndarray[Any, Any] = np.empty(shape, dtype, order=order)
    array.ravel(order="K").view(np.uint8)[:] = np.frombuffer(data, np.uint8)
    array.flags.writeable = writeable
    return array


def _make_view(
    owner: Any, offset: int, shape: Any, strides: Any, dtype: Any, writeable: bool
) -> Any:
    view: np.ndarray[Any, Any] = np.ndarray(shape, dtype, owner, offset, strides)
    view.flags.writeable = writeable and view.flags.writeable
    return view


def _make_function(code: Any, closure: Any) -> FunctionType:
    return FunctionType(code, loading.namespace(), code.co_name, None, closure)


def _fill_function(function: FunctionType, state: dict[str, Any]) -> None:
    function.__dict__.update(state["attributes"])
    function.__name__ = state["name"]
    function.__qualname__ = state["qualname"]
    function.__module__ = state["module"]
    function.__doc__ = state["doc"]
    function.__defaults__ = state["defaults"]
    function.__kwdefaults__ = state["kwdefaults"]
    function.__annotations__ = state["annotations"]
    for cell, contents in state["cells"]:
        cell.cell_contents = contents


# Without cloudpickle's registry, which would hand back the class of that name that is alive now.


def _new_class(*arguments: Any) -> Any:
    constructor, name, bases, kwargs, _tracker, extra = arguments
    return _cloudpickle._make_skeleton_class(constructor, name, bases, kwargs, None, extra)


def _new_enum(*arguments: Any) -> Any:
    bases, name, qualname, members, module, _tracker, extra = arguments
    return _cloudpickle._make_skeleton_enum(bases, name, qualname, members, module, None, extra)


_HELPERS = {
    "_make_array": _make_array,
    "_make_view": _make_view,
    "_make_function": _make_function,
    "_fill_function": _fill_function,
    "_fill_cell": _fill_cell,
    "_make_skeleton_class": _new_class,
    "_make_skeleton_enum": _new_enum,
}
