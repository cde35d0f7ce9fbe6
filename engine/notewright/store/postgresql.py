"""Records in a schema of a PostgreSQL database, for stores that several machines write to.

One writer at a time holds the store, by an advisory lock that ends with its
transaction, as SQLite has it: what a transaction has read nobody changes
before it ends. Statements are prepared once a connection. Text is compared by
its code points (``COLLATE "C"``), as in SQLite.
"""

from __future__ import annotations

import hashlib
import os
import re
import ssl
import struct
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, cast

from pg8000 import native
from pg8000.exceptions import DatabaseError, InterfaceError

from notewright.errors import DatabaseUnusable, RecordsElsewhere, StoreReadOnly, StoreTooNew
from notewright.store.address import Address
from notewright.store.catalog import Catalog, Connection, RecordRefused, Row
from notewright.store.dialect import COMPATIBILITY, created, translated
from notewright.store.schema_files import SCHEMA_VERSION, statements

#: Seconds until an answer, and until other writers are done.
_PATIENCE, _BUSY = 60, 30
#: Statements that stay prepared in one connection, and rows that are inserted by one.
_PREPARED, _AT_ONCE = 200, 256
_VALUES = re.compile(r"VALUES (\((?:\?, )*\?\))")
#: How the driver says that it cannot talk with the server.
_BROKEN = (InterfaceError, OSError, struct.error)
#: Connections of the process that this one is a copy of: what is written to them goes to theirs.
_inherited: list[Connection] = []


class _Lost(Exception):
    """The server cannot be talked with any more over this connection."""


