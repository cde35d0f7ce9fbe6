"""NumPy arrays: views go on showing their base, flags and order stay."""

from __future__ import annotations

import array as array_module
import ctypes
import mmap
import pickle
from typing import Any

import numpy as np

from notewright.state.pickling.filling import filled, own, spared
from notewright.state.pickling.memory import place
from notewright.state.pickling.object_arrays import reduce_object_array

Array = np.ndarray[Any, Any]


def reduce_array(array: Array, pickler: Any) -> Any:
    """Reduce an array: as a view of the object that owns its memory, or as the owner."""
    dtype = array.dtype
    if dtype.hasobject:
        return reduce_object_array(array, pickler)
    if not array.nbytes:
        order = "C" if array.flags.c_contiguous else "F"
        arguments = (type(array), array.shape, dtype, order, array.flags.writeable)
        return (_make_empty, arguments, *_attributes(array))
    if array.base is None:
        found, offset = pickler.memory.array(array)
        return _reduce_owner(array, pickler) if found is array else _view(array, found, offset)
    root, holder = owner_of(array)
    if root is not array and (holder is None or type(root) is not np.ndarray):
        return _view(array, root, address(array) - address(root))
    # Memory that Python objects other than arrays hold: bytes, a memoryview, a tensor, Arrow.
    if _is_plain_buffer(holder):
        held = np.frombuffer(holder, np.uint8)
        return _view(array, holder, address(array) - address(held))
    found, offset = pickler.memory.foreign(root, holder)
    if found is array:
        return _reduce_owner(array, pickler)
    return _view(array, found, offset + address(array) - place(root)[0])


#: What as_strided and broadcast_to put between a view and its base.
_BETWEEN: Any = type(np.lib.stride_tricks.as_strided(np.empty(1)).base)


def owner_of(array: Array) -> tuple[Array, Any]:
    """Return the array at the end of the views, and the other object that holds its memory."""
    root: Any = array
    while True:
        base = root.base
        if type(base) is memoryview:
            base = base.obj
        if type(base) is _BETWEEN:
            base = base.base
        if issubclass(type(base), np.ndarray):  # `isinstance` would ask what is the user's
            root = base
        else:
            return root, base


def address(array: Array) -> int:
    """Return where an array's first element lies."""
    return int(array.__array_interface__["data"][0])


_BUFFERS = (bytes, bytearray, array_module.array, mmap.mmap, ctypes.Array, ctypes.Structure)


def _is_plain_buffer(holder: Any) -> bool:
    return issubclass(type(holder), _BUFFERS)


# -- the owner: an array with its bytes ------------------------------------------


def _reduce_owner(array: Array, pickler: Any) -> Any:
    kind, dtype, flags = type(array), array.dtype, array.flags
    if kind is np.ndarray and flags.c_contiguous:  # nearly all of them
        buffer = own(_rows(array), pickler)
        return make_array, (buffer, dtype, array.shape, "C", flags.writeable)
    laid = dense(array)
    if laid is None:
        raise pickle.PicklingError("it is an array whose elements do not lie side by side")
    axes, flat = laid
    buffer = own(flat, pickler)
    arguments = (buffer, dtype, array.shape, axes, flags.writeable)
    if kind is np.ndarray:
        return make_array, arguments
    return (make_array, (*arguments, kind), *_attributes(array))


def dense(array: Array) -> tuple[Any, Array] | None:
    """Return how the axes of an array lie in memory, and its bytes; None if there are gaps."""
    plain = array.view(np.ndarray) if type(array) is not np.ndarray else array
    if plain.flags.c_contiguous:
        return "C", _bytes_of(plain)
    if plain.flags.f_contiguous:
        return "F", _bytes_of(plain.T)
    axes = tuple(sorted(range(plain.ndim), key=lambda axis: -plain.strides[axis]))
    straight = plain.transpose(axes)
    return (axes, _bytes_of(straight)) if straight.flags.c_contiguous else None


