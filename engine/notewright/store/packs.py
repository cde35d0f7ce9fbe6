"""Objects packed together in files, each once, as little of it as is new.

A pack is the stored forms of objects one after another; the catalog's table
``packed`` says where each lies and how it is encoded. An object that differs
little from an earlier one is stored as the difference: exclusive-or where both
are of one length (arrays changed in place), a zstd patch otherwise. A pack
only ever grows at its end, and what the catalog does not point at does not
exist, so an interrupted writer leaves nothing half there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xxhash
import zstandard

from notewright.errors import CorruptObject, MissingObject, StoreCollected
from notewright.store.canonical import digest_of
from notewright.store.compression import compress, compressed, decompressed
from notewright.store.disk import refusal, sync_path
from notewright.store.ids import new_id

PLAIN, ZSTD, XOR, PATCH = range(4)

#: A new pack is begun once one is larger than this.
_FULL = 1 << 30
#: How many differences may lie on top of each other before one starts from the whole again.
_DEEPEST = 8
#: A difference is kept only if it is smaller than this share of the object.
_WORTHWHILE = 0.5
_SAMPLE = 64 * 1024
#: The largest object for which a writer keeps memory.
_ROOM = 1 << 20
#: How many packs a reader keeps open; a store may have more than a process may open.
_OPEN = 32


class Placed(NamedTuple):
    """Where an object lies, and how.

    Parameters
    ----------
    digest : str
        The object's address.
    pack : str
        Name of the file.
    offset, length : int
        Where in it, and how many bytes.
    size : int
        Bytes of the object itself.
    encoding : int
        `PLAIN`, `ZSTD`, `XOR` or `PATCH`.
    base : str or None
        What it is the difference to.
    depth : int
        How many differences lie under it.
    checksum : str
        xxh3 of the stored bytes: not every flipped byte of a zstd frame changes what comes out.
    """

    digest: str
    pack: str
    offset: int
    length: int
    size: int
    encoding: int
    base: str | None
    depth: int
    checksum: str


#: Finds an object's place, or gives None.
Find = Callable[[str], Placed | None]


class _File:
    """A pack that is open until nobody reads it any more."""

    def __init__(self, path: Path) -> None:
        self.number = -1
        self.number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        if self.number >= 0:
            close(self.number)


class PackReader:
    """Reads objects out of packs.

    Parameters
    ----------
    root : Path
        The folder of the packs.
    find : callable
        Gives the place of an address, or None.
    """

    def __init__(self, root: Path, find: Find) -> None:
        self.root = root
        self._find = find
        self._files: dict[str, _File] = {}

    def content(self, placed: Placed) -> bytes | bytearray:
        """Return an object's bytes, not yet verified against its address."""
        whole = self._raw(placed)
        raw = memoryview(whole)
        if placed.encoding == PLAIN:
            return whole
        _check(placed, raw)
        if placed.encoding == ZSTD:
            return decompressed(raw, placed.size, placed.digest)
        old = self.content(self._base(placed))
        if placed.encoding == XOR:
            new = old if isinstance(old, bytearray) else bytearray(old)
            _put_difference(placed, raw, memoryview(new))
            return new
        if placed.encoding == PATCH:
            return decompressed(raw, placed.size, placed.digest, _dictionary(old))
        raise CorruptObject(placed.digest, "its encoding is unknown")

    def read_into(self, placed: Placed, target: memoryview) -> None:
        """Put an object's bytes into `target`, which is as long as the object."""
        if placed.encoding == PLAIN:
            if len(target) != placed.length:
                raise CorruptObject(placed.digest, "its length is not as recorded")
            at = 0
            while at < placed.length:
                at += self._read(placed, at, target[at:])
        elif placed.encoding == XOR:
            raw = memoryview(self._raw(placed))
            _check(placed, raw)
            self.read_into(self._base(placed), target)
            _put_difference(placed, raw, target)
        else:
            whole = self.content(placed)
            if len(target) != len(whole):
                raise CorruptObject(placed.digest, "its length is not as recorded")
            target[:] = whole

    def close(self) -> None:
        """Close the packs that were opened, each when nobody reads it any more."""
        self._files = {}

    def let_go(self) -> None:
        """Close the packs that were removed meanwhile, so that their room is free."""
        for pack, file in list(self._files.items()):
            if os.fstat(file.number).st_nlink == 0:
                self._files.pop(pack, None)

    def _raw(self, placed: Placed) -> bytearray:
        ends = placed.offset + placed.length
        file = self._file(placed)
        if os.fstat(file.number).st_size < ends:  # before room is made for it
            raise CorruptObject(placed.digest, "its pack ends too early")
        raw = bytearray(placed.length)
        at = 0
        while at < placed.length:
            at += self._read(placed, at, memoryview(raw)[at:])
        return raw

    def _read(self, placed: Placed, at: int, target: memoryview) -> int:
        file = self._file(placed)
        got = os.preadv(file.number, [target], placed.offset + at)
        if not got:
            raise CorruptObject(placed.digest, "its pack ends too early")
        return got

    def _base(self, placed: Placed) -> Placed:
        base = None if placed.base is None else self._find(placed.base)
        if base is None or base.depth >= placed.depth:
            raise CorruptObject(placed.digest, "what it is a difference to is missing")
        return base

    def _file(self, placed: Placed) -> _File:
        file = self._files.get(placed.pack)
        if file is not None:
            return file
        try:
            file = _File(self.root / placed.pack)
        except FileNotFoundError:
            raise MissingObject(placed.digest) from None
        except OSError as error:
            raise refusal(self.root, error) from error
        if len(self._files) < _OPEN:
            self._files[placed.pack] = file
        return file


