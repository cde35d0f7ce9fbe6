"""Records: transactions over tables, whatever keeps them.

The tables are those of store/schema, and statements keep to what SQLite and
PostgreSQL both understand, with ``?`` for each value; what little differs,
store/postgresql.py translates. One connection a thread and process: a forked
child opens its own and never touches one it inherited. Writers stand in line
from the start of a transaction, so two kernels and a server may write one
store at once, and what a transaction has read nobody changes before it ends.
"""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, cast

from notewright.errors import AmbiguousId, StoreReadOnly, UnknownId

#: A limit that leaves nothing out.
NO_LIMIT = 2**62


class Row(Protocol):
    """One row: values by the column's name, or in order."""

    def __getitem__(self, key: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def keys(self) -> Sequence[str]:
        """Return the columns' names."""
        ...


class Result(Protocol):
    """What a statement gave."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        ...


class Connection(Protocol):
    """What takes statements inside a transaction."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Result:
        """Run a statement with its values, one for each ``?``."""
        ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Run a statement for each of many rows."""
        ...

    def commit(self) -> None:
        """End the transaction; all of it stays."""
        ...


class RecordRefused(Exception):
    """A rule of the tables does not allow it: a key that is there already, a record that stays."""


class Catalog(ABC):
    """The tables of one store.

    Parameters
    ----------
    folder : Path
        The store's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: Whether nothing can be added.
        self.read_only = False
        self._local = threading.local()

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the records are, in words without secrets."""

    @abstractmethod
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement that reads."""

    @abstractmethod
    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row, or None."""

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commit everything inside together, or nothing.

        Nested use joins the outer transaction.

        Raises
        ------
        StoreReadOnly
            If nothing can be written where the store is.
        RecordRefused
            If a rule of the tables is broken.
        """
        if self.read_only:
            raise StoreReadOnly(self.folder)
        if self.in_transaction:
            yield self._connection()
            return
        self._local.after_commit = []
        with self._refusing():
            connection = self._begin()
            try:
                yield connection
                connection.commit()
            except BaseException:
                self._roll_back(connection)
                raise
        for action in self._local.after_commit:
            action()

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has a transaction open."""
        return self._connection().in_transaction

    @abstractmethod
    def quickly(self) -> AbstractContextManager[None]:
        """Return a context whose transactions commit without waiting for the disk.

        They are safe from crashes and `kill -9`; power loss may cost the last
        of them. Inside a larger transaction that one decides.
        """

    def after_commit(self, action: Callable[[], object]) -> None:
        """Call `action` once what the open transaction wrote is committed.

        It is forgotten if the transaction is rolled back, and called once if
        the same action is given twice. Without an open transaction it is
        called at once.
        """
        if not self.in_transaction:
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

    @abstractmethod
    def close(self) -> None:
        """Close this thread's connection, unless it has to stay open."""

    def remove(self) -> None:
        """Let go of the records for good, before the store's folder is removed."""
        self.close()

    @abstractmethod
    def tables(self) -> list[str]:
        """Return the names of all tables."""

    @abstractmethod
    def mark(self) -> str:
        """Return words that are others whenever something was committed."""

    @abstractmethod
    def size(self) -> int:
        """Return the bytes it takes besides those in the store's folder."""

    @abstractmethod
    def integrity(self) -> list[str]:
        """Return what the database itself complains about; empty when it is sound."""

    # -- what each kind of database does its own way ---------------------------------

    @abstractmethod
    def _connect(self) -> Connection:
        """Open a connection."""

    @abstractmethod
    def _begin(self) -> Connection:
        """Begin a transaction that no other writer is in, and return its connection."""

    @abstractmethod
    def _roll_back(self, connection: Connection) -> None:
        """End a transaction that failed."""

    @abstractmethod
    def _refusing(self) -> AbstractContextManager[None]:
        """Return a context that raises the database's errors in the user's words."""

    def _connection(self) -> Connection:
        local = self._local
        connection: Connection | None = getattr(local, "connection", None)
        if connection is None or local.pid != os.getpid():
            connection = self._connect()
            local.connection = connection
            local.pid = os.getpid()
        return connection

    def _known(self) -> Connection | None:
        """Return this thread's connection if it has one."""
        if getattr(self._local, "pid", None) != os.getpid():
            return None
        return cast("Connection | None", self._local.connection)


__all__ = ["NO_LIMIT", "Catalog", "Connection", "RecordRefused", "Result", "Row"]
