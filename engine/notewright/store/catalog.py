"""Records in SQLite: connections, transactions, and the schema's version.

One connection a thread and process: a forked child opens its own and never
touches one it inherited. Writers take the lock at the start of a transaction
(``BEGIN IMMEDIATE``), so two kernels and a server may write one store at once.

A process keeps its first connection to a store until it ends, and does not
close it then. SQLite's locks are POSIX locks, which a process loses when it
closes any file descriptor of the database: copying the store from a notebook
is enough (https://www.sqlite.org/howtocorrupt.html, section 2.2). The last to
close a database deletes its write-ahead log, and without that lock a command
that ends takes itself for the last while a kernel still writes to that log.
What nobody closes, nobody deletes; the next to open it reads the log.

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
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Any

from notewright.errors import AmbiguousId, StoreReadOnly, StoreTooNew, StoreUnusable, UnknownId
from notewright.store.disk import is_full

SCHEMA_VERSION = 5
#: What a store of each older version lacks, as files of store/schema.
_ADDED_SINCE = {
    1: ("15_packs.sql", "16_collections.sql", "22_datasets.sql", "60_run_parents.sql"),
    2: ("16_collections.sql", "22_datasets.sql", "60_run_parents.sql"),
    3: ("22_datasets.sql", "60_run_parents.sql"),
    4: ("22_datasets.sql",),
}
_BUSY_SECONDS = 30.0

#: Connections that stay open; more stores than these at once only tests have.
_kept_open: deque[sqlite3.Connection] = deque(maxlen=64)


@atexit.register
def _leave_open() -> None:
    """Let the interpreter end without closing what is kept open."""
    for connection in _kept_open:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


class Catalog:
    """The tables of one store.

    Parameters
    ----------
    path : Path
        The database file; created with the current schema when missing.

    Raises
    ------
    StoreTooNew
        If a newer Notewright wrote it.
    StoreUnusable
        If it cannot be opened or is not a database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        #: Whether nothing can be added.
        self.read_only = path.exists() and not _writable(path)
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._local = threading.local()
        if self.read_only and not self._is_readable_in_place():
            self._copy = _private_copy(path)
        self._prepare()
        _kept_open.append(self._connection())

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return all rows of a statement that reads."""
        try:
            return self._connection().execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            raise self._refusal(error) from error

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Row | None:
        """Return the first row, or None."""
        try:
            row: sqlite3.Row | None = self._connection().execute(sql, parameters).fetchone()
        except sqlite3.OperationalError as error:
            raise self._refusal(error) from error
        return row

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit everything inside together, or nothing.

        Nested use joins the outer transaction.

        Raises
        ------
        StoreReadOnly
            If nothing can be written where the store is.
        """
        if self.read_only:
            raise StoreReadOnly(self.path.parent)
        connection = self._connection()
        if connection.in_transaction:
            yield connection
            return
        self._local.after_commit = []
        try:
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
            except BaseException:
                self._roll_back(connection)
                raise
        except sqlite3.OperationalError as error:
            raise self._refusal(error) from error
        for action in self._local.after_commit:
            action()

    def after_commit(self, action: Callable[[], object]) -> None:
        """Call `action` once what the open transaction wrote is committed.

        It is forgotten if the transaction is rolled back, and called once if
        the same action is given twice. Without an open transaction it is
        called at once.
        """
        if not self._connection().in_transaction:
            action()
        elif action not in self._local.after_commit:
            self._local.after_commit.append(action)

    def resolve(self, table: str, ref: str, kind: str, listing: str) -> str:
        """Return the full id that the prefix `ref` stands for.

        Parameters
        ----------
        table : str
            A table with a text column ``id`` (never the user's words).
        ref : str
            An id, or its first characters.
        kind : str
            The word for the message: ``"snapshot"``.
        listing : str
            The command that lists them: ``"%nw timeline"``.
        """
        if not ref or any(c not in "0123456789abcdef" for c in ref.lower()):
            raise UnknownId(kind, ref, listing)
        rows = self.query(
            f"SELECT id FROM {table} WHERE id >= ? AND id < ? LIMIT 6",  # noqa: S608
            (ref.lower(), ref.lower() + "g"),
        )
        if not rows:
            raise UnknownId(kind, ref, listing)
        if len(rows) > 1:
            raise AmbiguousId(kind, ref, [row["id"] for row in rows])
        return str(rows[0]["id"])

    def close(self) -> None:
        """Close this thread's connection, unless it is the process's first."""
        connection = getattr(self._local, "connection", None)
        if connection is None or self._local.pid != os.getpid():
            return
        if connection not in _kept_open:
            connection.close()
        self._local.connection = None

    def data_version(self) -> int:
        """Return a number that changes whenever another connection commits."""
        return int(self._connection().execute("PRAGMA data_version").fetchone()[0])

    def integrity(self) -> list[str]:
        """Return SQLite's own complaints about the file; empty when it is sound."""
        try:
            rows = self.query("PRAGMA integrity_check")
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [row[0] for row in rows if row[0] != "ok"]

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        with suppress(sqlite3.Error):
            connection.rollback()
        if connection.in_transaction:
            # What is written next must not join what has failed: it would never be committed.
            self._local.connection = None

    def _refusal(self, error: sqlite3.OperationalError) -> StoreUnusable:
        """Return what to tell the user; a mistake of ours is raised as it is."""
        primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if primary == sqlite3.SQLITE_ERROR:
            raise error
        if primary == sqlite3.SQLITE_READONLY:
            return StoreReadOnly(self.path.parent)
        out_of_room = primary == sqlite3.SQLITE_FULL or (
            # Growing the files beside the database fails with another code.
            primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and is_full(self.path.parent)
        )
        return StoreUnusable(self.path.parent, "the disk is full" if out_of_room else str(error))

    def _connection(self) -> sqlite3.Connection:
        local = self._local
        connection: sqlite3.Connection | None = getattr(local, "connection", None)
        if connection is None or local.pid != os.getpid():
            connection = self._connect()
            local.connection = connection
            local.pid = os.getpid()
        return connection

    def _connect(self) -> sqlite3.Connection:
        try:
            if self.read_only and self._copy is None:
                return _opened(self.path, "?mode=ro")
            folder = self.path.parent if self._copy is None else Path(self._copy.name)
            connection = _opened(folder / self.path.name)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.OperationalError as error:
            raise self._refusal(error) from error
        except sqlite3.DatabaseError as error:
            raise StoreUnusable(self.path, str(error)) from error
        return connection

    def _is_readable_in_place(self) -> bool:
        try:
            connection = _opened(self.path, "?mode=ro")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError:
            return False
        return int(version) >= SCHEMA_VERSION

    def _prepare(self) -> None:
        found = self._version()
        if found > SCHEMA_VERSION:
            raise StoreTooNew(self.path, found, SCHEMA_VERSION)
        if found < SCHEMA_VERSION:
            refuses, self.read_only = self.read_only, False  # a copy of ours may be brought up
            with self.transaction() as connection:
                # Another process may have been faster.
                files = _ADDED_SINCE.get(found) if (found := self._version()) else None
                for statement in _schema(files) if found < SCHEMA_VERSION else ():
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self.read_only = refuses

    def _version(self) -> int:
        try:
            return int(self._connection().execute("PRAGMA user_version").fetchone()[0])
        except sqlite3.DatabaseError as error:
            raise StoreUnusable(self.path, str(error)) from error


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _opened(path: Path, options: str = "") -> sqlite3.Connection:
    address = path.resolve().as_uri() + options
    connection = sqlite3.connect(address, timeout=_BUSY_SECONDS, isolation_level=None, uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def _private_copy(path: Path) -> tempfile.TemporaryDirectory[str]:
    """Copy a database that nobody writes to, and what is not yet in it but in its log."""
    folder = tempfile.TemporaryDirectory(prefix="notewright-")
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{path}{suffix}", Path(folder.name) / f"{path.name}{suffix}")
    return folder


def _schema(only: Sequence[str] | None = None) -> Iterator[str]:
    """Yield the statements of the files in store/schema, in the files' order."""
    folder = resources.files("notewright.store") / "schema"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql") and (only is None or file.name in only):
            buffer = ""
            for line in file.read_text(encoding="utf-8").splitlines():
                buffer += line + "\n"
                if sqlite3.complete_statement(buffer):
                    yield buffer
                    buffer = ""