class PostgresCatalog(Catalog):
    """The tables of one store in a schema.

    Parameters
    ----------
    folder : Path
        The store's folder.
    address : Address
        With its schema, which is made when missing.
    id_ : str
        The store's id, as its folder says it.
    """

    def __init__(self, folder: Path, address: Address, id_: str) -> None:
        super().__init__(folder)
        assert address.schema is not None  # callers choose one
        self._address = address
        self._schema = address.schema
        self._id = id_
        digest = hashlib.sha256(self._schema.encode()).digest()
        (self._lock,) = struct.unpack("<q", digest[:8])

    @property
    def place(self) -> str:
        """Where the records are, in words without secrets."""
        return f"PostgreSQL, {self._address}"

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement that reads."""
        with self._refusing():
            return self._asked(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row, or None."""
        with self._refusing():
            return self._asked(sql, parameters).fetchone()

    @contextmanager
    def quickly(self) -> Iterator[None]:
        """Commit inside without waiting for the server's disk; see :meth:`Catalog.quickly`."""
        self._local.quick = True
        try:
            yield
        finally:
            self._local.quick = False

    def close(self) -> None:
        """Close this thread's connection."""
        connection = self._known()
        if connection is not None:
            cast("_Connection", connection).close()
        self._local.connection = None

    def remove(self) -> None:
        """Remove the schema and all that is in it."""
        with self.transaction() as connection:
            connection.execute(f'DROP SCHEMA "{self._schema}" CASCADE')
        self.close()

    def tables(self) -> list[str]:
        """Return the names of all tables."""
        rows = self.query(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            " AND tablename <> 'store_identity'"
        )
        return [row["tablename"] for row in rows]

    def mark(self) -> str:
        """Return words that are others whenever something was committed."""
        row = self.one("SELECT CAST(pg_current_snapshot() AS TEXT) AS mark")
        return "" if row is None else str(row["mark"])

    def size(self) -> int:
        """Return the bytes that the tables take in the database."""
        row = self.one(
            "SELECT CAST(coalesce(sum(pg_total_relation_size(oid)), 0) AS BIGINT) AS bytes"
            " FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = CAST(current_schema() AS regnamespace)"
        )
        return 0 if row is None else int(row["bytes"])

    def integrity(self) -> list[str]:
        """Return nothing: whether its files are sound the server itself has to tell."""
        return []

    # -- connections -----------------------------------------------------------------

    def _connection(self) -> Connection:
        known = getattr(self._local, "connection", None)
        if known is not None and self._local.pid != os.getpid():
            _inherited.append(known)
        elif known is not None and known.broken:
            self._local.connection = None
        return super()._connection()

    def _connect(self) -> Connection:
        user, password = self._address.credentials()
        try:
            raw = native.Connection(
                user,
                host=self._address.host,
                port=self._address.port,
                database=self._address.database,
                password=password,
                ssl_context=_encrypted(self._address.sslmode),
                timeout=_PATIENCE,
                application_name="notewright",
            )
            raw.run(f'SET search_path TO "{self._schema}"')
            raw.run(f"SET lock_timeout TO '{_BUSY}s'")
        except (DatabaseError, *_BROKEN) as error:
            raise DatabaseUnusable(str(self._address), _words(error)) from error
        return _Connection(raw)

    def _own(self) -> _Connection:
        return cast("_Connection", self._connection())

    def _asked(self, sql: str, parameters: Sequence[Any]) -> _Result:
        connection = self._own()
        try:
            return connection.execute(sql, parameters)
        except (DatabaseError, _Lost) as error:
            if connection.in_transaction or not _is_lost(error):
                raise
            connection.close()  # the server may have been started anew
            return self._own().execute(sql, parameters)

    def _begin(self) -> Connection:
        quick = getattr(self._local, "quick", False)
        words = (
            f"BEGIN; {'SET LOCAL synchronous_commit TO off; ' if quick else ''}"
            f"SELECT pg_advisory_xact_lock({self._lock})"
        )
        connection = self._own()
        try:
            connection.begin(words)
        except (DatabaseError, _Lost) as error:
            if not _is_lost(error):
                connection.roll_back()
                raise
            connection.close()
            connection = self._own()
            connection.begin(words)
        return connection

    def _roll_back(self, connection: Connection) -> None:
        with suppress(DatabaseError, _Lost):
            cast("_Connection", connection).roll_back()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, _Lost) as error:
            code = _code(error)
            if code.startswith("23") or code == "P0001":
                raise RecordRefused(_words(error)) from error
            if code in ("42501", "25006"):
                raise StoreReadOnly(self.folder) from error
            if code == "55P03":
                reason = f"others have been writing to it for {_BUSY} seconds"
            elif code == "22021":
                reason = "it cannot keep text with a zero byte"
            elif _is_lost(error) or code[:2] in ("53", "58", "XX"):
                reason = _words(error)
            else:
                raise  # a mistake of ours
            raise DatabaseUnusable(str(self._address), reason) from error

    # -- the schema ------------------------------------------------------------------

    def holder(self) -> str | None:
        """Return the id of the store whose records the schema holds; None if it holds none."""
        named = f"{self._schema}.store_identity"
        there = self.one("SELECT to_regclass(?) IS NOT NULL AS there", (named,))
        if there is None or not there["there"]:
            return None
        row = self.one("SELECT id FROM store_identity")
        return None if row is None else str(row["id"])

    def prepared(self) -> PostgresCatalog:
        """Make the tables if there are none, bring older ones up, and return the catalog.

        Raises
        ------
        DatabaseUnusable
            If it cannot be asked.
        RecordsElsewhere
            If the schema holds the records of another folder.
        StoreTooNew
            If a newer Notewright wrote it.
        """
        found = self._version()
        if found > SCHEMA_VERSION:
            raise StoreTooNew(self.place, found, SCHEMA_VERSION)
        if found < SCHEMA_VERSION:
            with self.transaction() as connection:
                # Another process may have been faster.
                if (found := self._version()) < SCHEMA_VERSION:
                    self._bring_up(connection, found)
        self.read_only = not os.access(self.folder, os.W_OK) or not self._may_write()
        return self

    def _bring_up(self, connection: Connection, found: int) -> None:
        if not found:
            known = connection.execute(
                "SELECT 1 FROM pg_namespace WHERE nspname = ?", (self._schema,)
            )
            if known.fetchone() is None:
                connection.execute(f'CREATE SCHEMA "{self._schema}"')
            connection.execute("CREATE TABLE store_identity (id TEXT NOT NULL, version BIGINT)")
            connection.execute("INSERT INTO store_identity VALUES (?, 0)", (self._id,))
            for statement in COMPATIBILITY:
                connection.execute(statement)
        for statement in statements(found):
            connection.execute(created(statement))
        connection.execute("UPDATE store_identity SET version = ?", (SCHEMA_VERSION,))

    def _version(self) -> int:
        """Return the version of the schema; 0 if there is none yet."""
        holder = self.holder()
        if holder is None:
            return 0
        if holder != self._id:
            raise RecordsElsewhere(str(self._address), self.folder)
        row = self.one("SELECT version FROM store_identity")
        return 0 if row is None else int(row["version"])

    def _may_write(self) -> bool:
        row = self.one(
            "SELECT NOT pg_is_in_recovery() AND has_table_privilege('executions', 'INSERT') AS may"
        )
        return row is not None and bool(row["may"])


