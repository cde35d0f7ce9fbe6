"""Names that move: tags, heads, model aliases. Every move is kept."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

from notewright.errors import RefMoved
from notewright.store.catalog import Catalog
from notewright.store.ids import now


@dataclass(frozen=True)
class RefMove:
    """One move of one reference."""

    name: str
    old: str | None
    new: str | None
    moved: str
    actor: str


class Refs:
    """References by compare-and-swap, with their whole history.

    Parameters
    ----------
    catalog : Catalog
        Where they are kept.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def get(self, name: str) -> str | None:
        """Return what `name` points at, or None."""
        row = self._catalog.one("SELECT target FROM refs WHERE name = ?", (name,))
        return None if row is None else row["target"]

    def list(self, prefix: str = "") -> dict[str, str]:
        """Return all references whose name starts with `prefix`."""
        rows = self._catalog.query(
            "SELECT name, target FROM refs WHERE substr(name, 1, ?) = ? AND target IS NOT NULL"
            " ORDER BY name",
            (len(prefix), prefix),
        )
        return {row["name"]: row["target"] for row in rows}

    def move(self, name: str, new: str | None, *, expected: str | None, actor: str) -> None:
        """Point `name` at `new` if it still points at `expected`.

        Raises
        ------
        RefMoved
            If somebody else moved it first.
        """
        with self._catalog.transaction() as connection:
            found = self.get(name)
            if found != expected:
                raise RefMoved(name, expected, found)
            self._record(connection, name, found, new, actor)

    def set(self, name: str, new: str | None, *, actor: str) -> None:
        """Point `name` at `new`, whatever it pointed at."""
        with self._catalog.transaction() as connection:
            self._record(connection, name, self.get(name), new, actor)

    def moves(self, name: str) -> builtins.list[RefMove]:
        """Return every move of `name`, oldest first."""
        rows = self._catalog.query("SELECT * FROM ref_moves WHERE name = ? ORDER BY seq", (name,))
        return [RefMove(r["name"], r["old"], r["new"], r["moved"], r["actor"]) for r in rows]

    def at(self, name: str, moment: str) -> str | None:
        """Return what `name` pointed at at the ISO 8601 time `moment`."""
        row = self._catalog.one(
            "SELECT new FROM ref_moves WHERE name = ? AND moved <= ? ORDER BY seq DESC LIMIT 1",
            (name, moment),
        )
        return None if row is None else row["new"]

    def _record(self, connection, name, old, new, actor) -> None:  # type: ignore[no-untyped-def]
        connection.execute(
            "INSERT INTO refs(name, target) VALUES (?, ?)"
            " ON CONFLICT(name) DO UPDATE SET target = excluded.target",
            (name, new),
        )
        connection.execute(
            "INSERT INTO ref_moves(name, old, new, moved, actor) VALUES (?, ?, ?, ?, ?)",
            (name, old, new, now(), actor),
        )
