"""Moving a store's records from its file to PostgreSQL.

Everything is copied while nobody else can write. The switch is one commit in the
file, which says from then on where the records are: who opens the store after
that finds them there, and who has the file open still is told at the next change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from notewright.errors import CannotMove
from notewright.progress import Progress
from notewright.store.address import Address
from notewright.store.catalog import Catalog, Connection
from notewright.store.ids import new_id
from notewright.store.opening import Elsewhere, settle, starting
from notewright.store.sqlite import SqliteCatalog

_CHUNK = 5000


def move(
    catalog: Catalog,
    wanted: Address,
    progress: Progress,
    note: Callable[[str], object] = lambda place: None,
) -> Catalog:
    """Move the records of a store to a schema of a database; return them there.

    Parameters
    ----------
    catalog : Catalog
        The records in their file.
    wanted : Address
        Where to; without a schema, into one of its own.
    progress : Progress
        Told before each table; may cancel, and then nothing has changed.
    note : callable, optional
        Told where they go, in the transaction that lets them go there.

    Raises
    ------
    CannotMove
        If they are not in a file, or it is read-only.
    RecordsElsewhere
        If the schema holds the records of another store.
    DatabaseUnusable
        If the database cannot be asked, or cannot keep them.
    """
    if not isinstance(catalog, SqliteCatalog):
        raise CannotMove(f"they are in {catalog.place} already")
    if catalog.read_only:
        raise CannotMove("the store is read-only")
    id_ = new_id()
    elsewhere = Elsewhere(id_, wanted.in_schema(f"notewright_{id_}"))
    target = starting(catalog.folder, elsewhere, wanted)
    try:
        with catalog.transaction() as source:
            note(target.place)
            with target.transaction() as connection:
                _copy(source, target, connection, progress)
            catalog.say_moved(source, elsewhere.text())
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            if not catalog.is_moved():
                target.remove()
        raise
    settle(catalog.folder, elsewhere)
    return target


def _copy(source: Connection, target: Catalog, into: Connection, progress: Progress) -> None:
    found = source.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " ORDER BY rowid"
    )
    # Those that others refer to come first.
    tables = [row[0] for row in found.fetchall()]
    tables.sort(key=lambda name: _refers(source, name))
    for place, table in enumerate(tables):
        progress.step(place / len(tables), f"copying {table}")
        columns = source.execute(f"PRAGMA table_info({table})").fetchall()
        names = ", ".join(f'"{column["name"]}"' for column in columns)
        marks = ", ".join("?" * len(columns))
        for rows in _chunks(source, f"SELECT {names} FROM {table}{_order(source, table)}"):  # noqa: S608
            into.executemany(f"INSERT INTO {table}({names}) VALUES ({marks})", rows)  # noqa: S608
        for column in columns:
            if column["pk"] and column["type"] == "INTEGER" and _numbers(source, table):
                last = f"(SELECT max({column['name']}) FROM {table})"  # noqa: S608 - our own names
                into.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', '{column['name']}'), {last})"
                    f" WHERE {last} > 0"
                )
    progress.step(1.0, "all records are copied")


def _refers(source: Connection, table: str) -> int:
    """Return how many tables lie between this one and those that refer to none."""
    keys = source.execute(f"PRAGMA foreign_key_list({table})").fetchall()
    return max((1 + _refers(source, key["table"]) for key in keys), default=0)


def _sql(source: Connection, table: str) -> str:
    row = source.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return str(row["sql"])


def _numbers(source: Connection, table: str) -> bool:
    """Tell whether the database numbers a table's rows in a column of it."""
    return "INTEGER PRIMARY KEY" in _sql(source, table)


def _order(source: Connection, table: str) -> str:
    """Return how to read a table so that rows of the same moment keep their order."""
    return "" if "WITHOUT ROWID" in _sql(source, table) else " ORDER BY rowid"


def _chunks(source: Connection, sql: str) -> Iterator[list[tuple[Any, ...]]]:
    rows = iter(source.execute(sql).fetchall())
    while chunk := [tuple(row) for _, row in zip(range(_CHUNK), rows, strict=False)]:
        yield chunk


__all__ = ["move"]
