"""Which pieces of memory a pickle holds, so that what shares memory goes on sharing it.

Views of one NumPy array lead to their owner through ``base``. A torch tensor
made from an array does not, nor does an Arrow buffer: they are recognised by
their addresses. The first owner that is met is saved with the bytes; a later
object inside its memory becomes a view of it. Where a larger owner is met after
a smaller one, the dump starts over with the larger one known beforehand; where
two overlap in part, with all that they span as if one array owned it.
"""

from __future__ import annotations

import bisect
import sys
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

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
                region = _spanned([region, *others])
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
        return self.owner(owner, start, size)

    def keys(self) -> dict[int, tuple[int, Any]]:
        """Return the regions as if they were objects, by the negative of their address.

        Where one is borrowed, or lent to another dump, both have the key of both.
        """
        if not any(name in sys.modules for name in _SHARERS):
            return {}
        self._look_at_pending()
        met = {region.start: region for region in self._regions}
        lent = [r for other in _borrowers for r in other._borrowed if self._met_by(r)]
        if self._borrowed:
            _borrowers.add(self)
            lent += [r for other in _held for mine in self._borrowed for r in other._met_by(mine)]
        _held.add(self)
        met.update((region.start, region) for region in lent)
        return {-start: (-1, region) for start, region in met.items()}

    def _met_by(self, region: Region) -> list[Region]:
        # Regions do not overlap, so of those that begin before it only the last can reach it.
        after = bisect.bisect_left(self._starts, region.stop)
        first = max(bisect.bisect_right(self._starts, region.start) - 1, 0)
        return [mine for mine in self._regions[first:after] if mine.stop > region.start]

    def regions(self) -> list[tuple[int, int]]:
        """Return the addresses of the regions."""
        self._look_at_pending()
        return [(region.start, region.stop) for region in self._regions]


#: The memories of dumps that are still held, where libraries are imported that borrow.
_held: weakref.WeakSet[Memory] = weakref.WeakSet()
#: Those that show memory which others may own.
_borrowers: weakref.WeakSet[Memory] = weakref.WeakSet()


def lent(regions: npt.NDArray[np.int64]) -> list[int]:
    """Return the keys of what others show of memory whose owner is not dumped now.

    Parameters
    ----------
    regions : ndarray of int64, shape (n, 2)
        Where the memory begins and ends, ascending.
    """
    found = []
    for region in (region for other in _borrowers for region in other._borrowed):
        at = np.searchsorted(regions[:, 1], region.start, "right")
        if at < len(regions) and regions[at, 0] < region.stop:
            found.append(-region.start)
    return found


class _Span:
    """Memory from the first to the last byte of objects that overlap, which it keeps alive."""

    def __init__(self, start: int, size: int, owners: list[Any]) -> None:
        self._owners = owners
        self.__array_interface__ = {
            "version": 3,
            "data": (start, False),  # what shows it may be written to; nothing here does
            "shape": (size,),
            "typestr": "|u1",
        }


def _spanned(overlapping: list[Region]) -> Region:
    """Return one region in the place of several, as an array of its bytes."""
    start = min(region.start for region in overlapping)
    stop = max(region.stop for region in overlapping)
    span = _Span(start, stop - start, [region.owner for region in overlapping])
    return Region(start, stop, np.asarray(span))


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
