"""Records in SQLite, in a file of the store's folder.

Writers take the lock at the start of a transaction (``BEGIN IMMEDIATE``).

A process keeps its first connection to a store until it ends, and does not
close it then. SQLite's locks are POSIX locks, which a process loses when it
closes any file descriptor of the database: copying the store from a notebook
is enough (https://www.sqlite.org/howtocorrupt.html, section 2.2). The last to
close a database deletes its write-ahead log, and without that lock a command
that ends takes itself for the last while a kernel still writes to that log.
What nobody closes, nobody deletes; the next to open it reads the log.

Nor is a connection closed in a copy of the process that made it (section 2.6
there). Python itself would do so, with those of the threads that are not there,
when it collects garbage: a lock that one of them held in SQLite is held in the
copy for good, and the copy would wait for it for ever.

Where nothing can be written the database is opened read-only; where SQLite
cannot do that (it needs files beside a database with a write-ahead log), or
its schema is an older one, a private copy is read instead.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import sqlite3
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from notewright.errors import RecordsMoved, StoreReadOnly, StoreTooNew, StoreUnusable
from notewright.store.catalog import Catalog, Connection, RecordRefused, Row
from notewright.store.disk import is_full, stamp
from notewright.store.schema_files import MOVED, SCHEMA_VERSION, statements

#: Seconds to wait for others; between two looks, and between them after a long wait.
_BUSY_SECONDS = 30.0
_LOOKS, _LOOKS_THEN, _LONG = 0.001, 0.0002, 0.02

_VERSION = "PRAGMA user_version"

T = TypeVar("T")


def _leave_open(connection: sqlite3.Connection) -> None:
    """Keep a connection from being closed, at the end of the interpreter too."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