def _rows(array: Array) -> Array:
    """Return a C-ordered array's bytes; of a table by rows, for pieces that keep to them."""
    return array.view(np.uint8) if array.ndim == 2 else array.reshape(-1).view(np.uint8)


def _bytes_of(array: Array) -> Array:
    flat: Array = array.reshape(-1)
    return flat.view(np.uint8)


def make_array(
    data: Any, dtype: Any, shape: Any, axes: Any, writeable: bool, kind: type[Array] = np.ndarray
) -> Array:
    """Make an array that owns its memory, from its bytes."""
    array = spared(data, dtype, shape, axes) if kind is np.ndarray else None
    if array is None:
        array = _room(dtype, shape, axes, kind)
        laid = dense(array)
        assert laid is not None
        filled(laid[1], data)
    if array.flags.writeable != writeable:
        array.flags.writeable = writeable
    return array


def _room(dtype: Any, shape: Any, axes: Any, kind: type[Array]) -> Array:
    if axes == "C" or axes == "F":
        return np.ndarray.__new__(kind, shape, dtype, order=axes)
    sides = tuple(shape[axis] for axis in axes)
    like: Array = np.empty(sides, dtype).transpose(np.argsort(axes))
    array: Array = np.empty_like(like, order="K")
    return array if kind is np.ndarray else array.view(kind)


def _make_empty(kind: type[Array], shape: Any, dtype: Any, order: Any, writeable: bool) -> Array:
    array: Array = np.ndarray.__new__(kind, shape, dtype, order=order)
    array.flags.writeable = writeable
    return array


# -- views -------------------------------------------------------------------------


def _view(array: Array, owner: Any, offset: int) -> Any:
    kind = type(array)
    arguments = (owner, offset, array.shape, array.strides, array.dtype, array.flags.writeable)
    if kind is np.ndarray:
        return make_view, arguments
    return (make_view, (*arguments, kind), *_attributes(array))


def make_view(
    owner: Any,
    offset: int,
    shape: Any,
    strides: Any,
    dtype: Any,
    writeable: bool,
    kind: type[Array] = np.ndarray,
) -> Array:
    """Make an array that shows the memory of another object."""
    if type(owner).__module__.startswith("torch"):
        from notewright.state.pickling.tensors import array_of_storage

        owner = array_of_storage(owner)
    view: Array = np.ndarray.__new__(kind, shape, dtype, owner, offset, strides)
    if not writeable:
        view.flags.writeable = False
    return view


# -- attributes of subclasses --------------------------------------------------------


def _attributes(array: Array) -> tuple[Any, ...]:
    state = getattr(array, "__dict__", None)
    return (dict(state), None, None, _fill_attributes) if state else ()


def _fill_attributes(array: Array, state: dict[str, Any]) -> None:
    # Into the dictionary: setting attributes of a record array would set its fields.
    array.__dict__.update(state)


# -- one record of a structured array -------------------------------------------------


def reduce_record(record: Any, pickler: Any) -> Any:
    """Reduce an element of a structured array, which is a view of the array."""
    array = record.base
    if not isinstance(array, np.ndarray) or not record.dtype.names:
        return NotImplemented
    if record.dtype.hasobject:
        raise pickle.PicklingError("it is a view of one record in an array with objects")
    held = np.frombuffer(record, np.uint8) if record.nbytes else None
    if held is None or not record.flags.writeable:
        return NotImplemented
    cell: Array = np.ndarray((), array.dtype, array, address(held) - address(array))
    return make_record, (cell.view(type(array)) if type(array) is not np.ndarray else cell,)


def make_record(cell: Array) -> Any:
    """Return the record that a zero-dimensional array shows."""
    return cell[()]


# -- types of elements ------------------------------------------------------------------


def reduce_dtype(dtype: Any, pickler: Any) -> Any:
    """Reduce one of NumPy's own types as the one object it is; pickle would copy it."""
    if dtype.isbuiltin == 1 and dtype.metadata is None:
        pickler.by_name.add(id(dtype))
        return np.dtype, (dtype.char,)
    return NotImplemented
