"""Remove objects that nothing needs, and give their room back to the disk.

What is removed is first taken out of the catalog, in one transaction, while
nobody writes (`turns.py`). Every pack that exists then is the collector's: its
writers go on in new ones. Packs without anything left are unlinked. Of others
with much that is not needed, what is needed is copied into a new pack, synced,
and committed as being there; then the old one is unlinked. Whoever has it open
reads on; whoever looks for it is told the new place by the catalog.

An end at any moment leaves at worst packs, or parts of them, that the catalog
does not point at. The next collection frees those like all others.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import xxhash

from notewright.errors import CorruptObject
from notewright.progress import Progress
from notewright.store import Store
from notewright.store.catalog import Connection
from notewright.store.disk import refusal, sync_path
from notewright.store.ids import new_id, now

#: A pack is written anew if at least this share of it can be freed.
_WORTHWHILE = 0.1
#: Bytes of a pack from which on another new one is begun.
_FULL = 1 << 30


class _Row(NamedTuple):
    digest: str
    pack: str
    offset: int
    length: int
    checksum: str


@dataclass(frozen=True)
class Pack:
    """One pack: its bytes, and those that are needed."""

    name: str
    size: int
    needed: int

    @property
    def free(self) -> int:
        """The bytes that are not needed."""
        return self.size - self.needed

    @property
    def goes(self) -> bool:
        """Whether it is to be unlinked, or written anew without what is not needed."""
        return not self.needed or self.free >= _WORTHWHILE * self.size


@dataclass(frozen=True)
class Freeable:
    """What can be freed.

    Parameters
    ----------
    objects : tuple of str
        Those that are not needed.
    packs : tuple of Pack
        Those that are to go.
    """

    objects: tuple[str, ...]
    packs: tuple[Pack, ...]

    @property
    def bytes(self) -> int:
        """The bytes that the disk gets back."""
        return sum(pack.free for pack in self.packs)

    @property
    def rewritten(self) -> int:
        """How many bytes are needed of what goes: they are written anew."""
        return sum(pack.needed for pack in self.packs)


class Collection:
    """Removes objects from one store.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.objects.root / "packs"

    def freeable(self, needed: Set[str]) -> Freeable:
        """Return what can be freed if only the objects `needed` stay."""
        held: dict[str, int] = defaultdict(int)
        unneeded = []
        for row in self._store.catalog.query("SELECT digest, pack, length FROM packed"):
            if row["digest"] in needed:
                held[row["pack"]] += row["length"]
            else:
                unneeded.append(row["digest"])
        packs = (Pack(name, size, held[name]) for name, size in self._packs())
        return Freeable(tuple(unneeded), tuple(pack for pack in packs if pack.goes))

    def remove(self, objects: Iterable[str], snapshots: int, connection: Connection) -> None:
        """Take objects out of the catalog, in an open transaction, while nobody writes."""
        gone = [(digest,) for digest in objects]
        connection.executemany("DELETE FROM packed WHERE digest = ?", gone)
        connection.execute(
            "INSERT INTO collections(created, snapshots, objects) VALUES (?, ?, ?)",
            (now(), snapshots, len(gone)),
        )

    def give_back(self, packs: Iterable[Pack], progress: Progress, done: float = 0.0) -> int:
        """Free what is not needed of packs that nobody writes to any more; return its bytes.

        Parameters
        ----------
        packs : iterable of Pack
            Packs that were there when objects were last removed.
        progress : Progress
            Told after each pack; may cancel between two.
        done : float
            The fraction that is done already.
        """
        todo = sorted(packs, key=lambda pack: pack.needed)  # free room first
        rows = self._rows({pack.name for pack in todo})
        freed = 0
        with _Copier(self._store, self._folder) as copier:
            for position, pack in enumerate(todo):
                words = f"freeing pack {position + 1} of {len(todo)}"
                progress.step(done + (1 - done) * position / len(todo), words)
                if copier.move(rows[pack.name]):
                    self._unlink(pack.name)
                    freed += pack.free
        self._store.objects.refresh()
        return freed

    def _packs(self) -> Iterator[tuple[str, int]]:
        try:
            with os.scandir(self._folder) as entries:
                found = [(e.name, e.stat().st_size) for e in entries if e.name.endswith(".pack")]
        except OSError as error:
            raise refusal(self._folder, error) from error
        yield from sorted(found)

    def _rows(self, packs: Set[str]) -> dict[str, list[_Row]]:
        found: dict[str, list[_Row]] = defaultdict(list)
        for row in self._store.catalog.query(
            'SELECT digest, pack, "offset", length, checksum FROM packed ORDER BY pack, "offset"'
        ):
            if row["pack"] in packs:
                found[row["pack"]].append(_Row(*row))
        return found

    def _unlink(self, pack: str) -> None:
        try:
            (self._folder / pack).unlink(missing_ok=True)
        except OSError as error:
            raise refusal(self._folder, error) from error


class _Copier:
    """Moves objects to new packs."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._pack = ""
        self._file = -1
        self._end = 0

    def __enter__(self) -> _Copier:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file >= 0:
            os.close(self._file)

    def move(self, rows: list[_Row]) -> bool:
        """Move all that is needed of a pack; tell whether that could be done.

        What is damaged stays where it is, for somebody to look at.
        """
        if not rows:
            return True
        try:
            if self._file < 0 or self._end > _FULL:
                self._open()
            places = self._copied(rows)
            os.fdatasync(self._file)
            sync_path(self._folder)
        except CorruptObject:
            return False
        except OSError as error:
            raise refusal(self._folder, error) from error
        with self._store.catalog.transaction() as connection:
            # With new numbers, so that others who look for what is new learn of them.
            (last,) = connection.execute("SELECT max(seq) FROM packed").fetchone()
            connection.executemany(
                'UPDATE packed SET seq = ?, pack = ?, "offset" = ? WHERE digest = ? AND pack = ?',
                [
                    (last + n, self._pack, at, row.digest, row.pack)
                    for n, (row, at) in enumerate(zip(rows, places, strict=True), 1)
                ],
            )
        return True

    def _copied(self, rows: list[_Row]) -> list[int]:
        places, end = [], self._end
        source = os.open(self._folder / rows[0].pack, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for row in rows:
                data = _read(source, row)
                _write(self._file, data, end)
                places.append(end)
                end += len(data)
        except BaseException:
            os.truncate(self._file, self._end)  # what did not fit takes no room
            raise
        finally:
            os.close(source)
        self._end = end
        return places

    def _open(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._pack, self._end = new_id() + ".pack", 0
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file = os.open(self._folder / self._pack, flags, 0o600)


def _read(source: int, row: _Row) -> bytes:
    data = bytearray(row.length)
    at = 0
    while at < row.length:
        got = os.preadv(source, [memoryview(data)[at:]], row.offset + at)
        if not got:
            raise CorruptObject(row.digest, "its pack ends too early")
        at += got
    if xxhash.xxh3_64_hexdigest(data) != row.checksum:
        raise CorruptObject(row.digest, "its stored bytes have changed")
    return bytes(data)


def _write(file: int, data: bytes, at: int) -> None:
    rest = memoryview(data)
    while rest:
        done = os.pwrite(file, rest, at)
        rest, at = rest[done:], at + done


__all__ = ["Collection", "Freeable", "Pack"]
