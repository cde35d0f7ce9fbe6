"""Stored groups of variables to objects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from notewright.errors import CannotLoad, FileChanged, NotewrightError
from notewright.state.capture.chunks import LARGE
from notewright.state.capture.looking import no_collection
from notewright.state.pickling.filling import Bytes, Deferred
from notewright.state.pickling.pickler import load
from notewright.state.reuse import Array, Spare, Spares
from notewright.store.objects import ObjectStore

#: Reading and hashing keep two cores busy; more gain little beside the memory.
_THREADS = 2


#: Gives the arrays to use again for a group with these variables.
FindSpares = Callable[[list[str]], Spares]


def _no_spares(names: list[str]) -> Spares:
    return Spares()


def load_groups(
    addresses: Iterable[str],
    namespace: dict[str, Any],
    objects: ObjectStore,
    spares_for: FindSpares = _no_spares,
) -> Iterator[dict[str, Any] | CannotLoad | FileChanged]:
    """Yield the variables of each group at `addresses`, as new objects.

    A group that cannot be loaded here (it uses a file which is not what it was, a
    library that is not installed) gives the error in its place. What is damaged raises.
    """
    with ThreadPoolExecutor(_THREADS, "notewright-read") as pool, no_collection():
        for address in dict.fromkeys(addresses):
            manifest = objects.get_json(address)
            names, alias = manifest["names"], manifest.get("alias", len(manifest["names"]) == 1)
            spares = spares_for(names)
            buffers = list(_buffers(manifest, objects, pool, spares))
            try:
                value = load(objects.get(manifest["stream"]), buffers, namespace)
            except FileChanged as error:
                spares.put_back()
                yield error
                continue
            except (NotewrightError, MemoryError):
                raise
            except Exception as error:  # noqa: BLE001 - whatever the user's classes raise
                spares.put_back()
                yield CannotLoad(names, error)
                continue
            values = dict.fromkeys(names, value) if alias else dict(zip(names, value, strict=True))
            del value  # whoever has the values shall be the only one
            yield values


def parts(address: str, objects: ObjectStore) -> list[str]:
    """Return the addresses of every object the group at `address` needs, itself included."""
    manifest = objects.get_json(address)
    own = [address, manifest["stream"], *([manifest["small"]] if "small" in manifest else [])]
    return [*own, *(c for chunks in manifest["buffers"] for c in chunks)]


def _buffers(
    manifest: Any, objects: ObjectStore, pool: ThreadPoolExecutor, spares: Spares
) -> Iterator[Any]:
    if "sizes" not in manifest:  # from before small buffers were stored together
        for chunks in manifest["buffers"]:
            yield b"".join(objects.get(chunk) for chunk in chunks)
        return
    large = iter(manifest["buffers"])
    small, at = memoryview(bytearray(objects.get(manifest["small"]))), 0
    for size, deferrable in zip(manifest["sizes"], manifest["deferrable"], strict=True):
        if size < LARGE:
            yield small[at : at + size]
            at += size
            continue
        source, stored = Deferred(), _Pieces(next(large), objects, pool)
        source.fill = stored.put_into
        if deferrable:
            spare = spares.claim(stored.addresses, stored.sizes)
            source.spare = None if spare is None else partial(stored.put_into_spare, spare)
            yield source
        else:
            whole: Bytes = np.empty(size, np.uint8)
            source.fill(whole)
            yield whole.data


class _Pieces:
    """A large buffer as it is stored."""

    def __init__(self, addresses: list[str], objects: ObjectStore, pool: ThreadPoolExecutor):
        self.addresses = addresses
        self.sizes = [objects.size(address) for address in addresses]
        self._objects = objects
        self._pool = pool

    def put_into(self, target: Bytes) -> None:
        """Read all pieces into `target`, verified."""
        ends = np.cumsum(self.sizes).tolist()
        if ends[-1:] != [target.nbytes]:
            raise ValueError("the stored pieces are not as long as the array")
        view = target.data
        self._together(
            partial(self._objects.read_into, address, view[end - size : end])
            for address, end, size in zip(self.addresses, ends, self.sizes, strict=True)
        )

    def put_into_spare(self, spare: Spare, dtype: Any, shape: Any, axes: Any) -> Array | None:
        """Return an array that was there, with these pieces in it; None if it does not fit."""
        if not spare.begin(dtype, shape, axes):
            return None
        rooms = threading.local()
        self._together(
            partial(self._change, spare, start, size, address, rooms)
            for address, size, held, (start, _) in zip(
                self.addresses, self.sizes, spare.stored, spare.parts, strict=True
            )
            if address != held
        )
        return spare.array

    def _change(
        self, spare: Spare, start: int, size: int, address: str, rooms: threading.local
    ) -> None:
        if not hasattr(rooms, "room"):
            rooms.room = np.empty(max(self.sizes), np.uint8)
        new: Bytes = rooms.room[:size]
        self._objects.read_into(address, new.data)
        spare.change(start, new)

    def _together(self, jobs: Iterable[Callable[[], None]]) -> None:
        for running in [self._pool.submit(job) for job in jobs]:
            running.result()
