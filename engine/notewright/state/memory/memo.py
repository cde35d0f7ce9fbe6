"""Which objects a pickler met, by identity, without making an object for each.

``Pickler.memo.copy()`` makes a tuple and two integers an object, which takes
longer than pickling. The table itself is an array of (pointer, position),
the same in every CPython so far; it is read as such where a trial shows that
this interpreter's is like that, and copied elsewhere.
"""

from __future__ import annotations

import ctypes
import io
import pickle
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash


class _PicklerHead(ctypes.Structure):
    _fields_ = (
        ("refcount", ctypes.c_ssize_t),
        ("type", ctypes.c_void_p),
        ("memo", ctypes.c_void_p),
    )


class _MemoTable(ctypes.Structure):
    _fields_ = (
        ("mask", ctypes.c_size_t),
        ("used", ctypes.c_size_t),
        ("allocated", ctypes.c_size_t),
        ("entries", ctypes.c_void_p),
    )


def identities(pickler: pickle.Pickler) -> npt.NDArray[np.uint64]:
    """Return the ids of every object that `pickler` memoized, in the order it met them.

    They are ids only as long as the pickler lives, which keeps the objects.
    """
    return _from_table(pickler) if _readable() else _from_copy(pickler)


def identities_in_no_order(pickler: pickle.Pickler) -> npt.NDArray[np.uint64]:
    """Return what :func:`identities` does, sooner."""
    if not _readable():
        return _from_copy(pickler)
    keys = np.ctypeslib.as_array(_words(pickler))[::2]
    used: npt.NDArray[np.uint64] = keys[keys != 0]
    return used


def fingerprint(pickler: pickle.Pickler) -> str:
    """Return a hash of which objects `pickler` memoized, and in which order."""
    if not _readable():
        return xxhash.xxh3_128_hexdigest(_from_copy(pickler).tobytes())
    # What the table has besides depends on nothing but these.
    return xxhash.xxh3_128_hexdigest(_words(pickler))


def object_at(identity: int) -> Any:
    """Return the object with this id, which must be alive."""
    return ctypes.cast(int(identity), ctypes.py_object).value


def _from_copy(pickler: pickle.Pickler) -> npt.NDArray[np.uint64]:
    memo: Any = pickler.memo
    positions = {position: key for key, (position, _) in memo.copy().items()}
    return np.array([positions[p] for p in sorted(positions)], np.uint64)


def _words(pickler: pickle.Pickler) -> Any:
    table = _MemoTable.from_address(_PicklerHead.from_address(id(pickler)).memo)
    return (ctypes.c_uint64 * (2 * table.allocated)).from_address(table.entries)


def _from_table(pickler: pickle.Pickler) -> npt.NDArray[np.uint64]:
    entries = np.ctypeslib.as_array(_words(pickler)).reshape(-1, 2)
    used = entries[entries[:, 0] != 0]
    found = np.zeros(len(used), np.uint64)
    found[used[:, 1]] = used[:, 0]
    return found


@cache
def _readable() -> bool:
    """Tell whether the table is where it is expected, by trying on a small pickle.

    The words are compared before they are followed, so that an interpreter
    with another layout is found out and nothing is read that is not there.
    """
    trial = pickle.Pickler(io.BytesIO(), protocol=5)
    items: list[Any] = [[], {}, set(), ("a tuple", [])]
    trial.dump(items)
    expected = _from_copy(trial)
    head = _PicklerHead.from_address(id(trial))
    if pickle.Pickler.__module__ != "_pickle" or head.type != id(pickle.Pickler):
        return False
    memo = head.memo
    if not memo or memo % ctypes.sizeof(ctypes.c_void_p):
        return False
    table = _MemoTable.from_address(memo)
    if table.used != len(expected) or table.mask + 1 != table.allocated:
        return False
    return bool(np.array_equal(_from_table(trial), expected))
