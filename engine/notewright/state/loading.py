"""Stored groups of variables to objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from notewright.errors import CannotLoad, FileChanged, NotewrightError
from notewright.state.capture.chunks import LARGE
from notewright.state.capture.looking import no_collection
from notewright.state.pickling.filling import Bytes, Deferred
from notewright.state.pickling.pickler import load
from notewright.store.objects import ObjectStore

#: Reading and hashing keep two cores busy; more gain little beside the memory.
_THREADS = 2


def load_groups(
    addresses: Iterable[str], namespace: dict[str, Any], objects: ObjectStore
) -> Iterator[dict[str, Any] | CannotLoad | FileChanged]:
    """Yield the variables of each group at `addresses`, as new objects.

    A group that cannot be loaded here (it uses a file which is not what it was, a
    library that is not installed) gives the error in its place. What is damaged raises.
    """
    with ThreadPoolExecutor(_THREADS, "notewright-read") as pool, no_collection():
        for address in dict.fromkeys(addresses):
            manifest = objects.get_json(address)
            names, alias = manifest["names"], manifest.get("alias", len(manifest["names"]) == 1)
            buffers = list(_buffers(manifest, objects, pool))
            try:
                value = load(objects.get(manifest["stream"]), buffers, namespace)
            except FileChanged as error:
                yield error
                continue
            except (NotewrightError, MemoryError):
                raise
            except Exception as error:  # noqa: BLE001 - whatever the user's classes raise
                yield CannotLoad(names, error)
                continue
            yield dict.fromkeys(names, value) if alias else dict(zip(names, value, strict=True))


def parts(address: str, objects: ObjectStore) -> list[str]:
    """Return the addresses of every object the group at `address` needs, itself included."""
    manifest = objects.get_json(address)
    own = [address, manifest["stream"], *([manifest["small"]] if "small" in manifest else [])]
    return [*own, *(c for chunks in manifest["buffers"] for c in chunks)]


def _buffers(manifest: Any, objects: ObjectStore, pool: ThreadPoolExecutor) -> Iterator[Any]:
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
        source = Deferred()
        source.fill = _Pieces(next(large), objects, pool).put_into
        if deferrable:
            yield source
        else:
            whole: Bytes = np.empty(size, np.uint8)
            source.fill(whole)
            yield whole.data


class _Pieces:
    """A large buffer as it is stored."""

    def __init__(self, addresses: list[str], objects: ObjectStore, pool: ThreadPoolExecutor):
        self._addresses = addresses
        self._objects = objects
        self._pool = pool

    def put_into(self, target: Bytes) -> None:
        """Read all pieces into `target`, verified."""
        ends = np.cumsum([self._objects.size(address) for address in self._addresses]).tolist()
        if ends[-1:] != [target.nbytes]:
            raise ValueError("the stored pieces are not as long as the array")
        view = target.data
        jobs = [
            self._pool.submit(self._objects.read_into, address, view[end - size : end])
            for address, end, size in zip(
                self._addresses, ends, np.diff([0, *ends]).tolist(), strict=True
            )
        ]
        for job in jobs:
            job.result()
