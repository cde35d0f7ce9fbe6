"""Objects to bytes and back, keeping the identities that pickle alone loses.

Built on cloudpickle's C pickler. Over it, this keeps: functions bound to the
live globals, closures that share a cell, NumPy views that share memory, and
classes made in cells as classes of their own (loading an old snapshot never
touches the class of the same name that is alive now).
"""

from __future__ import annotations

import copyreg
import io
import pickle
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CellType, FunctionType
from typing import Any

import cloudpickle
import numpy as np
from cloudpickle import cloudpickle as _cloudpickle


@dataclass
class Pickled:
    """A pickle and its buffers."""

    stream: bytes
    buffers: list[pickle.PickleBuffer]
    _pickler: _Pickler

    @property
    def memo(self) -> dict[int, tuple[int, Any]]:
        """Every object in it that is known by identity: id -> (position, object)."""
        return dict(self._pickler.memo.copy())

    @property
    def size(self) -> int:
        """Bytes, buffers included."""
        return len(self.stream) + sum(b.raw().nbytes for b in self.buffers)


def dump(value: Any, namespace: dict[str, Any]) -> Pickled:
    """Return `value` pickled, with functions of `namespace` bound to it by reference.

    Parameters
    ----------
    value : object
        What to pickle.
    namespace : dict
        The live globals of the user's cells.

    Raises
    ------
    Exception
        Whatever the object's own reduction raises; the caller names the variable.
    """
    stream = io.BytesIO()
    buffers: list[pickle.PickleBuffer] = []
    pickler = _Pickler(stream, namespace, buffers.append)
    pickler.dump(value)
    return Pickled(stream.getvalue(), buffers, pickler)


def load(stream: bytes, buffers: Sequence[Any], namespace: dict[str, Any]) -> Any:
    """Return the value that :func:`dump` pickled, its functions bound to `namespace`."""
    previous = getattr(_loading, "namespace", None)
    _loading.namespace = namespace
    try:
        return _Unpickler(io.BytesIO(stream), buffers=buffers).load()
    finally:
        _loading.namespace = previous


_loading = threading.local()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    def __init__(
        self,
        file: io.BytesIO,
        namespace: dict[str, Any],
        buffer_callback: Callable[[pickle.PickleBuffer], Any],
    ) -> None:
        # A plain dictionary is looked up in C; cloudpickle's chain of two is not.
        self.dispatch_table = {**copyreg.dispatch_table, **cloudpickle.Pickler._dispatch_table}
        super().__init__(file, protocol=5, buffer_callback=buffer_callback)
        self._namespace = namespace
        self._closure_cells: set[int] = set()

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is np.ndarray:
            return _reduce_array(obj)
        if kind is FunctionType and obj.__globals__ is self._namespace:
            self._closure_cells.update(id(cell) for cell in obj.__closure__ or ())
            return _reduce_function(obj)
        if kind is CellType:
            return self._reduce_cell(obj)
        reduced = super().reducer_override(obj)
        if isinstance(obj, type) and isinstance(reduced, tuple) and len(reduced) > 2:
            # copyreg notes this in a class when an instance is pickled first.
            reduced[2][0].pop("__slotnames__", None)
            # cloudpickle's name for a class is new in every process; ours needs none.
            make, arguments, *rest = reduced
            if make in (_cloudpickle._make_skeleton_class, _cloudpickle._make_skeleton_enum):
                return (make, (*arguments[:-2], None, arguments[-1]), *rest)
        return reduced

    def _reduce_cell(self, cell: CellType) -> Any:
        # The function that owns a cell sets its contents: a cell's contents
        # may be the very function that is being pickled.
        if id(cell) in self._closure_cells or is_empty(cell):
            return CellType, ()
        return CellType, (), cell.cell_contents, None, None, _fill_cell


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == _cloudpickle.__name__ and name in _UNTRACKED:
            return _UNTRACKED[name]
        return super().find_class(module, name)


def _new_class(*arguments: Any) -> Any:
    """Make a class without cloudpickle's registry, which would hand back the live one."""
    constructor, name, bases, kwargs, _tracker, extra = arguments
    return _cloudpickle._make_skeleton_class(constructor, name, bases, kwargs, None, extra)


def _new_enum(*arguments: Any) -> Any:
    bases, name, qualname, members, module, _tracker, extra = arguments
    return _cloudpickle._make_skeleton_enum(bases, name, qualname, members, module, None, extra)


_UNTRACKED = {"_make_skeleton_class": _new_class, "_make_skeleton_enum": _new_enum}


# -- functions -------------------------------------------------------------------


def _reduce_function(function: FunctionType) -> Any:
    cells = function.__closure__ or ()
    state = {
        "attributes": function.__dict__,
        "name": function.__name__,
        "qualname": function.__qualname__,
        "module": function.__module__,
        "doc": function.__doc__,
        "defaults": function.__defaults__,
        "kwdefaults": function.__kwdefaults__,
        "annotations": function.__annotations__,
        "cells": [(cell, cell.cell_contents) for cell in cells if not is_empty(cell)],
    }
    arguments = (function.__code__, cells or None)
    return _make_function, arguments, state, None, None, _fill_function


def _make_function(code: Any, closure: Any) -> FunctionType:
    return FunctionType(code, _loading.namespace, code.co_name, None, closure)


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


def _fill_cell(cell: CellType, contents: Any) -> None:
    cell.cell_contents = contents


def is_empty(cell: CellType) -> bool:
    """Tell whether a closure's cell holds nothing yet."""
    try:
        cell.cell_contents  # noqa: B018 - reading raises when empty
    except ValueError:
        return True
    return False


# -- arrays ----------------------------------------------------------------------


def _reduce_array(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.hasobject or not array.nbytes:
        return NotImplemented
    owner = _owner(array)
    if owner is not array:
        offset = _address(array) - _address(owner)
        return _make_view, (
            owner,
            offset,
            array.shape,
            array.strides,
            array.dtype,
            array.flags.writeable,
        )
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        return NotImplemented
    order = "C" if array.flags.c_contiguous else "F"
    flat = array.ravel(order="A").view(np.uint8)
    return _make_array, (
        pickle.PickleBuffer(flat.data),
        array.dtype,
        array.shape,
        order,
        array.flags.writeable,
    )


def _owner(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the array whose memory `array` shows: itself, or the base of its views."""
    owner = array
    while type(owner.base) is np.ndarray and not owner.base.dtype.hasobject:
        owner = owner.base
    if owner is not array and not (owner.flags.c_contiguous or owner.flags.f_contiguous):
        return array
    return owner


def _address(array: np.ndarray[Any, Any]) -> int:
    return int(array.__array_interface__["data"][0])


def _make_array(data: Any, dtype: Any, shape: Any, order: Any, writeable: bool) -> Any:
    array: np.ndarray[Any, Any] = np.empty(shape, dtype, order=order)
    array.ravel(order="K").view(np.uint8)[:] = np.frombuffer(data, np.uint8)
    array.flags.writeable = writeable
    return array


def _make_view(
    owner: Any, offset: int, shape: Any, strides: Any, dtype: Any, writeable: bool
) -> Any:
    view: np.ndarray[Any, Any] = np.ndarray(shape, dtype, owner, offset, strides)
    if not writeable:
        view.flags.writeable = False
    return view
