"""Content-addressed, immutable objects: small records in files, state in packs.

An object's address is the BLAKE3 of its bytes. A record is a file: one byte
that names the encoding, then the bytes, plain or zstd where a sample shows
that compression pays. Every write goes to a temporary file in the same folder
and is renamed into place, so a record is there whole or not at all. What
snapshots hold lies in packs (`packs.py`).
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from notewright.errors import CorruptObject, MissingObject
from notewright.store.canonical import canonical, digest_of, parse
from notewright.store.compression import compressed, decompressed
from notewright.store.disk import refusal, sync_path
from notewright.store.packs import PackIndex, PackReader, PackWriter, Placed
from notewright.store.turns import Turns

_Read = TypeVar("_Read")

_PLAIN = b"\x00"
_ZSTD = b"\x01"
_OTHER_BYTES = "its bytes do not have its hash"
#: A decompressed object may not be larger than this: a bound against zip bombs.
_MAX_OBJECT = 1 << 36
#: How often an object is looked for where its pack was removed while it was read.
_MOVES = 4


class ObjectStore:
    """Bytes by their hash, under one folder.

    Parameters
    ----------
    root : Path
        The folder; created when missing.
    index : PackIndex, optional
        Where packed objects are; without it there are none.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> objects = ObjectStore(pathlib.Path(tempfile.mkdtemp()))
    >>> address = objects.put(b"hello")
    >>> objects.get(address)
    b'hello'
    """

    def __init__(self, root: Path, index: PackIndex | None = None) -> None:
        self.root = root
        #: Bytes this instance has added to the disk so far.
        self.bytes_written = 0
        self._index = index if index is not None else PackIndex(lambda sql, parameters: [])
        try:
            root.mkdir(parents=True, exist_ok=True)
            packs = root / "packs"
            packs.mkdir(exist_ok=True)
        except OSError as error:
            raise refusal(root, error) from error
        self._reader = PackReader(packs, self.place)
        #: Who may write, and who may remove.
        self.turns = Turns(root / "turns")

    def path(self, digest: str) -> Path:
        """Return where the record `digest` is, or would be."""
        return self.root / digest[:2] / digest[2:]

    def has(self, digest: str) -> bool:
        """Tell whether the object is stored."""
        return self.path(digest).exists() or self.place(digest) is not None

    def put(self, data: bytes | memoryview, *, sync: bool = False) -> str:
        """Store `data` and return its address.

        Parameters
        ----------
        data : bytes or memoryview
            Contiguous bytes.
        sync : bool, default False
            Wait until the bytes survive power loss, not only a crash.
        """
        digest = digest_of(data)
        target = self.path(digest)
        if not target.exists():
            self._write(target, _encode(data), sync=sync)
        elif sync:
            sync_path(target)
        return digest

    def put_json(self, value: Any, *, sync: bool = False) -> str:
        """Store `value` as canonical JSON and return its address."""
        return self.put(canonical(value), sync=sync)

    def get(self, digest: str) -> bytes:
        """Return the object's bytes, verified against its address.

        Raises
        ------
        MissingObject
            If it is not stored.
        CorruptObject
            If the bytes on disk are not those that were stored.
        """
        try:
            data = _decode(self.path(digest).read_bytes(), digest)
        except FileNotFoundError:
            data = self._packed(digest, lambda placed: bytes(self._reader.content(placed)))
        if digest_of(data) != digest:
            raise CorruptObject(digest, _OTHER_BYTES)
        return data

    def read_into(self, digest: str, target: memoryview) -> None:
        """Put the object's bytes into `target`, verified; `target` is as long as they are."""
        if self.place(digest) is None:
            target[:] = self.get(digest)
            return
        self._packed(digest, lambda placed: self._reader.read_into(placed, target))
        if digest_of(target) != digest:
            raise CorruptObject(digest, _OTHER_BYTES)

    def size(self, digest: str) -> int:
        """Return how many bytes the object has."""
        placed = self.place(digest)
        return len(self.get(digest)) if placed is None else placed.size

    def refresh(self) -> None:
        """Learn what others stored, moved and removed."""
        self._index.refresh()
        self._reader.let_go()

    def pack_writer(self) -> PackWriter:
        """Return a writer that appends to a pack of its own."""
        return PackWriter(self._reader.root, self._index)

    def record_places(self, placed: list[Placed], connection: Any) -> None:
        """Make objects that were appended to a pack known, in an open transaction."""
        self._index.refresh()
        new = self._index.lacking(placed)
        (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM packed").fetchone()
        connection.executemany(
            'INSERT INTO packed(seq, digest, pack, "offset", length, size, encoding, base,'
            " depth, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(seq, *place) for seq, place in enumerate(new, last + 1)],
        )
        self._index.add(new)
        self.bytes_written += sum(place.length for place in new)

    def get_json(self, digest: str) -> Any:
        """Return the JSON value stored at `digest`."""
        return parse(self.get(digest))

    def stored_size(self, digest: str) -> int:
        """Return the bytes the object takes on disk."""
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            placed = self.place(digest)
            if placed is None:
                raise MissingObject(digest) from None
            return placed.length

    def total_size(self) -> int:
        """Return the bytes all objects take on disk."""
        return sum(self.stored_size(digest) for digest in self)

    def __iter__(self) -> Iterator[str]:
        for folder in sorted(self.root.iterdir()):
            if len(folder.name) == 2 and folder.is_dir():
                for file in sorted(folder.iterdir()):
                    if not file.name.startswith("."):
                        yield folder.name + file.name
        self._index.refresh()
        yield from list(self._index)

    def bases(self, digest: str) -> list[str]:
        """Return the object and all that it is, one on top of the other, the difference to."""
        found = [digest]
        while (placed := self.place(found[-1])) is not None and placed.base is not None:
            found.append(placed.base)
        return found

    def place(self, digest: str) -> Placed | None:
        """Return where in a pack the object is, or None."""
        return self._index.find(digest)

    def _packed(self, digest: str, read: Callable[[Placed], _Read]) -> _Read:
        """Read an object from its pack, or from where it was moved meanwhile."""
        for left in reversed(range(_MOVES)):
            placed = self.place(digest)
            if placed is None:
                raise MissingObject(digest)
            try:
                return read(placed)
            except MissingObject:
                if not left:
                    raise
                self.refresh()
        raise AssertionError

    def _write(self, target: Path, parts: tuple[bytes, bytes | memoryview], *, sync: bool) -> None:
        try:
            target.parent.mkdir(exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    for part in parts:
                        file.write(part)
                    if sync:
                        file.flush()
                        os.fsync(file.fileno())
                os.chmod(temporary, stat.S_IRUSR)
                os.replace(temporary, target)
                self.bytes_written += sum(len(part) for part in parts)
                if sync:
                    sync_path(target.parent)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise refusal(self.root, error) from error


def _encode(data: bytes | memoryview) -> tuple[bytes, bytes | memoryview]:
    view = memoryview(data).cast("B")
    small = compressed(view)
    return (_PLAIN, view) if small is None else (_ZSTD, small)


def _decode(raw: bytes, digest: str) -> bytes:
    if raw[:1] == _PLAIN:
        return raw[1:]
    if raw[:1] != _ZSTD:
        raise CorruptObject(digest, "its encoding is unknown")
    return decompressed(memoryview(raw)[1:], _MAX_OBJECT, digest)