class _Row(tuple[Any, ...]):
    """One row: values by the column's name, or in order."""

    __slots__ = ()
    places: ClassVar[dict[str, int]]

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.places[key] if isinstance(key, str) else key)

    def keys(self) -> list[str]:
        """Return the columns' names."""
        return list(self.places)


@lru_cache(maxsize=512)
def _row_type(columns: tuple[str, ...]) -> type[_Row]:
    places = {name: place for place, name in enumerate(columns)}
    return type("Row", (_Row,), {"places": places, "__slots__": ()})


class _Result:
    """What a statement gave, all of it."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> Row | None:
        return next(self._rows, None)

    def fetchall(self) -> list[Row]:
        return list(self._rows)


class _Connection:
    """A connection that takes the statements that SQLite takes."""

    def __init__(self, raw: native.Connection) -> None:
        self._raw = raw
        self._pid = os.getpid()
        self._prepared: OrderedDict[str, native.PreparedStatement] = OrderedDict()
        self.in_transaction = False
        #: Whether it can no longer be used.
        self.broken = False

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> _Result:
        """Run a statement with its values, one for each ``?``."""
        given = {f"p{n}": _plain(value) for n, value in enumerate(parameters, 1)}
        with self._talking():
            statement = self._statement(sql)
            rows = statement.run(**given)
            if not rows:
                return _Result([])
            kind = _row_type(tuple(column["name"] for column in statement.columns))
            return _Result([kind(row) for row in rows])

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of many rows, several at once where it inserts them."""
        todo = [tuple(row) for row in rows]
        values = _VALUES.search(sql)
        if values is None:
            for row in todo:
                self.execute(sql, row)
            return
        while todo:
            # Of few lengths, so that few statements are prepared.
            count = next(n for n in (_AT_ONCE, 64, 16, 4, 1) if n <= len(todo))
            some, todo = todo[:count], todo[count:]
            marks = ", ".join([values[1]] * count)
            many = f"{sql[: values.start(1)]}{marks}{sql[values.end(1) :]}"
            self.execute(many, [value for row in some for value in row])

    def begin(self, words: str) -> None:
        """Begin a transaction."""
        with self._talking():
            self._raw.run(words)
        self.in_transaction = True

    def commit(self) -> None:
        """End the transaction; all of it stays."""
        with self._talking():
            self._raw.run("COMMIT")
        self.in_transaction = False

    def roll_back(self) -> None:
        """End the transaction; nothing of it stays."""
        self.in_transaction = False
        if not self.broken:
            with self._talking():
                self._raw.run("ROLLBACK")

    def close(self) -> None:
        """Say good-bye, if the server still listens."""
        self.broken, self.in_transaction = True, False
        if self._pid == os.getpid():
            with suppress(Exception):
                self._raw.close()

    def __del__(self) -> None:
        self.close()

    @contextmanager
    def _talking(self) -> Iterator[None]:
        """Give the connection up where an exchange ends in its middle: answers would be mixed."""
        try:
            yield
        except DatabaseError:
            raise
        except BaseException as error:
            self.close()
            if isinstance(error, _BROKEN):
                raise _Lost(_words(error)) from error
            raise

    def _statement(self, sql: str) -> native.PreparedStatement:
        known = self._prepared.pop(sql, None)
        if known is None:
            known = self._raw.prepare(translated(sql))
            if len(self._prepared) >= _PREPARED:
                self._prepared.popitem(last=False)[1].close()
        self._prepared[sql] = known
        return known


def _plain(value: Any) -> Any:
    """Return a value as its column takes it: SQLite keeps truth values as numbers."""
    return int(value) if isinstance(value, bool) else value


def _encrypted(sslmode: str) -> Any:
    if sslmode == "disable":
        return False
    if sslmode == "prefer":
        return None
    context = ssl.create_default_context()
    if sslmode == "require":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _code(error: BaseException) -> str:
    """Return the server's five letters for an error; none if it said nothing."""
    said = error.args[0] if error.args else None
    return str(said.get("C", "")) if isinstance(said, dict) else ""


def _words(error: BaseException) -> str:
    said = error.args[0] if error.args else None
    if isinstance(said, dict):
        return str(said.get("M", "it refused"))
    cause = error.__cause__ if isinstance(error, InterfaceError) else None
    return f"{error} ({cause})" if cause else str(error)


def _is_lost(error: BaseException) -> bool:
    return isinstance(error, _Lost) or _code(error)[:2] in ("08", "57")
