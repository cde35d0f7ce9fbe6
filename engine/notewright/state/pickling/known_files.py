"""Files that saved objects go on using: the same as long as size and time of change are."""

from __future__ import annotations

import os
import pickle
import stat
from dataclasses import dataclass

from notewright.errors import FileChanged


@dataclass(frozen=True)
class KnownFile:
    """A file as it was when it was saved."""

    path: str
    size: int
    changed: int

    def checked(self) -> str:
        """Return the path.

        Raises
        ------
        FileChanged
            If the file is gone or has changed.
        """
        try:
            found = os.stat(self.path)
        except OSError as error:
            raise FileChanged(self.path) from error
        if (found.st_size, found.st_mtime_ns) != (self.size, self.changed):
            raise FileChanged(self.path)
        return self.path


def know(path: object) -> KnownFile:
    """Return what is known of the regular file at `path`.

    Raises
    ------
    pickle.PicklingError
        If there is none.
    """
    if not isinstance(path, str | bytes | os.PathLike):
        raise pickle.PicklingError("it uses a file that has no path")
    name = os.path.abspath(os.fsdecode(path))
    try:
        found = os.stat(name)
    except OSError as error:
        raise pickle.PicklingError(f"it uses {name}, which is gone") from error
    if not stat.S_ISREG(found.st_mode):
        raise pickle.PicklingError(f"it uses {name}, which is not a regular file")
    return KnownFile(name, found.st_size, found.st_mtime_ns)
