"""What a run that came to nothing left in the store, taken away again."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from notewright.store import Store
from notewright.store.catalog import Connection
from notewright.workspace import STORE, Workspace

#: Whatever rests on a session: then all of it stays.
_RESTS_ON_IT = (
    "SELECT 1 FROM runs WHERE session = ?",
    "SELECT 1 FROM executions e JOIN executions p ON e.parent = p.id"
    " WHERE p.session = ? AND e.session != p.session",
    "SELECT 1 FROM snapshots s JOIN snapshots p ON s.parent = p.id"
    " WHERE p.session = ? AND s.session != p.session",
)


@dataclass
class Leftovers:
    """The records of one run.

    Parameters
    ----------
    root : Path
        The workspace it is recorded in.
    new : bool
        Whether that is made for it.
    session : str, optional
        Its session, once that is known.
    """

    root: Path
    new: bool
    session: str | None = None

    @classmethod
    def before(cls, folder: Path) -> Leftovers:
        """Look what is there before the notebook in `folder` is run."""
        existing = Workspace.existing(folder)
        return cls(existing or folder, existing is None)

    def noted(self, root: Path, session: str) -> None:
        """Note where the run is recorded."""
        self.root, self.session = root, session

    def clear(self) -> None:
        """Forget the run, and the store with it if it was made for it.

        Where a run of an experiment was recorded, which the audit log tells, or another
        notebook went on from it, its records stay. What only its snapshots held is
        freed by the next `gc`.
        """
        if Workspace.existing(self.root) != self.root:
            return
        workspace = Workspace(self.root)
        if workspace.read_only or not _forget(workspace.store, self._session(workspace.store)):
            return
        if self.new and _is_blank(workspace.store):
            workspace.store.catalog.remove()
            shutil.rmtree(self.root / STORE)

    def _session(self, store: Store) -> str:
        """Return the session: in a new store the only one, where it was not told yet."""
        found = store.catalog.query("SELECT id FROM sessions LIMIT 2")
        if self.session is None and self.new and len(found) == 1:
            return str(found[0]["id"])
        return self.session or ""


def _forget(store: Store, session: str) -> bool:
    """Remove a session, its executions and its snapshots; tell whether that could be done."""
    with store.catalog.transaction() as connection:
        if any(connection.execute(sql, (session,)).fetchone() for sql in _RESTS_ON_IT):
            return False
        _move_back(connection, session)
        for table in ("snapshots", "executions"):
            # One of our own two names.
            connection.execute(f"DELETE FROM {table} WHERE session = ?", (session,))  # noqa: S608
        connection.execute("DELETE FROM sessions WHERE id = ?", (session,))
    return True


def _move_back(connection: Connection, session: str) -> None:
    """Let the names that the session moved stand where others had put them."""
    moved = connection.execute("SELECT DISTINCT name FROM ref_moves WHERE actor = ?", (session,))
    names = [row[0] for row in moved.fetchall()]
    connection.execute("DELETE FROM ref_moves WHERE actor = ?", (session,))
    for name in names:
        connection.execute("DELETE FROM refs WHERE name = ?", (name,))
        connection.execute(
            "INSERT INTO refs (name, target) SELECT m.name, m.new FROM ref_moves m"
            " JOIN snapshots s ON s.id = m.new WHERE m.name = ? ORDER BY m.seq DESC LIMIT 1",
            (name,),
        )


def _is_blank(store: Store) -> bool:
    """Tell whether nothing is recorded but whose the store is, which whoever looks first records.

    Objects that no record names do not count.
    """
    filled = {
        name
        for name in store.catalog.tables()
        if store.catalog.one(f'SELECT 1 FROM "{name}" LIMIT 1')  # noqa: S608 - our own schema's
    }
    acts = store.catalog.query("SELECT DISTINCT act FROM audit_entries")
    ownership = {row["act"] for row in acts} <= {"identity.register"}
    return ownership and filled <= {"packed", "identities", "audit_entries", "audit_peaks"}
