"""Which pieces of memory a pickle holds, so that what shares memory goes on sharing it.

Views of one NumPy array lead to their owner through ``base``. A torch tensor
made from an array does not, nor does an Arrow buffer: they are recognised by
their addresses. The first owner that is met is saved with the bytes; a later
object inside its memory becomes a view of it. Where a larger owner is met after
a smaller one, the dump starts over with the larger one known beforehand.
"""

from __future__ import annotations

import bisect
import pickle
import sys
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Libraries whose objects may show an array's memory without a common Python object.
_SHARERS = ("torch", "pyarrow")


@dataclass(frozen=True)
class Region:
    """A piece of memory and the object that owns it."""

    start: int
    stop: int
    owner: Any


class Overlap(Exception):
    """A dump met memory that reaches beyond an owner it has already saved."""

    def __init__(self, known: list[Region], larger: Region) -> None:
        super().__init__("memory is shared by objects that overlap")
        self._known = known
        self._larger = larger

    def seeded(self) -> Memory:
        """Return a fresh memory that knows the larger owner from the start."""
        return Memory([*(r for r in self._known if not _within(r, self._larger)), self._larger])


class Memory:
    """The pieces of memory met in one dump.

    Parameters
    ----------
    seeded : sequence of Region
        Owners that are known to be met later, and that hold what is met before.
    """

    def __init__(self, seeded: list[Region] | None = None) -> None:
        self._seeded = list(seeded or ())
        self._regions: list[Region] = sorted(self._seeded, key=lambda region: region.start)
        self._starts = [region.start for region in self._regions]
        # Arrays that own their memory cannot overlap: they are looked at when something else is.
        self._pending: list[Any] = []
        self._holders: set[tuple[int, int]] = set()
        self._borrowed: list[Region] = []

    def array(self, array: Any) -> tuple[Any, int]:
        """Return the object that holds the bytes of an array that owns its memory."""
        if self._regions:
            return self.owner(array, *place(array))
        self._pending.append(array)
        return array, 0

    def foreign(self, array: Any, holder: Any) -> tuple[Any, int]:
        """Return the object that holds the bytes of an array whose memory `holder` keeps alive."""
        key = (id(holder), array.dtype.num)
        if not self._regions and key not in self._holders and not _shares(type(holder)):
            # The first of its kind that this holder shows: addresses are slow to ask for.
            self._holders.add(key)
            self._pending.append(array)
            return array, 0
        return self.owner(array, *place(array))

    def owner(self, owner: Any, start: int, size: int) -> tuple[Any, int]:
        """Return the object that holds the bytes at `start`, and their offset in it.

        It is `owner` itself where nothing known holds them.
        """
        self._look_at_pending()
        region = Region(start, start + size, owner)
        at = bisect.bisect_right(self._starts, start) - 1
        if at >= 0 and _within(region, self._regions[at]):
            return self._regions[at].owner, start - self._regions[at].start
        before = at >= 0 and self._regions[at].stop > start
        after = at + 1 < len(self._starts) and self._starts[at + 1] < region.stop
        if before or after:
            others = [r for r in self._regions if r.start < region.stop and r.stop > start]
            if not all(_within(other, region) for other in others):
                raise pickle.PicklingError("its memory overlaps that of another object in part")
            raise Overlap(self._seeded, region)
        self._regions.insert(at + 1, region)
        self._starts.insert(at + 1, start)
        return owner, 0

    def _look_at_pending(self) -> None:
        if self._pending:
            places = [(place(array), array) for array in self._pending]
            found = [Region(start, start + size, array) for (start, size), array in places]
            self._pending = []
            self._regions = sorted([*self._regions, *found], key=lambda region: region.start)
            self._starts = [region.start for region in self._regions]

    def borrowed(self, owner: Any, start: int, size: int) -> tuple[Any, int]:
        """Like :meth:`owner`, for memory that may belong to an object of another dump."""
        self._borrowed.append(Region(start, start + size, owner))
        _borrowers.add(self)
        return self.owner(owner, start, size)

    def keys(self) -> dict[int, tuple[int, Any]]:
        """Return the regions as if they were objects, by the negative of their address.

        Where part of them is borrowed by what another dump holds, they have its key too.
        """
        if not any(name in sys.modules for name in _SHARERS):
            return {}
        self._look_at_pending()
        found = {-region.start: (-1, region) for region in self._regions}
        for other in _borrowers:
            for region in other._borrowed:
                if self._meets(region):
                    found[-region.start] = (-1, region)
        return found

    def _meets(self, region: Region) -> bool:
        after = bisect.bisect_left(self._starts, region.stop)
        return any(mine.stop > region.start for mine in self._regions[max(after - 1, 0) : after])

    def regions(self) -> list[tuple[int, int]]:
        """Return the addresses of the regions."""
        self._look_at_pending()
        return [(region.start, region.stop) for region in self._regions]


#: The memories of dumps that are still held and show memory that others may own.
_borrowers: weakref.WeakSet[Memory] = weakref.WeakSet()


def _shares(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in _SHARERS


def place(array: Any) -> tuple[int, int]:
    """Return where an array's memory begins, and its size."""
    if array.flags.forc:
        return int(array.ctypes.data), array.nbytes
    low, high = np.lib.array_utils.byte_bounds(array)
    return int(low), int(high) - int(low)


def _within(inner: Region, outer: Region) -> bool:
    return outer.start <= inner.start and inner.stop <= outer.stop
