"""Memory of arrays that a restore is about to drop, used again for those that take their place.

A restore binds names to new objects. Where an array in what it drops is held by
nothing else, nobody can tell a new array with other bytes from the old one with
its bytes changed; so only the pieces that differ are read, into the array that
is there, and no memory has to be found for it.

Until the restore is done everything can be put back: what was overwritten is kept.
"""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np

from notewright.state.capture.chunks import Buffer, pieces
from notewright.state.capture.known import Known
from notewright.state.capture.patience import uninterrupted
from notewright.state.memory.protection import Span
from notewright.state.memory.sole import held_alone
from notewright.state.namespace import Namespace
from notewright.state.pickling.arrays import address, dense
from notewright.state.pickling.filling import Bytes

Array = np.ndarray[Any, Any]


class Spare:
    """An array that goes with the old variables, to be used for a new one.

    Parameters
    ----------
    array : ndarray
        It owns its memory, and nothing but the old variables holds it.
    buffer : Buffer
        What a look found in it.
    stored : sequence of str or None
        Where each of its pieces is stored, as far as they are.
    """

    def __init__(self, array: Array, buffer: Buffer, stored: Sequence[str | None]) -> None:
        self.array = array
        self.stored = tuple(stored)
        self.parts = tuple(pieces(buffer.span[1], buffer.row))
        self._writeable = array.flags.writeable
        self._bytes: Bytes = np.empty(0, np.uint8)
        #: Where something was overwritten: the place, which elements of it, and what they were.
        self._before: list[tuple[Array, Any, Array]] = []
        self._lock = threading.Lock()

    def begin(self, dtype: np.dtype[Any], shape: tuple[int, ...], axes: Any) -> bool:
        """Let the bytes be changed if a new array of this kind would differ in nothing else."""
        own, layout = self.array.dtype, dense(self.array)
        if (
            layout is None
            or layout[0] != axes
            or self.array.shape != shape
            or (own, own.names, own.metadata) != (dtype, None, dtype.metadata)
        ):
            return False
        self.array.flags.writeable = True
        layout = dense(self.array)
        assert layout is not None
        self._bytes = layout[1]
        return True

    def change(self, start: int, new: Bytes) -> None:
        """Put new bytes where a piece starts; what was there is kept."""
        now: Array = self._bytes[start : start + len(new)]
        words: Array = new
        if len(new) % 8 == 0 and address(now) % 8 == 0:
            now, words = now.view(np.uint64), new.view(np.uint64)
        differs = now != words
        at = np.flatnonzero(differs) if 2 * np.count_nonzero(differs) < len(now) else slice(None)
        with self._lock:
            self._before.append((now, at, now[at].copy()))
        now[at] = words[at]

    def put_back(self) -> None:
        """Make the array what it was."""
        for place, at, before in self._before:
            place[at] = before
        self._before = []
        self.array.flags.writeable = self._writeable


class Spares:
    """The spare arrays of one group of variables."""

    def __init__(self, spares: Sequence[Spare] = ()) -> None:
        self._all = spares
        self._free: dict[tuple[tuple[int, int], ...], list[Spare]] = {}
        for spare in spares:
            self._free.setdefault(spare.parts, []).append(spare)

    def claim(self, addresses: Sequence[str], sizes: Sequence[int]) -> Spare | None:
        """Return an array for a buffer with these pieces, if there is one, for nobody else."""
        ends = np.cumsum(sizes).tolist()
        free = self._free.get(tuple(zip([0, *ends], ends, strict=False)), [])
        if not free:
            return None
        alike = (at for at, spare in enumerate(free) if spare.stored[0] == addresses[0])
        return free.pop(next(alike, 0))

    def put_back(self) -> None:
        """Make all of them what they were."""
        with uninterrupted():
            for spare in self._all:
                spare.put_back()


class Reuse:
    """What of the live variables may be used again while a restore replaces some of them.

    As a context it puts everything back if it is left by an error. Nothing but
    the restore may run meanwhile.

    Parameters
    ----------
    namespace : Namespace
        The live variables.
    known : Known
        What is known of them, of just now.
    """

    def __init__(self, namespace: Namespace, known: Known) -> None:
        self._namespace = namespace
        self._known = known
        self._given: list[Spares] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        if kind is not None:
            for spares in self._given:
                spares.put_back()
        self._given = []

    def spares(self, names: Collection[str], live: Mapping[str, Any]) -> Spares:
        """Return the arrays that can be used for what replaces `names`.

        Parameters
        ----------
        names : collection of str
            Variables that will all be bound to other objects, or none of them.
        live : mapping
            The values of all variables, which may hold them besides.
        """
        variables = self._namespace.dict
        names = [n for n in names if n in variables and variables[n] is live.get(n)]
        buffers = {b.span: b for n in names for b in self._buffers(n)}
        if not buffers:
            return Spares()
        known = Counter(id(variables[n]) for n in names)
        known.update(id(value) for value in live.values() if id(value) in known)
        roots = list({id(variables[n]): variables[n] for n in names}.values())
        given = Spares([*self._spares(held_alone(roots, known), buffers)])
        self._given.append(given)
        return given

    def _buffers(self, name: str) -> tuple[Buffer, ...]:
        seen = self._known.seen.get(name)
        return () if seen is None else seen.buffers

    def _spares(self, held: list[Any], buffers: Mapping[Span, Buffer]) -> Iterator[Spare]:
        stored = self._known.chunks
        arrays = {_span(each): each for each in held if _owns(each)}
        for span, buffer in buffers.items():
            if span in arrays:
                yield Spare(arrays[span], buffer, [stored.get(h) for h in buffer.hashes])


def _owns(value: Any) -> bool:
    return (
        type(value) is np.ndarray
        and value.base is None
        and value.flags.owndata
        and not value.dtype.hasobject
        and not weakref.getweakrefcount(value)
    )


def _span(array: Array) -> Span:
    return address(array), array.nbytes
