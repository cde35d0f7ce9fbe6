"""Watches one live namespace: records executions, takes and restores snapshots."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from notewright.lineage.files import FileWatch, Opened, data_files
from notewright.lineage.history import History, Observed
from notewright.lineage.reads import names_read
from notewright.lineage.records import Execution
from notewright.lineage.writes import touched_names
from notewright.state.namespace import Namespace
from notewright.state.records import FileRead, Snapshot
from notewright.state.snapshots import Restored, Snapshots
from notewright.state.tracker import Change, Tracker
from notewright.store.ids import now


@dataclass
class Cost:
    """What watching has cost the user so far."""

    cells: int = 0
    seconds: float = 0.0


@dataclass
class Cell:
    """An execution under way. The caller fills in how it ended."""

    source: str
    code: str
    cell: str | None = None
    number: int | None = None
    status: str = "ok"
    error: str | None = None
    execution: Execution | None = None
    change: Change = field(default_factory=Change)


class Recorder:
    """One kernel's session in a workspace.

    Parameters
    ----------
    history : History
        Where executions are recorded.
    snapshots : Snapshots
        Where snapshots are kept.
    namespace : Namespace
        The live variables.
    directory : Path
        The kernel's working directory.
    notebook : str, optional
        The notebook's path, where the client tells it.
    """

    def __init__(
        self,
        history: History,
        snapshots: Snapshots,
        namespace: Namespace,
        directory: Path,
        notebook: str | None = None,
    ) -> None:
        self.namespace = namespace
        self.session = history.begin_session(directory, notebook).id
        self.autosnapshot = False
        self.cost = Cost()
        self._history = history
        self._snapshots = snapshots
        self._tracker = Tracker(namespace)
        self._tracker.look()
        #: The executions in force, so that no cell has to read the whole history.
        self._line: list[Execution] = []
        self._snapshot: str | None = None
        self._changed = True  # since the snapshot it stands on

    def execution(self) -> str | None:
        """Return the id of the latest recorded execution in force, or None."""
        return self._line[-1].id if self._line else None

    def head(self) -> str | None:
        """Return the id of the snapshot the namespace stands on, or None."""
        return self._snapshot

    @contextmanager
    def running(self, cell: Cell) -> Iterator[Cell]:
        """Record the execution of a cell around the block that runs it."""
        started, clock = now(), time.perf_counter()
        with FileWatch.watching() as opened:
            try:
                yield cell
            except BaseException as error:
                cell.status, cell.error = "error", f"{type(error).__name__}: {error}"
                raise
            finally:
                self.ended(cell, started, time.perf_counter() - clock, opened)

    def ended(self, cell: Cell, started: str, seconds: float, opened: Opened) -> Execution:
        """Record an execution that has just ended, and snapshot if asked to after every cell.

        Parameters
        ----------
        cell : Cell
            What ran, and how it ended.
        started : str
            When it started, ISO 8601.
        seconds : float
            How long it took.
        opened : Opened
            The files it opened.
        """
        clock = time.perf_counter()
        cell.change = self._tracker.look()
        seen = Observed(
            source=cell.source,
            code=cell.code,
            cell=cell.cell,
            number=cell.number,
            started=started,
            seconds=round(seconds, 6),
            status=cell.status,
            error=cell.error,
            reads=names_read(cell.code, self.namespace.dict),
            changed=cell.change.changed,
            deleted=cell.change.deleted,
            touched=touched_names(cell.code),
            files=data_files(opened.read, self._history.root),
            wrote=data_files(opened.written, self._history.root),
        )
        cell.execution = self._record(seen)
        if seen.changed or seen.deleted or seen.touched:
            self._changed = True
        if self.autosnapshot:
            self.take("", kind="auto")
        self.cost.cells += 1
        self.cost.seconds += time.perf_counter() - clock
        return cell.execution

    def take(self, message: str = "", kind: str = "named") -> Snapshot:
        """Take a snapshot of the namespace as it is."""
        makers = self._makers()
        snapshot = self._snapshots.take(
            self.namespace,
            session=self.session,
            message=message,
            kind=kind,
            execution=self.execution(),
            parent=self._snapshot,
            files=self._files(),
            origin=lambda name: makers.get(
                name, (None, "a cell that ran before Notewright was loaded")
            ),
        )
        self._snapshot, self._changed = snapshot.id, False
        return snapshot

    def taken(self, message: str, kind: str) -> str:
        """Return the id of a snapshot of the namespace as it is, taking one if there is none."""
        if self._snapshot is None or self._changed:
            return self.take(message, kind).id
        return self._snapshot

    def restore(self, ref: str, only: Sequence[str] | None = None) -> Restored:
        """Go back to a snapshot, wholly or for some variables.

        The state that is left is snapshotted first, so that nothing is lost.
        """
        snapshot = self._snapshots.get(ref, self.session)
        self.take(f"before going back to {snapshot.id[:6]}", kind="restore")
        restored = self._snapshots.restore(self.namespace, snapshot, only)
        self._tracker.look()
        if only is None:
            self._line, self._snapshot = self._history.line(snapshot.execution), snapshot.id
            self._changed = False
            self._snapshots.stand_on(snapshot, self.session)
        elif restored.rebound:
            self._record_partial(snapshot, restored.rebound)
        return restored

    def _record_partial(self, snapshot: Snapshot, names: Iterable[str]) -> None:
        words = " ".join(names)
        seen = Observed(
            source=f"%nw restore {snapshot.id[:6]} --only {words}",
            code="",
            started=now(),
            seconds=0.0,
            status="ok",
            reads=(),
            changed=tuple(names),
            restored=snapshot.id,
        )
        self._record(seen)
        self._changed = True

    def _record(self, seen: Observed) -> Execution:
        execution = self._history.record(self.session, self.execution(), seen)
        self._line.append(execution)
        return execution

    def _makers(self) -> dict[str, tuple[str | None, str]]:
        makers: dict[str, tuple[str | None, str]] = {}
        for execution in self._line:
            for name in (*execution.changed, *execution.touched):
                makers[name] = (execution.id, execution.words)
        return makers

    def _files(self) -> tuple[FileRead, ...]:
        return tuple({f.path: f for e in self._line for f in e.files}.values())
