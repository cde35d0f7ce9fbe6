"""What a disk says, in words; and waiting until it has written."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def words(error: OSError) -> str:
    """Return a few words for an error of the disk."""
    if error.errno == errno.ENOSPC:
        return "the disk is full"
    return (error.strerror or str(error)).lower()


def sync_path(path: Path) -> None:
    """Wait until the file or folder survives power loss."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
