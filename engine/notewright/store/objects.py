"""Content-addressed, immutable objects in files.

An object's address is the BLAKE3 of its bytes. On disk it is one byte that
names the encoding, then the bytes: plain, or zstd where a sample shows that
compression pays. Every write goes to a temporary file in the same folder and
is renamed into place, so an object is there whole or not at all.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

from notewright.errors import CorruptObject, MissingObject, StoreUnusable
from notewright.store.canonical import canonical, digest_of, parse

_PLAIN = b"\x00"
_ZSTD = b"\x01"
_SAMPLE = 64 * 1024
#: Compress only if the sample shrinks below this share of its size.
_WORTHWHILE = 0.9
#: A decompressed object may not be larger than this: a bound against zip bombs.
_MAX_OBJECT = 1 << 36


class ObjectStore:
    """Bytes by their hash, under one folder.

    Parameters
    ----------
    root : Path
        The folder; created when missing.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> objects = ObjectStore(pathlib.Path(tempfile.mkdtemp()))
    >>> address = objects.put(b"hello")
    >>> objects.get(address)
    b'hello'
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        #: Bytes this instance has added to the disk so far.
        self.bytes_written = 0
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnusable(root, error.strerror or str(error)) from error

    def path(self, digest: str) -> Path:
        """Return where the object `digest` is, or would be."""
        return self.root / digest[:2] / digest[2:]

    def has(self, digest: str) -> bool:
        """Tell whether the object is stored."""
        return self.path(digest).exists()

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
            _sync_path(target)
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
            raw = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise MissingObject(digest) from None
        data = _decode(raw, digest)
        if digest_of(data) != digest:
            raise CorruptObject(digest, "its bytes do not have its hash")
        return data

    def get_json(self, digest: str) -> Any:
        """Return the JSON value stored at `digest`."""
        return parse(self.get(digest))

    def stored_size(self, digest: str) -> int:
        """Return the bytes the object takes on disk."""
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            raise MissingObject(digest) from None

    def total_size(self) -> int:
        """Return the bytes all objects take on disk."""
        return sum(self.stored_size(digest) for digest in self)

    def __iter__(self) -> Iterator[str]:
        for folder in sorted(self.root.iterdir()):
            if len(folder.name) == 2 and folder.is_dir():
                for file in sorted(folder.iterdir()):
                    if not file.name.startswith("."):
                        yield folder.name + file.name

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
                    _sync_path(target.parent)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StoreUnusable(self.root, _words(error)) from error


def _encode(data: bytes | memoryview) -> tuple[bytes, bytes | memoryview]:
    view = memoryview(data).cast("B")
    if len(view) < 128:
        return _PLAIN, view
    compressor = zstandard.ZstdCompressor(level=1)
    middle = max(0, (len(view) - _SAMPLE) // 2)
    sample = view[middle : middle + _SAMPLE]
    if len(compressor.compress(sample)) > _WORTHWHILE * len(sample):
        return _PLAIN, view
    return _ZSTD, compressor.compress(view)


def _decode(raw: bytes, digest: str) -> bytes:
    if raw[:1] == _PLAIN:
        return raw[1:]
    if raw[:1] != _ZSTD:
        raise CorruptObject(digest, "its encoding is unknown")
    try:
        return zstandard.ZstdDecompressor().decompress(raw[1:], max_output_size=_MAX_OBJECT)
    except zstandard.ZstdError as error:
        raise CorruptObject(digest, "it cannot be decompressed") from error


def _sync_path(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _words(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "the disk is full"
    return (error.strerror or str(error)).lower()
