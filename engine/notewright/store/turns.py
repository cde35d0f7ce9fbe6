"""Who may store, and who may remove: many writers at a time, or one collector alone.

A writer decides what it need not store because it is stored already, and later
commits a record that refers to it. In between nothing may be removed. The
turns are ``flock`` locks on empty files, which end with the process that holds
them, however it ends.

A collector that waits for its turn keeps others from beginning theirs, so that
notebooks that store without a pause let it in; it does so for a few seconds at
most, and lets them go on before it tries again.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notewright.errors import StoreBusy, StoreReadOnly
from notewright.progress import Progress
from notewright.store.disk import refusal

#: Seconds for which writers may be kept waiting, and after which they get their turn again.
_KEEPS_OTHERS, _LETS_OTHERS = 3.0, 0.3
#: How often a collector tries.
_TRIES = 10
_BEAT = 0.005
#: Why there may be no file: nobody can remove anything there, or store.
_CANNOT = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT}


class Turn:
    """A writer's turn, until it is over."""

    def __init__(self, file: int) -> None:
        self._file = file

    def take(self) -> None:
        """Wait for it."""
        if self._file >= 0:
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def over(self) -> None:
        """End it, in copies of the process too."""
        file, self._file = self._file, -1
        if file >= 0:
            # Closing would not do: a copy of the process may have the file open.
            fcntl.flock(file, fcntl.LOCK_UN)
            os.close(file)

    def forget(self) -> None:
        """Have no part in it any more, in a copy of the process that has it."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


class Turns:
    """The turns of one store.

    Parameters
    ----------
    folder : Path
        Where the files are that are locked; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self) -> Turn:
        """Begin to write; nothing is removed until the turn is over.

        It waits for a collector that is at work.
        """
        with self._locked("gate", fcntl.LOCK_SH):
            turn = Turn(self._open("writing"))
            try:
                turn.take()
            except BaseException:
                turn.forget()
                raise
            return turn

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let nothing be removed inside."""
        turn = self.begin()
        try:
            yield
        finally:
            turn.over()

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Be the only collector inside.

        Raises
        ------
        StoreBusy
            If there is one already.
        """
        file = self._open("collecting")
        try:
            if file < 0:
                raise StoreReadOnly(self._folder.parent.parent)
            if not _taken(file):
                raise StoreBusy("somebody else is removing snapshots just now")
            yield
        finally:
            _close(file)

    @contextmanager
    def alone(self, progress: Progress) -> Iterator[None]:
        """Wait until nobody writes, and let nobody begin inside.

        Raises
        ------
        StoreBusy
            If somebody always writes.
        """
        for _ in range(_TRIES):
            with self._locked("gate", fcntl.LOCK_EX):
                file = self._open("writing")
                try:
                    if _taken_within(file, _KEEPS_OTHERS, progress):
                        yield
                        return
                finally:
                    _close(file)
            time.sleep(_LETS_OTHERS)
        raise StoreBusy("a notebook is storing a large snapshot")

    @contextmanager
    def _locked(self, name: str, how: int) -> Iterator[None]:
        file = self._open(name)
        try:
            if file >= 0:
                fcntl.flock(file, how)
            yield
        finally:
            _close(file)

    def _open(self, name: str) -> int:
        """Open a file to lock; -1 where there can be none, since nothing can be written."""
        flags = os.O_CREAT | os.O_CLOEXEC
        try:
            try:
                return os.open(self._folder / name, flags | os.O_RDWR, 0o600)
            except FileNotFoundError:
                self._folder.mkdir(exist_ok=True)
                return os.open(self._folder / name, flags | os.O_RDWR, 0o600)
        except OSError as error:
            if error.errno in _CANNOT:
                return -1
            raise refusal(self._folder, error) from error


def _close(file: int) -> None:
    if file >= 0:
        fcntl.flock(file, fcntl.LOCK_UN)
        os.close(file)


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _taken_within(file: int, seconds: float, progress: Progress) -> bool:
    ends = time.monotonic() + seconds
    while not _taken(file):
        if time.monotonic() > ends:
            return False
        progress.check()
        time.sleep(_BEAT)
    return True
