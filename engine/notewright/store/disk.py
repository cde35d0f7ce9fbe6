"""What a disk says, in words; and waiting until it has written."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from notewright.errors import StoreReadOnly, StoreUnusable


def words(error: OSError) -> str:
    """Return a few words for an error of the disk."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    return (error.strerror or str(error)).lower()


def refusal(path: Path, error: OSError) -> StoreUnusable:
    """Return what to tell the user when writing to `path` failed."""
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StoreReadOnly(path)
    return StoreUnusable(path, words(error))


def is_full(folder: Path) -> bool:
    """Tell whether the disk that `folder` is on has no room left."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize < 1 << 16


def sync_path(path: Path) -> None:
    """Wait until the file or folder survives power loss."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def stamp(file: Path) -> str:
    """Return words that are others whenever the file was written to or replaced."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return "-"
    if found.st_size == 0:
        # SQLite makes an empty write-ahead log as soon as somebody reads.
        return "-"
    return f"{found.st_ino}.{found.st_size}.{found.st_mtime_ns}"
