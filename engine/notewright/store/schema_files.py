"""The statements that make the tables, and those that bring older stores up.

The files of store/schema make them, in the order of their names. A store of an
older version lacks what the files below added, and gets it by them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib import resources

SCHEMA_VERSION = 6
#: The version of a file whose records were moved; one more than there will ever be.
MOVED = 1_000_000
#: The file that brings a store up to each version from the one before.
_BRINGS_UP = {
    2: "15_packs.sql",
    3: "16_collections.sql",
    4: "60_run_parents.sql",
    5: "22_datasets.sql",
    6: "upgrades/6_parameters_and_signatures.sql",
}


def statements(found: int) -> Iterator[str]:
    """Yield what makes a store of version `found` (0: none yet) one of this version."""
    folder = resources.files("notewright.store") / "schema"
    if found:
        names = [_BRINGS_UP[version] for version in range(found + 1, SCHEMA_VERSION + 1)]
    else:
        names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    for name in names:
        buffer = ""
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            buffer += line + "\n"
            if sqlite3.complete_statement(buffer):
                yield buffer
                buffer = ""
