"""Which objects a snapshot needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from notewright.errors import CorruptObject, MissingObject
from notewright.state.contents import Contents
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
        self._contents = Contents(objects)
        self._known: dict[str, tuple[str, ...]] = {}

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
            for file, address in _kept_files(body):
                found.update(dict.fromkeys(self._file(file, address)))
        return found

    def _group(self, address: str) -> tuple[str, ...]:
        return self._closed(address, lambda: parts(address, self._objects))

    def _file(self, file: str, address: str) -> tuple[str, ...]:
        return self._closed(address, lambda: self._contents.parts(file, address))

    def _closed(self, address: str, parts_of: Callable[[], list[str]]) -> tuple[str, ...]:
        """Return the parts of what is at `address`, and all that they are differences to."""
        if address not in self._known:
            found = [address]
            with suppress(*self._suppressed()):
                found = parts_of()
            closed = dict.fromkeys(base for a in found for base in self._objects.bases(a))
            self._known[address] = tuple(closed)
        return self._known[address]

    def _suppressed(self) -> tuple[type[Exception], ...]:
        return () if self._strict else (CorruptObject, MissingObject)


def _kept_files(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the digest of each file whose contents a snapshot keeps, and where they are."""
    files = (*body["files"], *filter(None, [body.get("document")]))
    digests = {file["path"]: file["digest"] for file in files}
    for kept in body.get("kept", ()):
        yield digests[kept["path"]], kept["address"]