class _Connection(sqlite3.Connection):
    """A connection that only the process that made it closes."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._pid = os.getpid()
        super().__init__(*arguments, **options)

    def __del__(self, getpid: Callable[[], int] = os.getpid) -> None:
        if self._pid != getpid():
            _leave_open(self)


#: Connections that stay open; more stores than these at once only tests have.
_kept_open: deque[_Connection] = deque(maxlen=64)


@atexit.register
def _leave_all_open() -> None:
    for connection in _kept_open:
        _leave_open(connection)


class SqliteCatalog(Catalog):
    """The tables of one store in a file.

    Parameters
    ----------
    path : Path
        The database file; created with the current schema when missing.

    Raises
    ------
    RecordsMoved
        If its records were moved to another database.
    StoreTooNew
        If a newer Notewright wrote it.
    StoreUnusable
        If it cannot be opened or is not a database.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path.parent)
        self.path = path
        self._begun = False
        self.read_only = path.exists() and not _writable(path)
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        if self.read_only and not self._is_readable_in_place():
            self._copy = _private_copy(path)
        self._prepare()
        self._begun = True
        _kept_open.append(self._own())

    @property
    def place(self) -> str:
        """Where the records are, in words."""
        return f"SQLite, {self.path}"

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement that reads."""
        connection = self._own()
        try:
            return _patiently(lambda: connection.execute(sql, parameters).fetchall())
        except sqlite3.OperationalError as error:
            raise self._refusal(error) from error

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row, or None."""
        connection = self._own()
        try:
            row: sqlite3.Row | None = _patiently(
                lambda: connection.execute(sql, parameters).fetchone()
            )
        except sqlite3.OperationalError as error:
            raise self._refusal(error) from error
        return row

    @contextmanager
    def quickly(self) -> Iterator[None]:
        """Commit inside without waiting for the disk; see :meth:`Catalog.quickly`.

        What counts as evidence (versions, approvals, audit entries) waits for
        the disk, and these commits, earlier in the same log, are then on it too.
        """
        if self.in_transaction:
            yield
            return
        self.query("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self.query("PRAGMA synchronous = FULL")

    def close(self) -> None:
        """Close this thread's connection, unless it is the process's first."""
        connection = self._known()
        if connection is None:
            return
        if connection not in _kept_open:
            cast("_Connection", connection).close()
        self._local.connection = None

    def tables(self) -> list[str]:
        """Return the names of all tables."""
        rows = self.query(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return [row["name"] for row in rows]

    def mark(self) -> str:
        """Return words that are others whenever something was committed."""
        return " ".join(map(stamp, (self.path, Path(f"{self.path}-wal"))))

    def size(self) -> int:
        """Return 0: the file is in the store's folder."""
        return 0

    def integrity(self) -> list[str]:
        """Return SQLite's own complaints about the file; empty when it is sound."""
        try:
            rows = self.query("PRAGMA integrity_check")
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [row[0] for row in rows if row[0] != "ok"]

    def _own(self) -> _Connection:
        return cast("_Connection", self._connection())

    def _begin(self) -> Connection:
        connection = self._own()
        _patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
        if connection.execute(_VERSION).fetchone()[0] == MOVED:
            connection.rollback()
            raise RecordsMoved(self._moved(connection))
        return connection

    def say_moved(self, connection: Connection, text: str) -> None:
        """Say in the file, with the open transaction, that its records are elsewhere."""
        connection.execute("CREATE TABLE moved (place TEXT NOT NULL)")
        connection.execute("INSERT INTO moved VALUES (?)", (text,))
        connection.execute(f"PRAGMA user_version = {MOVED}")

    def is_moved(self) -> bool:
        """Tell whether the file says that its records are elsewhere."""
        return self._version() == MOVED

    def _moved(self, connection: sqlite3.Connection) -> str:
        return str(connection.execute("SELECT place FROM moved").fetchone()[0])

    def _roll_back(self, connection: Connection) -> None:
        with suppress(sqlite3.Error):
            cast("sqlite3.Connection", connection).rollback()
        if connection.in_transaction:
            # What is written next must not join what has failed: it would never be committed.
            self._local.connection = None

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._refusal(error) from error
        except sqlite3.IntegrityError as error:
            raise RecordRefused(str(error)) from error

    def _refusal(self, error: sqlite3.OperationalError) -> StoreUnusable:
        """Return what to tell the user; a mistake of ours is raised as it is."""
        primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if primary == sqlite3.SQLITE_ERROR:
            raise error
        if primary == sqlite3.SQLITE_READONLY:
            return StoreReadOnly(self.folder)
        out_of_room = primary == sqlite3.SQLITE_FULL or (
            # Growing the files beside the database fails with another code.
            primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and is_full(self.folder)
        )
        return StoreUnusable(self.folder, "the disk is full" if out_of_room else str(error))

    def _connect(self) -> Connection:
        try:
            if self.read_only and self._copy is None:
                return _opened(self.path, "?mode=ro")
            folder = self.folder if self._copy is None else Path(self._copy.name)
            # A file that was there and is not any more was moved: it is not begun anew.
            connection = _opened(folder / self.path.name, "?mode=rw" if self._begun else "")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA busy_timeout = 0")  # see _patiently
        except sqlite3.OperationalError as error:
            raise self._refusal(error) from error
        except sqlite3.DatabaseError as error:
            raise StoreUnusable(self.path, str(error)) from error
        return connection

    def _is_readable_in_place(self) -> bool:
        try:
            connection = _opened(self.path, "?mode=ro")
            version = connection.execute(_VERSION).fetchone()[0]
        except sqlite3.DatabaseError:
            return False
        return int(version) >= SCHEMA_VERSION

    def _prepare(self) -> None:
        found = self._version()
        if found == MOVED:
            raise RecordsMoved(self._moved(self._own()))
        if found > SCHEMA_VERSION:
            raise StoreTooNew(self.path, found, SCHEMA_VERSION)
        if found < SCHEMA_VERSION:
            refuses, self.read_only = self.read_only, False  # a copy of ours may be brought up
            with self.transaction() as connection:
                # Another process may have been faster.
                if (found := self._version()) < SCHEMA_VERSION:
                    for statement in statements(found):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self.read_only = refuses

    def _version(self) -> int:
        try:
            return int(self._own().execute(_VERSION).fetchone()[0])
        except sqlite3.DatabaseError as error:
            raise StoreUnusable(self.path, str(error)) from error


def _patiently(ask: Callable[[], T]) -> T:
    """Return what `ask` returns, which is asked again while others hold the lock.

    SQLite by itself would look again after ever longer pauses, up to a tenth of a second,
    so that those who wait longest come last. Here they look most often.
    """
    since = 0.0
    while True:
        try:
            return ask()
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            moment = time.monotonic()
            since = since or moment
            if moment - since > _BUSY_SECONDS:
                raise
            time.sleep(_LOOKS if moment - since < _LONG else _LOOKS_THEN)


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _opened(path: Path, options: str = "") -> _Connection:
    address = path.resolve().as_uri() + options
    connection = sqlite3.connect(
        address, timeout=_BUSY_SECONDS, isolation_level=None, uri=True, factory=_Connection
    )
    connection.row_factory = sqlite3.Row
    return connection


def _private_copy(path: Path) -> tempfile.TemporaryDirectory[str]:
    """Copy a database that nobody writes to, and what is not yet in it but in its log."""
    folder = tempfile.TemporaryDirectory(prefix="notewright-")
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{path}{suffix}", Path(folder.name) / f"{path.name}{suffix}")
    return folder
