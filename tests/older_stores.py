"""Stores as older versions of Notewright left them."""

from __future__ import annotations

import sqlite3

from notewright.store import Store

#: What each version of the schema brought, undone.
_UNDOES = {
    2: ["DROP TABLE packed"],
    3: ["DROP TABLE collections"],
    4: ["DROP TABLE run_parents"],
    5: ["DROP TABLE dataset_versions"],
    6: [
        "ALTER TABLE model_versions DROP COLUMN signer",
        "ALTER TABLE model_versions DROP COLUMN signature",
        "ALTER TABLE run_params RENAME TO newer",
        "CREATE TABLE run_params (run INTEGER NOT NULL REFERENCES runs (seq), name TEXT NOT NULL,"
        " value, PRIMARY KEY (run, name)) WITHOUT ROWID",
        # Whole numbers were kept as such.
        "INSERT INTO run_params SELECT run, name, CASE"
        " WHEN number IS NULL THEN text"
        " WHEN number = CAST(number AS INTEGER) THEN CAST(number AS INTEGER) ELSE number END"
        " FROM newer",
        "DROP TABLE newer",
    ],
}


def make_older(store: Store, version: int) -> None:
    """Take away what came after `version`, and close the store."""
    store.catalog.close()
    with sqlite3.connect(store.root / "catalog.sqlite") as connection:
        for brought in sorted(_UNDOES, reverse=True):
            for statement in _UNDOES[brought] if brought > version else ():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
