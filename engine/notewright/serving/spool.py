"""A file of whole records that survives the death of its writer.

Appending is one ``write`` to the page cache: it costs microseconds and what
was appended survives ``kill -9`` of the process. The file is emptied once the
records are in the database. A record whose checksum is wrong (a torn tail) was
never acknowledged and is left out.

The writer holds a lock on its file for as long as it lives, so what a dead
writer left behind can be told from what a living one is using.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from notewright.store.canonical import digest_of
from notewright.store.ids import new_id

_HEAD = struct.Struct(">III16s")


@dataclass(frozen=True)
class Entry:
    """One answered request.

    `inputs` is the request's body as it came, `outputs` the tensors as they
    went out; both are JSON. A refused request keeps neither, only its `error`.
    """

    id: str
    time: str
    deployment: str
    status: int
    milliseconds: float
    rows: int
    client_id: str | None = None
    inputs: bytes = b""
    outputs: bytes = b""
    error: str | None = None


class Spool:
    """One spool file, open for appending.

    Parameters
    ----------
    folder : Path
        Where the prediction log is.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{new_id()}.spool"
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        _lock(self._handle)

    def append(self, entry: Entry) -> None:
        """Hand the entry to the operating system, whole or not at all."""
        data = encode(entry)
        before = os.lseek(self._handle, 0, os.SEEK_END)
        try:
            written = os.write(self._handle, data)
            if written != len(data):
                raise OSError(f"only {written} of {len(data)} bytes were written")
        except OSError:
            os.ftruncate(self._handle, before)
            raise

    def clear(self) -> None:
        """Empty the file: its records are safe elsewhere."""
        os.ftruncate(self._handle, 0)

    def close(self, *, keep: bool = False) -> None:
        """Close the file and, unless records are to be kept in it, delete it."""
        if not keep:
            self.path.unlink(missing_ok=True)
        os.close(self._handle)


def left_behind(folder: Path) -> Iterator[tuple[Path, list[Entry]]]:
    """Yield the spool files of dead writers with their entries; each is locked while out."""
    for path in sorted(folder.glob("*.spool")):
        try:
            handle = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            if _lock(handle):
                yield path, entries(path)
        finally:
            os.close(handle)


def entries(path: Path) -> list[Entry]:
    """Return the whole records in a spool file; none if it is gone."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    found, at = [], 0
    while at + _HEAD.size <= len(data):
        meta, inputs, outputs, check = _HEAD.unpack_from(data, at)
        body = data[at + _HEAD.size : at + _HEAD.size + meta + inputs + outputs]
        if len(body) != meta + inputs + outputs or _check(body) != check:
            break
        fields = json.loads(body[:meta])
        found.append(
            Entry(**fields, inputs=body[meta : meta + inputs], outputs=body[meta + inputs :])
        )
        at += _HEAD.size + len(body)
    return found


def encode(entry: Entry) -> bytes:
    """Return the entry as it stands in a spool file."""
    meta = json.dumps(
        {
            "id": entry.id,
            "time": entry.time,
            "deployment": entry.deployment,
            "status": entry.status,
            "milliseconds": entry.milliseconds,
            "rows": entry.rows,
            "client_id": entry.client_id,
            "error": entry.error,
        }
    ).encode()
    body = b"".join((meta, entry.inputs, entry.outputs))
    return _HEAD.pack(len(meta), len(entry.inputs), len(entry.outputs), _check(body)) + body


def _check(body: bytes) -> bytes:
    return bytes.fromhex(digest_of(body)[:32])


def _lock(handle: int) -> bool:
    """Take the lock if it is free; it falls back when the process ends."""
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
