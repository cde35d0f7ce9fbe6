"""The rows of an audit log, read and rewritten behind Notewright's back."""

from __future__ import annotations

import json
from typing import Any

from tests.edited import edited

from notewright.governance.audit.heads import head_bytes
from notewright.governance.audit.log import link
from notewright.governance.audit.merkle import Peaks, leaf_hash
from notewright.governance.identities import Identity

COLUMNS = ("n", "entry", "leaf", "root", "signature")
LENGTH = 8


def rows(house: Any) -> list[tuple[Any, ...]]:
    """Return all rows, in order."""
    columns = ", ".join(COLUMNS)
    return edited(house.root / ".notewright", f"SELECT {columns} FROM audit_entries ORDER BY n")


def put(house: Any, row: tuple[Any, ...]) -> None:
    """Write a row over whatever has its number."""
    house.sql(
        "INSERT OR REPLACE INTO audit_entries(n, entry, leaf, root, signature)"
        " VALUES (?, ?, ?, ?, ?)",
        *row,
    )


def fitting_peaks(house: Any) -> None:
    """Let the running hashes be those of the rows that are there."""
    peaks = Peaks()
    for _, text, *_ in rows(house):
        peaks.append(leaf_hash(text.encode()))
    house.sql("UPDATE audit_peaks SET size = ?, peaks = ?", peaks.size, peaks.dump())


def rebuild(house: Any, key: Identity, change_at: int) -> None:
    """Rewrite the log from an entry on, all hashes right, signed with `key`."""
    workspace = house.governance.identities.workspace()
    peaks, previous = Peaks(), ""
    for n, text, leaf, root, signature in rows(house):
        entry = json.loads(text)
        if n >= change_at:
            entry["previous"] = previous
            if n == change_at:
                entry["subject"] = "something else"
            text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        peaks.append(leaf_hash(text.encode()))
        if n >= change_at:
            leaf, root = leaf_hash(text.encode()).hex(), peaks.root().hex()
            signature = key.sign(head_bytes(workspace, n + 1, root)).hex()
            house.sql(
                "UPDATE audit_entries SET entry = ?, leaf = ?, root = ?, signature = ?"
                " WHERE n = ?",
                text, leaf, root, signature, n,
            )  # fmt: skip
        previous = link({"leaf": leaf, "root": root, "signature": signature})
    house.sql("UPDATE audit_peaks SET peaks = ?", peaks.dump())


def heads_removed(house: Any) -> None:
    """Remove every head that Notewright keeps outside the database."""
    for heads in [*house.config.glob("heads/*"), house.root / ".notewright" / "audit.heads"]:
        heads.unlink()
