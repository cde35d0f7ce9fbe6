"""Bytes that a load puts straight into the array they belong to, copied once."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


class Deferred(bytearray):
    """A buffer that has no bytes itself: it knows how to put them into memory of their size.

    Only for buffers that :func:`filled` takes in (`Pickled.deferrable`). A
    bytearray, since the unpickler wants a buffer where the original was read-only.
    """

    fill: Callable[[Bytes], None]
    #: Gives an array of this type of elements, shape and order that has the bytes already, or None.
    spare: Callable[[Any, Any, Any], np.ndarray[Any, Any] | None] | None = None


def buffer_of(array: Any) -> pickle.PickleBuffer:
    """Return an array's bytes, to be pickled apart.

    Not of its memoryview: where that and the buffer are garbage of one cycle, Python's
    collector takes the view away first, and crashes.
    """
    return pickle.PickleBuffer(array)


def own(array: Any, pickler: Any) -> pickle.PickleBuffer:
    """Return an array's bytes, noted as such that :func:`filled` will take in."""
    buffer = buffer_of(array)
    pickler.deferrable.append(buffer)
    return buffer


def filled(target: Bytes, data: Any) -> None:
    """Put `data` into `target`."""
    source = _source(data)
    if isinstance(source, Deferred):
        source.fill(target)
    else:
        target[:] = np.frombuffer(data, np.uint8)


def spared(data: Any, dtype: Any, shape: Any, axes: Any) -> np.ndarray[Any, Any] | None:
    """Return an array that has `data` already, where there is one."""
    source = _source(data)
    if not isinstance(source, Deferred) or source.spare is None:
        return None
    return source.spare(dtype, shape, axes)


def _source(data: Any) -> Any:
    return data.obj if isinstance(data, memoryview) else data