class PackWriter:
    """Appends objects to one pack. One writer has one pack to itself.

    Parameters
    ----------
    root : Path
        The folder of the packs.
    known : PackIndex
        The places of all objects that are stored already.
    """

    def __init__(self, root: Path, known: PackIndex) -> None:
        self._root = root
        self._reader = PackReader(root, self.find)
        self._known = known
        self._prepared = False
        self._pack = new_id() + ".pack"
        self._file = -1
        #: Whether the folder may not know the pack yet after a power loss.
        self._is_new = False
        self._end = 0
        #: What was appended since it was last taken by :meth:`take_placed`.
        self._placed: dict[str, Placed] = {}
        self._learned: dict[str, Placed] = {}
        self._room: np.ndarray[Any, np.dtype[np.uint8]] | None = None
        #: The collection up to which it knows what was removed.
        self._epoch = 0

    def prepare(self) -> None:
        """Find out what is stored already; until then everything is new.

        It takes a moment in a store that holds much, and is done once.
        """
        if not self._prepared:
            self._known.refresh()
            self._epoch = self._known.epoch
            self._prepared = True

    def catch_up(self) -> frozenset[str] | None:
        """Learn what was removed since the last time; None if nothing can have been.

        Packs from before a collection belong to the collector: what comes
        next goes to a new one.
        """
        self.prepare()
        self._known.refresh()
        self._reader.let_go()
        if self._known.epoch == self._epoch:
            return None
        gone = self._known.removed_since(self._epoch)
        self._epoch = self._known.epoch
        self.close()
        self._pack, self._end = new_id() + ".pack", 0
        return gone

    def unlearn(self, gone: frozenset[str]) -> None:
        """Forget the places of what was removed, in a copy of the process."""
        self._known.forget(gone)
        for digest in gone:
            self._learned.pop(digest, None)

    def check_current(self) -> None:
        """Raise `StoreCollected` if something was removed since :meth:`catch_up`.

        In the transaction that commits what was appended, as a last safeguard.
        """
        if self._prepared and self._known.latest_epoch() != self._epoch:
            raise StoreCollected

    def learn(self, placed: Iterable[Placed]) -> None:
        """Take in what another writer of the same pack appended."""
        self._learned.update((place.digest, place) for place in placed)

    def find(self, digest: str) -> Placed | None:
        """Return where an object is, appended or known before; None if it is neither."""
        for places in (self._placed, self._learned, self._known):
            if (placed := places.get(digest)) is not None:
                return placed
        return None

    def put(self, data: bytes | memoryview, previous: str | None = None) -> str:
        """Append `data` unless it is stored already; return its address.

        Parameters
        ----------
        data : bytes or memoryview
            Contiguous bytes.
        previous : str, optional
            The address of what this was before: where little has changed, only
            the difference is stored.
        """
        view = memoryview(data).cast("B")
        digest = digest_of(view)
        if self.find(digest) is None:
            encoding, stored, base = self._encode(view, previous)
            offset = self._append(stored)
            self._placed[digest] = Placed(
                digest,
                self._pack,
                offset,
                len(stored),
                len(view),
                encoding,
                None if base is None else base.digest,
                0 if base is None else base.depth + 1,
                xxhash.xxh3_64_hexdigest(stored),
            )
        return digest

    def take_placed(self) -> list[Placed]:
        """Return what was appended since the last call."""
        placed, self._placed = list(self._placed.values()), {}
        return placed

    def sync(self) -> None:
        """Wait until everything appended survives power loss."""
        if self._file >= 0:
            try:
                os.fdatasync(self._file)
                if self._is_new:
                    sync_path(self._root)
                    self._is_new = False
            except OSError as error:
                raise refusal(self._root, error) from error

    def position(self) -> tuple[str, int]:
        """Return the pack and where its end is, for another process to go on from."""
        return self._pack, self._end

    def go_on(self, position: tuple[str, int]) -> None:
        """Go on where another writer of the same pack stopped; ``""`` is no pack at all."""
        pack, end = position
        if not pack:
            self._end = 0
            return
        if pack != self._pack:
            self.close()
            self._pack = pack
        self._end = end

    def go_back(self, position: tuple[str, int]) -> None:
        """Forget what was appended after `position`, and give its room back to the disk."""
        self._placed, self._learned = {}, {}
        self.go_on(position)
        path = self._root / self._pack
        with suppress(OSError):
            if path.stat().st_size > self._end:
                os.truncate(path, self._end)

    def anew(self) -> PackWriter:
        """Return a writer with a pack of its own, in a copy of the process with this one."""
        writer = PackWriter(self._root, self._known)
        writer._prepared, writer._epoch = self._prepared, self._epoch
        return writer

    def close(self) -> None:
        """Close the pack."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1
        self._reader.close()

    def _encode(
        self, view: memoryview, previous: str | None
    ) -> tuple[int, bytes | memoryview, Placed | None]:
        base = self._base(previous)
        if base is not None and len(view) >= 128:
            with suppress(CorruptObject, MissingObject, OSError):
                encoding, difference = _difference(view, self._content(base))
                if len(difference) < _WORTHWHILE * len(view):
                    return encoding, difference, base
        small = compressed(view)
        return (PLAIN, view, None) if small is None else (ZSTD, small, None)

    def _content(self, placed: Placed) -> memoryview:
        """Return an object's bytes, of a piece in memory that is used again for the next.

        Fresh memory costs more than what is read into it.
        """
        if placed.size > _ROOM:
            return memoryview(self._reader.content(placed))
        if self._room is None:
            self._room = np.empty(_ROOM, np.uint8)
        target = self._room[: placed.size].data
        self._reader.read_into(placed, target)
        return target

    def _base(self, previous: str | None) -> Placed | None:
        base = None if previous is None else self.find(previous)
        if base is None or base.depth < _DEEPEST:
            return base
        while base is not None and base.depth:
            base = None if base.base is None else self.find(base.base)
        return base

    def _append(self, stored: bytes | memoryview) -> int:
        try:
            if self._file < 0 or self._end > _FULL:
                self._open()
            offset, rest = self._end, memoryview(stored)
            while rest:
                rest = rest[os.pwrite(self._file, rest, self._end + (len(stored) - len(rest))) :]
        except OSError as error:
            raise refusal(self._root, error) from error
        self._end += len(stored)
        return offset

    def _open(self) -> None:
        self.sync()  # only the open pack is synced when the snapshot is committed
        self.close()
        if self._end > _FULL:
            self._pack, self._end = new_id() + ".pack", 0
        self._is_new = self._end == 0
        self._file = os.open(self._root / self._pack, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _check(placed: Placed, raw: memoryview) -> None:
    if xxhash.xxh3_64_hexdigest(raw) != placed.checksum:
        raise CorruptObject(placed.digest, "its stored bytes have changed")


def _put_difference(placed: Placed, raw: memoryview, target: memoryview) -> None:
    """Make of what an object differs from, in `target`, the object."""
    difference = decompressed(raw, placed.size, placed.digest, whole=False)
    if len(target) != placed.size or len(difference) != placed.size:
        raise CorruptObject(placed.digest, "it is not as large as what it differs from")
    _put_xor(target, difference)


def _difference(new: memoryview, old: memoryview) -> tuple[int, bytes]:
    """Return an object as the difference to another, whose memory may be overwritten."""
    if len(new) == len(old):
        sample = bytearray(old[:_SAMPLE])
        _put_xor(memoryview(sample), new[:_SAMPLE])
        if len(compress(sample)) < _WORTHWHILE * len(sample):
            target = memoryview(bytearray(old)) if old.readonly else old
            _put_xor(target, new)
            return XOR, compress(target)
    parameters = zstandard.ZstdCompressionParameters(
        compression_level=1,
        strategy=zstandard.STRATEGY_FAST,
        window_log=max(10, (len(new) + len(old)).bit_length()),
        hash_log=min(20, max(10, len(old).bit_length() - 1)),
        min_match=6,
    )
    patcher = zstandard.ZstdCompressor(compression_params=parameters, dict_data=_dictionary(old))
    return PATCH, patcher.compress(new)


def _dictionary(old: bytes | bytearray | memoryview) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(bytes(old), dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _put_xor(target: memoryview, other: bytes | memoryview) -> None:
    a, b = np.frombuffer(target, np.uint8), np.frombuffer(other, np.uint8)
    whole = len(a) // 8 * 8
    words = a[:whole].view(np.uint64)
    words ^= b[:whole].view(np.uint64)
    a[whole:] ^= b[whole:]


#: The columns of a place, in order.
_COLUMNS = 'digest, pack, "offset", length, size, encoding, base, depth, checksum'


class PackIndex(Mapping[str, Placed]):
    """Where every packed object is, kept in memory and brought up to date from the catalog.

    Parameters
    ----------
    query : callable
        Runs a statement that reads and returns its rows.
    after_commit : callable, optional
        Calls an action once the open transaction is committed, and never if it fails.
    """

    def __init__(
        self,
        query: Callable[[str, tuple[Any, ...]], list[Any]],
        after_commit: Callable[[Callable[[], object]], object] = lambda action: action(),
    ) -> None:
        self._query = query
        self._after_commit = after_commit
        #: Places as they are known, or as the catalog's rows that say them.
        self._places: dict[str, Any] = {}
        self._last = 0
        #: The latest collection that it knows of.
        self.epoch = 0
        #: What each collection since the beginning removed of what was known here.
        self._removed: list[tuple[int, frozenset[str]]] = []
        self._lock, self._owner = threading.Lock(), os.getpid()

    def refresh(self) -> None:
        """Add what anybody committed or moved since the last time, and drop what was removed."""
        with self._alone():
            epoch = self.latest_epoch()
            if epoch == self.epoch:
                self._add_from(self._last, self._places)
                return
            places: dict[str, Any] = {}
            known, self._last = self._places, self._add_from(0, places)
            self._places = places
            self._removed.append((epoch, frozenset(known.keys() - places.keys())))
            self.epoch = epoch

    def latest_epoch(self) -> int:
        """Return the number of the latest collection, 0 if there was none."""
        rows = self._query("SELECT max(seq) FROM collections", ())
        return int(rows[0][0] or 0) if rows else 0

    def removed_since(self, epoch: int) -> frozenset[str]:
        """Return what was known and removed by collections after `epoch`, and is not back."""
        gone = (removed for at, removed in self._removed if at > epoch)
        return frozenset(d for removed in gone for d in removed if d not in self._places)

    def forget(self, gone: Iterable[str]) -> None:
        """Forget places, in a copy of the process, which does not ask the catalog."""
        for digest in gone:
            self._places.pop(digest, None)

    def _alone(self) -> threading.Lock:
        """Return the lock under which places are asked for and noted."""
        if self._owner != os.getpid():  # in a copy of the process nobody gives it back
            self._lock, self._owner = threading.Lock(), os.getpid()
        return self._lock

    def _add_from(self, last: int, places: dict[str, Any]) -> int:
        rows = self._query(
            f"SELECT {_COLUMNS}, seq FROM packed WHERE seq > ? ORDER BY seq",  # noqa: S608
            (last,),
        )
        if rows:
            # Hardly any of them will be asked for: they are made into places then.
            places.update((row[0], row) for row in rows)
            last = self._last = rows[-1][-1]
        return last

    def find(self, digest: str) -> Placed | None:
        """Return where an object is, if need be from the catalog; None if it is not packed."""
        if (placed := self.get(digest)) is None:
            with self._alone():  # else it may be removed, and that learned, before it is noted
                for row in self._query(
                    f"SELECT {_COLUMNS} FROM packed WHERE digest = ?",  # noqa: S608
                    (digest,),
                ):
                    placed = self._places[digest] = Placed(*row)
        return placed

    def lacking(self, placed: Iterable[Placed]) -> list[Placed]:
        """Return those that nobody else recorded meanwhile.

        What one of them differs from may have been recorded by another process
        as a difference in its turn: it lies as much deeper then.
        """
        new: dict[str, Placed] = {}
        for place in placed:
            if place.digest in self._places or place.digest in new:
                continue
            if place.base is not None:
                base = new.get(place.base) or self.get(place.base)
                if base is None:
                    raise MissingObject(place.base)
                place = place._replace(depth=base.depth + 1)
            new[place.digest] = place
        return list(new.values())

    def add(self, placed: Iterable[Placed]) -> None:
        """Add what this process is about to commit, once it is committed."""
        places = {place.digest: place for place in placed}
        self._after_commit(lambda: self._places.update(places))

    def __getitem__(self, digest: str) -> Placed:
        place = self._places[digest]
        if type(place) is not Placed:
            place = self._places[digest] = Placed(*tuple(place)[:-1])
        return place

    def __contains__(self, digest: object) -> bool:
        return digest in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
