"""Arrays mapped from files: mapped again while the file is what it was, never written to."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np

from notewright.state.pickling.arrays import address, make_array, make_view, owner_of, reduce_array
from notewright.state.pickling.filling import buffer_of
from notewright.state.pickling.known_files import KnownFile, know

Array = np.ndarray[Any, Any]


def reduce_memmap(array: Any, pickler: Any) -> Any:
    """Reduce a memory map.

    A map for reading is saved as the file it shows: its bytes are the file's. One
    that can be written is saved with its bytes, which are the user's state.
    """
    root, _ = owner_of(array)
    if getattr(array, "_mmap", None) is None or not isinstance(root, np.memmap):
        return reduce_array(array, pickler)
    if root is not array:
        offset = address(array) - address(root)
        shown = (root, offset, array.shape, array.strides, array.dtype, array.flags.writeable)
        return _make_mapped_view, shown
    if array.filename is None:
        raise pickle.PicklingError("it is mapped from a file without a name")
    file = know(array.filename)
    order = "C" if array.flags.c_contiguous else "F"
    where = (file, array.offset, array.dtype, array.shape, order)
    if array.mode == "r":
        return _map_again, where
    flat = array.view(np.ndarray).reshape(-1, order="A").view(np.uint8)
    return _map_or_copy, (*where, array.mode, buffer_of(flat))


def _map_again(file: KnownFile, offset: int, dtype: Any, shape: Any, order: Any) -> Array:
    return np.memmap(file.checked(), dtype, "r", offset, shape, order)


def _map_or_copy(
    file: KnownFile, offset: int, dtype: Any, shape: Any, order: Any, mode: str, data: Any
) -> Array:
    """Map the file again if it holds what was saved; else return the bytes as a plain array."""
    saved = make_array(data, dtype, shape, order, True)
    try:
        mapped = np.memmap(file.path, dtype, "c" if mode == "c" else "r+", offset, shape, order)
    except (OSError, ValueError):
        mapped = None
    if mapped is not None and mode == "c":
        if mapped.tobytes("A") != saved.tobytes("A"):
            mapped[...] = saved  # private to this process: the file is not written to
        return mapped
    if mapped is not None and mapped.tobytes("A") == saved.tobytes("A"):
        return mapped
    warnings.warn(
        f"{file.path} is not what it was: the array mapped from it came back in memory, "
        "with the values it had",
        stacklevel=2,
    )
    return saved


def _make_mapped_view(
    root: Any, offset: int, shape: Any, strides: Any, dtype: Any, writeable: bool
) -> Array:
    kind: type[Array] = np.memmap if isinstance(root, np.memmap) else np.ndarray
    view = make_view(root, offset, shape, strides, dtype, writeable, kind)
    if kind is np.memmap:
        view.__dict__.update(root.__dict__)
    return view
