"""Which objects a snapshot needs."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from notewright.errors import CorruptObject, MissingObject
from notewright.state.loading import parts
from notewright.store.objects import ObjectStore


class Needs:
    """Looks them up; what several snapshots have in common only once.

    Parameters
    ----------
    objects : ObjectStore
        Where they are.
    strict : bool, default False
        Whether what is damaged is an error, and does not just end the search there.
    """

    def __init__(self, objects: ObjectStore, *, strict: bool = False) -> None:
        self._objects = objects
        self._strict = strict
        self._groups: dict[str, tuple[str, ...]] = {}

    def of(self, record: str) -> Iterable[str]:
        """Return the address of every object that the snapshot with this record needs.

        Raises
        ------
        CorruptObject, MissingObject
            If that cannot be told and `strict` was asked for.
        """
        found = dict.fromkeys(self._objects.bases(record))
        with suppress(*self._suppressed()):
            body = self._objects.get_json(record)
            for other in filter(None, (body["environment"], body["random"])):
                found.update(dict.fromkeys(self._objects.bases(other)))
            for group in {v["group"] for v in body["variables"]}:
                found.update(dict.fromkeys(self._group(group)))
        return found

    def _group(self, address: str) -> tuple[str, ...]:
        if address not in self._groups:
            found = [address]
            with suppress(*self._suppressed()):
                found = parts(address, self._objects)
            # What is stored as a difference needs what it differs from.
            closed = dict.fromkeys(base for a in found for base in self._objects.bases(a))
            self._groups[address] = tuple(closed)
        return self._groups[address]

    def _suppressed(self) -> tuple[type[Exception], ...]:
        return () if self._strict else (CorruptObject, MissingObject)
