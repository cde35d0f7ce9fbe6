"""The history of executions, and slices over what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright.errors import NeverRun, UnknownId, UnknownVariable
from notewright.lineage.records import Execution, Session
from notewright.lineage.slices import Slice, slice_line
from notewright.state.records import FileRead
from notewright.store import Store
from notewright.store.canonical import canonical, digest_of, parse, plain
from notewright.store.ids import new_id, now


@dataclass
class Observed:
    """What was seen of an execution that has just ended."""

    source: str
    code: str
    started: str
    seconds: float
    status: str
    reads: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    files: tuple[FileRead, ...] = ()
    wrote: tuple[FileRead, ...] = ()
    cell: str | None = None
    number: int | None = None
    error: str | None = None
    restored: str | None = None
    through: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stopped: int | None = None


class History:
    """Every execution of every session of a workspace.

    Parameters
    ----------
    store : Store
        The workspace's store.
    root : Path
        The workspace's root.
    """

    def __init__(self, store: Store, root: Path) -> None:
        self._store = store
        self.root = root

    def begin_session(self, directory: Path, notebook: str | None = None) -> Session:
        """Record that a kernel started.

        Parameters
        ----------
        directory : Path
            The kernel's working directory.
        notebook : str, optional
            The notebook's path, where the client tells it.
        """
        session = Session(new_id(), now(), notebook, str(directory))
        with self._store.catalog.transaction() as connection:
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?)",
                (session.id, session.started, notebook, str(directory)),
            )
        return session

    def session(self, id_: str) -> Session:
        """Return the session `id_`."""
        row = self._store.catalog.one(
            "SELECT id, started, notebook, directory FROM sessions WHERE id = ?", (id_,)
        )
        if row is None:
            raise UnknownId("session", id_, "notewright status")
        return Session(**dict(row))

    def latest_session(self) -> str | None:
        """Return the id of the session that ran a cell last, or None."""
        row = self._store.catalog.one(
            "SELECT session FROM executions ORDER BY started DESC, ordinal DESC LIMIT 1"
        )
        return None if row is None else str(row["session"])

    def record(
        self, session: str, parent: str | None, seen: Observed, id_: str | None = None
    ) -> Execution:
        """Record an execution that ended; committed when this returns.

        Parameters
        ----------
        session : str
            Whose execution it is.
        parent : str or None
            The execution before it in the line in force.
        seen : Observed
            What was seen.
        id_ : str, optional
            The id it is to have; by default a new one.
        """
        with self._store.catalog.transaction() as connection:
            row = self._store.catalog.one(
                "SELECT coalesce(max(ordinal), 0) + 1 AS next FROM executions WHERE session = ?",
                (session,),
            )
            before = self._row(parent) if parent is not None else None
            body: dict[str, Any] = {
                **plain(seen),
                "parent": parent,
                "parent_digest": None if before is None else before["digest"],
                "session": session,
                "ordinal": 1 if row is None else int(row["next"]),
            }
            written = canonical(body)
            execution = Execution.parse(body, id=id_ or new_id(), digest=digest_of(written))
            connection.execute(
                "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    execution.id,
                    execution.digest,
                    parent,
                    session,
                    execution.ordinal,
                    seen.cell,
                    seen.status,
                    seen.started,
                    written.decode(),
                ),
            )
        return execution

    def get(self, ref: str) -> Execution:
        """Return the execution that the id or prefix `ref` names."""
        return self._read(
            self._store.catalog.resolve("executions", ref, "execution", "%nw history")
        )

    def executions(self, session: str) -> list[Execution]:
        """Return all executions of a session in the order they ran, undone ones too."""
        rows = self._store.catalog.query(
            "SELECT * FROM executions WHERE session = ? ORDER BY ordinal", (session,)
        )
        return [_execution(row) for row in rows]

    def line(self, execution: str | None) -> list[Execution]:
        """Return the executions in force after `execution`, in order, itself last.

        What a restore undid is not among them.
        """
        rows = self._store.catalog.query(
            "WITH RECURSIVE line (id, parent, depth) AS ("
            " SELECT id, parent, 0 FROM executions WHERE id = ?"
            " UNION ALL SELECT e.id, e.parent, depth + 1"
            " FROM executions e JOIN line ON e.id = line.parent)"
            " SELECT e.* FROM line JOIN executions e ON e.id = line.id ORDER BY depth DESC",
            (execution,),
        )
        return [_execution(row) for row in rows]

    def intact(self, execution: Execution) -> bool:
        """Tell whether the record of `execution` still has the hash it was sealed with."""
        return digest_of(self._row(execution.id)["body"].encode()) == execution.digest

    def problem(self, line: Sequence[Execution]) -> str | None:
        """Return what is wrong with the records of a line of executions, or None."""
        before: Execution | None = None
        for execution in line:
            if not self.intact(execution):
                return f"the record of {execution.words} is not as it was written"
            if before is not None and execution.parent_digest != before.digest:
                return f"{execution.words} does not follow {before.words} as it was recorded"
            before = execution
        return None

    def is_sealed(self, execution: str | None, digest: str | None) -> bool:
        """Tell whether `execution` and all before it are what was sealed with `digest`."""
        for each in reversed(self.line(execution)):
            if each.digest != digest or not self.intact(each):
                return False
            digest = each.parent_digest
        return digest is None

    def slice(self, execution: str | None, name: str) -> Slice:
        """Return what made variable `name` as it was after `execution`.

        Raises
        ------
        NeverRun
            If nothing was executed.
        UnknownVariable
            If no execution in force made it.
        """
        line = self.line(execution)
        if not line:
            raise NeverRun
        made = {changed for e in line for changed in e.changed}
        if name not in made:
            raise UnknownVariable(name, "the executed cells", made)
        return slice_line(line, name)

    def maker(self, execution: str | None, name: str) -> tuple[str | None, str]:
        """Return the execution that last changed `name`: its id, and words for its cell."""
        for candidate in reversed(self.line(execution)):
            if name in candidate.changed:
                return candidate.id, candidate.words
        return None, "a cell that ran before Notewright was loaded"

    def _row(self, id_: str) -> Any:
        row = self._store.catalog.one("SELECT * FROM executions WHERE id = ?", (id_,))
        if row is None:
            raise UnknownId("execution", id_, "%nw history")
        return row

    def _read(self, id_: str) -> Execution:
        return _execution(self._row(id_))


def _execution(row: Any) -> Execution:
    return Execution.parse(parse(row["body"]), id=row["id"], digest=row["digest"])
