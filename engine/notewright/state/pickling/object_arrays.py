"""Arrays of Python objects: what refers to themselves, and views of one another."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def reduce_object_array(array: Array, pickler: Any) -> Any:
    """Reduce an array of objects; its elements come after it, as it may be one of them."""
    from notewright.state.pickling.arrays import address, owner_of

    root, holder = owner_of(array)
    if array.dtype.kind not in "OV" and root is array:
        return NotImplemented  # NumPy's variable-width strings: values, not objects
    if holder is not None:
        raise pickle.PicklingError("it is an array of objects in memory of something else")
    flags = array.flags
    kind = type(array)
    if root is not array:
        if root.dtype != array.dtype or not (root.flags.c_contiguous or root.flags.f_contiguous):
            raise pickle.PicklingError("it is an unusual view of an array of objects")
        first = (address(array) - address(root)) // array.itemsize
        return _make_view, (root, first, array.shape, array.strides, flags.writeable, kind)
    if not (flags.c_contiguous or flags.f_contiguous):
        raise pickle.PicklingError("it is an array of objects that do not lie side by side")
    order = "C" if flags.c_contiguous else "F"
    items = array.view(np.ndarray).ravel(order="K").tolist()
    state = (items, flags.writeable, dict(getattr(array, "__dict__", ())))
    return _make_owner, (kind, array.shape, array.dtype, order), state, None, None, _fill_owner


def _make_owner(kind: type[Array], shape: Any, dtype: Any, order: Any) -> Array:
    return np.ndarray.__new__(kind, shape, dtype, order=order)


def _fill_owner(array: Array, state: Any) -> None:
    items, writeable, attributes = state
    flat = array.view(np.ndarray).ravel(order="K")
    # NumPy's own unpickling puts objects in as they are; assignment would look into sequences.
    exact: Array = np.empty(0, array.dtype)
    exact.__setstate__((1, (len(items),), array.dtype, False, items))  # type: ignore[arg-type]
    flat[:] = exact
    array.flags.writeable = writeable
    if attributes:
        array.__dict__.update(attributes)


def _make_view(
    root: Array, first: int, shape: Any, strides: Any, writeable: bool, kind: type[Array]
) -> Array:
    flat = root.view(np.ndarray).ravel(order="K")
    view: Array = np.lib.stride_tricks.as_strided(flat[first:], shape, strides)
    view = view if kind is np.ndarray else view.view(kind)
    if not writeable:
        view.flags.writeable = False
    return view
