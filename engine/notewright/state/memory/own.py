"""Make the pages that a copy of the process has shared this process's own again, ahead of time.

A copy leaves every page write-protected, and the first write to each costs a
fault of about a microsecond, even long after the copy has ended; the
interpreter alone writes to a thousand pages in the smallest cell. Whoever has
time takes those faults before the user's next cell does.

Nothing is copied and no page is added by that: only pages that are there and
that no other process has are touched, and none whose writes are watched.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from notewright.state.memory.protection import Span

_PAGE = mmap.PAGESIZE
#: madvise's MADV_POPULATE_WRITE, from Linux 5.14 on; elsewhere it is refused, and nothing happens.
_POPULATE_WRITE = 23
#: Larger mappings are the user's large data, which a cell seldom writes all over.
_LARGEST = 1 << 28
#: Bytes that are made ready at once; a cell that begins waits for no more.
_STEP = 1 << 22

# Bits of an entry of /proc/PID/pagemap (the kernel's admin-guide/mm/pagemap).
_PRESENT, _SWAPPED, _FILE, _WATCHED, _EXCLUSIVE = (
    np.uint64(1 << bit) for bit in (63, 62, 61, 57, 56)
)
_ASKED = _PRESENT | _FILE | _WATCHED | _EXCLUSIVE
_OWN = _PRESENT | _EXCLUSIVE

#: For each page, whether it is so.
Pages = npt.NDArray[np.bool_]


def take_back(goes_on: Callable[[], bool]) -> int:
    """Take the write faults of this process's own pages; return how many bytes were gone through.

    Parameters
    ----------
    goes_on : callable
        Asked between steps of less than a millisecond; it ends where that says no.

    Examples
    --------
    >>> take_back(lambda: False)
    0
    """
    if sys.platform != "linux":
        return 0
    libc, taken = ctypes.CDLL(None), 0
    with suppress(OSError), open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
        for mapping in mappings():
            if mapping[1] > _LARGEST:
                continue
            if not goes_on():
                return taken
            for address, size in _steps(_own(pagemap.fileno(), mapping)):
                if not goes_on():
                    return taken
                # Memory that has gone meanwhile is refused, which is as well.
                libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), _POPULATE_WRITE)
                taken += size
    return taken


def mappings() -> Iterator[Span]:
    """Yield where private, writable memory lies."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        where, rights = line.split(maxsplit=2)[:2]
        start, _, end = where.partition("-")
        first, size = int(start, 16), int(end, 16) - int(start, 16)
        if rights.startswith("rw") and rights.endswith("p"):
            yield first, size


def pages(pagemap: int, mapping: Span) -> tuple[Pages, Pages]:
    """Return which pages of a mapping no other process has, and which are not there at all."""
    start, size = mapping
    raw = os.pread(pagemap, size // _PAGE * 8, start // _PAGE * 8)
    entries = np.frombuffer(raw, np.uint64)
    return (entries & _ASKED) == _OWN, (entries & (_PRESENT | _SWAPPED)) == 0


def _own(pagemap: int, mapping: Span) -> Iterator[Span]:
    """Yield the parts of a mapping that are there and that no other process has."""
    ours, _ = pages(pagemap, mapping)
    edges = np.flatnonzero(np.diff(ours, prepend=False, append=False)).tolist()
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        yield mapping[0] + first * _PAGE, (last - first) * _PAGE


def _steps(parts: Iterable[Span]) -> Iterator[Span]:
    for start, size in parts:
        for at in range(0, size, _STEP):
            yield start + at, min(size - at, _STEP)
