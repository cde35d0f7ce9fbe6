"""Watches one live namespace: records executions, takes and restores snapshots."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from notewright.lineage.cell import Cell, Change, Follower
from notewright.lineage.files import FileWatch, Opened, data_files
from notewright.lineage.history import History, Observed
from notewright.lineage.past import Before, Past, Ran
from notewright.lineage.reads import names_read, names_through
from notewright.lineage.records import Execution
from notewright.lineage.replaying import Replayed, Step, check_sealed, plan_replay, run_plan
from notewright.lineage.writes import touched_names, widely_written_names
from notewright.state.capture.keeper import Around, Keeper, View
from notewright.state.capture.known import Outcome
from notewright.state.contents import Beside, document_path
from notewright.state.namespace import Namespace
from notewright.state.randomness import random_state, set_random_state
from notewright.state.records import FileRead, Snapshot
from notewright.state.restoring import Restored
from notewright.state.reuse import Reuse
from notewright.state.sharing import shared_otherwise
from notewright.state.snapshots import Occasion, Snapshots
from notewright.store.ids import new_id, now
from notewright.store.packs import PackWriter


@dataclass
class Cost:
    """What watching has made the user wait for so far."""

    cells: int = 0
    seconds: float = 0.0


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
    committed : callable, optional
        Called, on another thread, when a snapshot was taken after a cell.
    around : callable, optional
        Gives what to enter around each copying of the process.
    """

    def __init__(
        self,
        history: History,
        snapshots: Snapshots,
        namespace: Namespace,
        directory: Path,
        notebook: str | None = None,
        committed: Callable[[], object] = lambda: None,
        around: Around = nullcontext,
    ) -> None:
        self.namespace = namespace
        self.session = self._begin_session(history, directory, notebook)
        self._autosnapshot = False
        self.cost = Cost()
        #: What could not be recorded since the user was last told.
        self.problems: list[BaseException] = []
        self._folder = directory
        self._document = document_path(notebook, directory)
        self._history = history
        self._snapshots = snapshots
        self._committed = committed
        self._keeper: Keeper = snapshots.keeper(namespace, around, FileWatch.own_work)
        #: What the variables were after the latest recorded execution.
        self._digests: dict[str, str] = {}
        #: What a restore in the running execution put back: that is no change of its own.
        self._put_back: set[str] = set()
        #: The executions in force, so that no cell has to read the whole history.
        self._line: list[Execution] = []
        #: Cells that have ended and are not recorded yet.
        self._on_their_way: dict[int, Cell] = {}
        #: Executions in which, or before which, more may have changed than is recorded,
        self._unclear: set[str] = set()
        #: and whether the next one is one of them.
        self._is_unclear = False
        self._snapshot: str | None = None
        self._changed = True  # since the snapshot it stands on
        self._look()

    def _begin_session(self, history: History, directory: Path, notebook: str | None) -> str:
        return history.begin_session(directory, notebook).id

    @property
    def autosnapshot(self) -> bool:
        """Whether a snapshot is taken after every cell."""
        return self._autosnapshot

    @autosnapshot.setter
    def autosnapshot(self, on: bool) -> None:
        self._autosnapshot = on

    def execution(self) -> str | None:
        """Return the id of the latest recorded execution in force, or None."""
        self.settle()
        return self._line[-1].id if self._line else None

    def head(self) -> str | None:
        """Return the id of the snapshot the namespace stands on, or None."""
        self.settle()
        return self._snapshot

    def gone_on(self) -> tuple[str, ...]:
        """Return the variables that are not what they are in the snapshot the namespace stands on.

        As of the latest recorded execution.
        """
        self.settle()
        if self._snapshot is None or not self._changed:
            return ()
        snapshot = self._snapshots.get(self._snapshot)
        then = {variable.name: variable.digest for variable in snapshot.variables}
        now = self._keeper.known().digests
        unsaved = {each.name for each in snapshot.unsaved}
        return tuple(
            name
            for name in (*then, *(now.keys() - then.keys()))
            if then.get(name) != now.get(name) and name not in unsaved
        )

    @property
    def standing(self) -> str | None:
        """The id of the latest committed snapshot the namespace stands on; never waits."""
        return self._snapshot

    def past(self) -> Past:
        """Return what ran up to the latest recorded execution."""
        return Past.of(self._ran(self._line), self._digests)

    def past_by_the_page(self, latest: Cell) -> Past:
        """Return what ran up to a cell that has just ended, by the text alone where need be.

        It never waits: what cells have changed that are not recorded yet, is not known.
        """
        waiting = list(self._on_their_way.values())  # first: one may get on record meanwhile
        ran = self._ran(list(self._line))
        return Past.of((*ran, *map(Ran.by_the_page, (*waiting, latest))), self._digests)

    def _ran(self, line: Sequence[Execution]) -> list[Ran]:
        """Return executions since it is clear what they have changed."""
        if self._is_unclear:
            return []
        latest = takewhile(lambda each: each.id not in self._unclear, reversed(line))
        return [Ran.of(execution) for execution in latest][::-1]

    def settle(self) -> None:
        """Wait until everything that has happened so far is recorded."""
        self._keeper.settle()

    def close(self) -> None:
        """Finish what was begun, and stop."""
        self._keeper.close()

    @contextmanager
    def running(self, cell: Cell) -> Iterator[Cell]:
        """Record the execution of a cell around the block that runs it."""
        started, clock = now(), time.perf_counter()
        self.begins(cell.code)
        with FileWatch.watching() as opened:
            try:
                yield cell
            except BaseException as error:
                cell.fails(error, self.namespace.dict)
                raise
            finally:
                self.ended(cell, started, time.perf_counter() - clock, opened)
                self.settle()

    def begins(self, code: str) -> None:
        """Prepare for a cell: large arrays that it is likely to write to are made ready."""
        large = self._keeper.begin()
        # Few cells name a large array, and parsing is the longest part of what the user waits for.
        if any(name in code for name in large):
            written = widely_written_names(code)
            self._keeper.expect_writes(n for n in large if n.partition(".")[0] in written)

    def ended(self, cell: Cell, started: str, seconds: float, opened: Opened) -> None:
        """Record an execution that has ended, and snapshot if asked to after every cell.

        Takes hold of the variables as they are and returns; the record is made
        behind, and is there after :meth:`settle`.

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
        follower = cell.follower
        save = (self.autosnapshot and cell.saves) or follower is not None
        ended = _Ended(cell, new_id(), started, round(seconds, 6), save, now())
        root, namespace, own = self._history.root, self.namespace.dict, self.namespace.modules
        code, read, written = cell.code, dict(opened.read), dict(opened.written)
        looks_back = follower is not None and follower.looks_back
        self._on_their_way[id(cell)] = cell

        def tell() -> Before:
            return Before(self._ran(self._line), self._digests)

        def observe(digests: Mapping[str, str], before: Before | None) -> _Observations:
            past = None if before is None else before.and_then(cell, digests)
            return _Observations(
                names_read(code, namespace, own),
                touched_names(code),
                data_files(read, root),
                data_files(written, root),
                names_through(code, namespace),
                None if follower is None else follower.observe(past),
            )

        def finish(found: Outcome, writer: PackWriter) -> None:
            self._record_ended(ended, found.observed, self._change_to(found.digests))
            if ended.save:
                what = ("", "auto") if follower is None else (follower.message, "run")
                taken = self._commit(found, writer, ended.occasion(self._occasion(*what)))
                if follower is not None:
                    follower.finish(found.observed.followed, cell, taken.id)
                self._committed()

        def failed(error: BaseException, found: Outcome | None) -> None:
            self.problems.append(error)
            self._on_their_way.pop(id(cell), None)
            self._is_unclear = self._is_unclear or cell.execution is None
            if cell.execution is None and found is not None:  # only storing it failed
                self._record_ended(ended, found.observed, self._change_to(found.digests))
            elif cell.execution is None:  # what the page says is all that is known then
                touched = touched_names(code)
                self._record_ended(ended, _Observations((), touched, (), (), {}), Change(touched))
            if follower is not None:
                followed = None if found is None else found.observed.followed
                self._follow_without_snapshot(follower, followed, cell)

        self._keeper.view(
            save=save,
            observe=observe,
            finish=finish,
            failed=failed,
            tell=tell if looks_back else None,
            at_once=follower is None and not read and not written,
        )
        self.cost.cells += 1
        self.cost.seconds += time.perf_counter() - clock

    def _follow_without_snapshot(self, follower: Follower, seen: Any, cell: Cell) -> None:
        try:
            follower.finish(seen, cell, None)
        except Exception as error:  # noqa: BLE001 - told like the one that came first
            self.problems.append(error)

    def take(self, message: str = "", kind: str = "named", *, with_data: bool = False) -> Snapshot:
        """Take a snapshot of the namespace as it is; durable when this returns.

        Parameters
        ----------
        message : str
            The user's words.
        kind : {"named", "auto", "run", "export", "restore"}
            Why it is taken.
        with_data : bool, default False
            Keep the data files that were read, whatever their size.
        """
        self.settle()
        occasion = self._occasion(message, kind, with_data=with_data)
        view = self._keeper.view(
            save=True,
            finish=lambda found, writer: self._commit(found, writer, occasion),
            waited=True,
        )
        self._wait(view)
        taken: Snapshot = view.result
        return taken

    def taken(self, message: str, kind: str) -> str:
        """Return the id of a snapshot of the namespace as it is, taking one if there is none."""
        self.settle()
        if self._snapshot is None or self._changed:
            return self.take(message, kind).id
        return self._snapshot

    def restore(
        self,
        ref: str,
        only: Sequence[str] | None = None,
        *,
        still: bool = False,
        discard: bool = False,
    ) -> Restored:
        """Go back to a snapshot, wholly or for some variables.

        The state that is left is snapshotted first, so that nothing is lost.

        Parameters
        ----------
        ref : str
            The snapshot.
        only : sequence of str, optional
            Just these variables.
        still : bool, default False
            Whether the caller knows that nothing can have changed since the
            latest execution was recorded, nor will before the next one is.
        discard : bool, default False
            Give up what the variables are now, where the store is read-only.
        """
        self.settle()
        snapshot = self._snapshots.get(ref, self.session)
        still = still and self._snapshot is not None and not self._changed
        if still and self._snapshot is not None:
            left = self._snapshots.get(self._snapshot)
        else:
            self._snapshots.check_restorable(snapshot, only)
            left = self.take(f"before going back to {snapshot.id[:6]}", kind="restore")
        with self._snapshots.staying():
            self._snapshots.check_there(snapshot)
            return self._restore(snapshot, left, only, still=still)

    def _restore(
        self, snapshot: Snapshot, left: Snapshot, only: Sequence[str] | None, *, still: bool
    ) -> Restored:
        known = self._keeper.known()
        # A digest tells values, not which of them are one object.
        anew = shared_otherwise(left, snapshot, known.digests)
        live = {name: "" if name in anew else digest for name, digest in known.digests.items()}
        reuse = Reuse(self.namespace, known) if still else None
        restored = self._snapshots.restore(self.namespace, snapshot, only, live, reuse)
        gone = {*restored.rebound, *restored.removed}
        lost = tuple(u.name for u in left.unsaved if u.name in gone)
        restored = replace(restored, left=left.id, lost=lost)
        if still:
            self._put_back = gone
        else:
            self._look()
        if only is None:
            self._line, self._snapshot = self._line_to(snapshot.execution), snapshot.id
            self._changed = False
            self._snapshots.stand_on(snapshot, self.session)
        elif restored.rebound:
            self._record_partial(snapshot, restored.rebound)
        return restored

    def _line_to(self, execution: str | None) -> list[Execution]:
        """Return the executions in force after one; most often it is behind us on our line."""
        for at in range(len(self._line), 0, -1):
            if self._line[at - 1].id == execution:
                return self._line[:at]
        line = self._history.line(execution)
        self._unclear.update(each.id for each in line[-1:])  # of another session, perhaps
        return line

    def replay(self, restored: Restored, names: Sequence[str]) -> Replayed:
        """Rebuild what a snapshot could not save by running again the cells that made it.

        Parameters
        ----------
        restored : Restored
            The restore that has just been done.
        names : sequence of str
            Variables that are not in its snapshot.

        Raises
        ------
        HistoryNotSigned
            If the cells are not those whose hash was signed with the snapshot.
        """
        snapshot = restored.snapshot
        check_sealed(self._history, snapshot)
        left = self._snapshots.get(self.taken("before running cells again", "restore"))
        self._look()
        self.settle()
        before, self._put_back = self._digests, set()
        saved = {*restored.rebound, *restored.kept}
        saved |= {v.name for v in snapshot.variables if before.get(v.name) == v.digest}
        plan = plan_replay(self._history, self._snapshots, snapshot, names, saved)

        def load(step: Step) -> Mapping[str, Any]:
            brought = self._snapshots.get(step.execution.restored or "")
            return self._snapshots.bring(brought, step.loads, self.namespace.dict)

        started, clock, random = now(), time.perf_counter(), random_state()
        try:
            with FileWatch.watching() as opened:
                replayed = run_plan(plan, self.namespace, load)
        finally:
            set_random_state(random)
        seconds = round(time.perf_counter() - clock, 6)
        if replayed.rebuilt:
            words = f"%nw restore {snapshot.id[:6]} --replay {' '.join(replayed.rebuilt)}"
            self._record_restored(
                words, snapshot, replayed.rebuilt, started=started, seconds=seconds, opened=opened
            )
        return replace(replayed, put_back=self._put_back_changed(before, left, replayed.rebuilt))

    def _put_back_changed(
        self, before: Mapping[str, str], left: Snapshot, rebuilt: Sequence[str]
    ) -> tuple[str, ...]:
        """Bring back what running cells again changed though it had not changed it then."""
        self._look()
        self.settle()
        after = self._digests
        names = [
            v.name
            for v in left.variables
            if v.name not in rebuilt and before.get(v.name) != after.get(v.name)
        ]
        if not names:
            return ()
        back = self._snapshots.restore(self.namespace, left, names, after)
        self._look()
        return back.rebound

    # -- behind -------------------------------------------------------------------------

    def _look(self) -> None:
        """Note what the variables are now: no execution changed them to that."""

        def finish(found: Outcome, _: PackWriter) -> None:
            self._digests = found.digests
            # What has changed since the latest execution is on no record.
            self._is_unclear = self._is_unclear or bool(self._line)

        def failed(error: BaseException, _: Outcome | None) -> None:
            self.problems.append(error)

        self._keeper.view(save=False, finish=finish, failed=failed, at_once=True)

    def _change_to(self, digests: dict[str, str]) -> Change:
        before, self._digests = self._digests, digests
        put_back, self._put_back = self._put_back, set()
        return Change(
            tuple(n for n, d in digests.items() if before.get(n) != d and n not in put_back),
            tuple(n for n in before if n not in digests and n not in put_back),
        )

    def _record_ended(self, ended: _Ended, seen: _Observations, change: Change) -> None:
        cell = ended.cell
        observed = Observed(
            source=cell.source,
            code=cell.code,
            cell=cell.cell,
            number=cell.number,
            started=ended.started,
            seconds=ended.seconds,
            status=cell.status,
            error=cell.error,
            stopped=cell.stopped,
            reads=seen.reads,
            changed=change.changed,
            deleted=change.deleted,
            touched=seen.touched,
            files=seen.files,
            wrote=seen.wrote,
            through=seen.through,
        )
        cell.change = change
        cell.execution = self._record(observed, ended.id)
        self._on_their_way.pop(id(cell), None)
        if change.changed or change.deleted or seen.touched:
            self._changed = True

    def _record(self, seen: Observed, id_: str | None = None) -> Execution:
        parent = self._line[-1].id if self._line else None
        execution = self._history.record(self.session, parent, seen, id_)
        if self._is_unclear:
            self._unclear.add(execution.id)
            self._is_unclear = False
        self._line.append(execution)
        return execution

    def _commit(self, found: Outcome, writer: PackWriter, occasion: Occasion) -> Snapshot:
        snapshot = self._snapshots.commit(found, occasion, writer)
        self._snapshot, self._changed = snapshot.id, False
        return snapshot

    def _occasion(self, message: str, kind: str, *, with_data: bool = False) -> Occasion:
        makers = self._makers()
        return Occasion(
            id=new_id(),
            session=self.session,
            message=message,
            kind=kind,
            execution=self._line[-1].id if self._line else None,
            parent=self._snapshot,
            created=now(),
            files=self._files(),
            origin=lambda name: makers.get(
                name, (None, "a cell that ran before Notewright was loaded")
            ),
            beside=Beside(
                self._history.root,
                self._folder if self._document is None else self._document.parent,
                self._document,
                with_data=with_data,
                asks_git=kind == "named",
            ),
            sealed=self._line[-1].digest if self._line else None,
        )

    def _wait(self, view: View) -> None:
        view.done.wait()
        if view.error is not None:
            raise view.error

    def _record_partial(self, snapshot: Snapshot, names: Sequence[str]) -> None:
        words = f"%nw restore {snapshot.id[:6]} --only {' '.join(names)}"
        self._record_restored(words, snapshot, names)

    def _record_restored(
        self,
        words: str,
        snapshot: Snapshot,
        names: Sequence[str],
        *,
        started: str = "",
        seconds: float = 0.0,
        opened: Opened | None = None,
    ) -> None:
        root = self._history.root
        seen = Observed(
            source=words,
            code="",
            started=started or now(),
            seconds=seconds,
            status="ok",
            reads=(),
            changed=tuple(names),
            files=() if opened is None else data_files(opened.read, root),
            wrote=() if opened is None else data_files(opened.written, root),
            restored=snapshot.id,
        )
        self._record(seen)
        self._changed = True

    def _makers(self) -> dict[str, tuple[str | None, str]]:
        makers: dict[str, tuple[str | None, str]] = {}
        for execution in self._line:
            for name in (*execution.changed, *execution.touched):
                makers[name] = (execution.id, execution.words)
        return makers

    def _files(self) -> tuple[FileRead, ...]:
        return tuple({f.path: f for e in self._line for f in e.files}.values())


@dataclass(frozen=True)
class _Observations:
    """What is to be seen of an execution where its variables are as it left them."""

    reads: tuple[str, ...]
    touched: tuple[str, ...]
    files: tuple[FileRead, ...]
    wrote: tuple[FileRead, ...]
    through: Mapping[str, tuple[str, ...]]
    followed: Any = None


@dataclass(frozen=True)
class _Ended:
    """An execution that has ended and is not recorded yet."""

    cell: Cell
    id: str
    started: str
    seconds: float
    save: bool
    ended: str

    def occasion(self, occasion: Occasion) -> Occasion:
        """Return the occasion with the time at which the variables were as they are in it."""
        return replace(occasion, created=self.ended)
