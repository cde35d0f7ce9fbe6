"""Records read and edited behind Notewright's back, in whatever keeps them."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any


def edited(store: Path, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run a statement in the records of the store in a folder; return the rows it gives.

    Parameters
    ----------
    store : Path
        The ``.notewright`` folder.
    statement : str
        With ``?`` for each value.
    """
    if (store / "catalog.sqlite").exists():
        with closing(sqlite3.connect(store / "catalog.sqlite")) as connection:
            found = connection.execute(statement, values).fetchall()
            connection.commit()
        return found
    from pg8000 import native

    from notewright.store.address import Address

    where = Address.parse(json.loads((store / "records.json").read_text())["address"])
    user, password = where.asked_as(Address.parse(os.environ["NOTEWRIGHT_STORE"])).credentials()
    numbers = count()
    for _ in values:
        statement = statement.replace("?", f":p{next(numbers)}", 1)
    with native.Connection(
        user, host=where.host, port=where.port, database=where.database, password=password
    ) as connection:
        connection.run(f'SET search_path TO "{where.schema}"')
        rows = connection.run(statement, **{f"p{n}": value for n, value in enumerate(values)})
        return [tuple(row) for row in rows or ()]
