"""Gather small pages into huge ones, so that a copy of the process is made sooner.

Making a copy takes time for each page that the process has. Small objects, and
arrays of up to 4 MB, lie in pages of 4 kB; Linux makes one page of 2 MB of them
when asked (MADV_COLLAPSE, from 6.1 on; elsewhere it refuses, and nothing
happens). That takes milliseconds for each, once: a huge page falls apart only
where this process writes to it while a copy is there.

Only memory is gathered that no other process has and that is there but for one
page in 32, so hardly any is added: Python leaves one in 64 untouched between its
small objects. NumPy's larger arrays are huge pages already, or watched, and stay
as they are.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np

from notewright.state.memory.own import mappings, pages

#: Bytes of a huge page on x86-64, and on arm64 with pages of 4 kB.
HUGE = 1 << 21
#: madvise's MADV_COLLAPSE.
_COLLAPSE = 25
#: Pages of it that may be missing.
_MISSING = HUGE // mmap.PAGESIZE // 32
#: How many are tried at most each time; that takes about a second.
_MOST = 256


class Gathering:
    """Gathers what is due; what falls apart again is due more and more seldom."""

    def __init__(self) -> None:
        self._times = 0
        #: For each place that was tried, at which time it is due again, and how much later then.
        self._due: dict[int, tuple[int, int]] = {}

    def gather(self, goes_on: Callable[[], bool]) -> int:
        """Gather what is due; return how many bytes were.

        Parameters
        ----------
        goes_on : callable
            Asked between steps of a few milliseconds; it ends where that says no.

        Examples
        --------
        >>> Gathering().gather(lambda: False)
        0
        """
        if sys.platform != "linux":
            return 0
        self._times += 1
        libc, gathered, tried = ctypes.CDLL(None, use_errno=True), 0, 0
        with suppress(OSError):
            for place in self._places():
                if tried == _MOST or not goes_on():
                    break
                tried += 1
                self._put_off(place)
                start, size = ctypes.c_void_p(place), ctypes.c_size_t(HUGE)
                if libc.madvise(start, size, _COLLAPSE) == 0:
                    gathered += HUGE
                elif ctypes.get_errno() in (errno.ENOMEM, errno.EBUSY):
                    break  # there is no room for huge pages now
        return gathered

    def _places(self) -> Iterator[int]:
        """Yield where memory of the size of a huge page can be gathered and is due."""
        with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
            for start, size in mappings():
                first = -(-start // HUGE) * HUGE
                count = (start + size - first) // HUGE
                if count < 1:
                    continue
                ours, absent = pages(pagemap.fileno(), (first, count * HUGE))
                missing = absent.reshape(count, -1).sum(axis=1)
                can = (ours | absent).reshape(count, -1).all(axis=1) & (missing <= _MISSING)
                for place in (first + np.flatnonzero(can) * HUGE).tolist():
                    if self._due.get(place, (0, 0))[0] <= self._times:
                        yield place

    def _put_off(self, place: int) -> None:
        wait = 4 * self._due.get(place, (0, 1))[1]
        self._due[place] = (self._times + wait, wait)
