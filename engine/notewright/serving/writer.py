"""Writes the prediction log behind the server's back, in batches."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

from notewright.errors import StoreUnusable
from notewright.serving import log
from notewright.serving.spool import Entry, Spool

#: How long a record may wait before it goes to the database.
INTERVAL_SECONDS = 0.05


class LogFull(Exception):
    """The log did not take the record in time; the answer must not be given."""


class LogWriter:
    """Appends to a spool file at once and to the database a moment later.

    Two spool files take turns: while the thread moves one into the database,
    new records go to the other.

    Parameters
    ----------
    folder : Path
        The deployment's folder.
    capacity : int, default 10000
        Records that may wait for the database; more than that and
        :meth:`append` waits.
    patience : float, default 1.0
        Seconds :meth:`append` waits before it gives up.
    """

    def __init__(self, folder: Path, capacity: int = 10_000, patience: float = 1.0) -> None:
        self._folder = folder
        self._capacity = capacity
        self._patience = patience
        log.recover(folder)
        self._database = log.connect(folder)
        self._spools = [Spool(folder), Spool(folder)]
        self._waiting: list[Entry] = []
        self._moving: list[Entry] = []
        self._changed = threading.Condition()
        self._one_flush = threading.Lock()
        self._closing = False
        self.problem: str | None = None
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        self._thread.start()

    def append(self, entry: Entry, *, wait: bool = True) -> None:
        """Make the entry durable against the death of this process.

        Raises
        ------
        LogFull
            If the log cannot take it (no room in time, disk full).
        """
        with self._changed:
            room = self._changed.wait_for(
                lambda: len(self._waiting) + len(self._moving) < self._capacity,
                self._patience if wait else 0,
            )
            if not room or self._closing:
                raise LogFull(self.problem or "the prediction log cannot keep up")
            try:
                self._spools[0].append(entry)
            except OSError as error:
                self.problem = error.strerror or str(error)
                raise LogFull(self.problem) from error
            self._waiting.append(entry)

    def flush(self) -> bool:
        """Move everything that waits into the database; tell whether that worked."""
        with self._one_flush:
            return self._flush()

    def _flush(self) -> bool:
        with self._changed:
            if not self._moving:
                self._moving, self._waiting = self._waiting, []
                self._spools.reverse()
            if not self._moving:
                return True
        try:
            log.insert(self._database, self._moving)
        except sqlite3.Error as error:
            # Kept in the spool and in memory; tried again at the next interval.
            self.problem = str(error)
            return False
        with self._changed:
            self._spools[1].clear()
            self._moving = []
            self.problem = None
            self._changed.notify_all()
        return True

    def close(self, seconds: float = 10.0) -> None:
        """Write what is left, then stop. What cannot be written stays in the spool files."""
        with self._changed:
            self._closing = True
        self._thread.join(seconds)
        if self._thread.is_alive():
            return
        deadline = time.monotonic() + seconds
        # Twice: a batch that failed before may be waiting in front of the last one.
        done = self.flush() and self.flush()
        while not done and time.monotonic() < deadline:
            time.sleep(INTERVAL_SECONDS)
            done = self.flush() and self.flush()
        for spool in self._spools:
            spool.close(keep=not done)
        self._database.close()

    def _run(self) -> None:
        while not self._closing:
            time.sleep(INTERVAL_SECONDS)
            try:
                self.flush()
            except StoreUnusable as error:
                self.problem = str(error)
