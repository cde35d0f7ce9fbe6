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
"""

from __future__ import annotations

import atexit
import ctypes
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from notewright.errors import AmbiguousId, StoreTooNew, StoreUnusable, UnknownId

SCHEMA_VERSION = 2
#: What a store of each older version lacks, as files of store/schema.
_ADDED_SINCE = {1: ("15_packs.sql",)}
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
        self._local = threading.local()
        self._prepare()
        _kept_open.append(self._connection())

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return all rows of a statement that reads."""
        return self._connection().execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Row | None:
        """Return the first row, or None."""
        row: sqlite3.Row | None = self._connection().execute(sql, parameters).fetchone()
        return row

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit everything inside together, or nothing.

        Nested use joins the outer transaction.
        """
        connection = self._connection()
        if connection.in_transaction:
            yield connection
            return
        self._local.after_commit = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
        except sqlite3.OperationalError as error:
            raise StoreUnusable(self.path, str(error)) from error
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
            connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.DatabaseError as error:
            raise StoreUnusable(self.path, str(error)) from error
        return connection

    def _prepare(self) -> None:
        found = self._version()
        if found > SCHEMA_VERSION:
            raise StoreTooNew(self.path, found, SCHEMA_VERSION)
        if found < SCHEMA_VERSION:
            with self.transaction() as connection:
                # Another process may have been faster.
                files = _ADDED_SINCE.get(found) if (found := self._version()) else None
                for statement in _schema(files) if found < SCHEMA_VERSION else ():
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _version(self) -> int:
        try:
            return int(self._connection().execute("PRAGMA user_version").fetchone()[0])
        except sqlite3.DatabaseError as error:
            raise StoreUnusable(self.path, str(error)) from error


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
