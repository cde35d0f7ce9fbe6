"""The running notebook: follows IPython's events and records what cells do."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.errors import NotewrightError, StoreReadOnly
from notewright.lineage.cell import Cell, line_of
from notewright.lineage.files import FileWatch, Opened
from notewright.lineage.onlooker import Onlooker
from notewright.lineage.recorder import Cost, Recorder
from notewright.state.namespace import Namespace
from notewright.store.ids import now
from notewright.workspace import Workspace
from notewright_magics import history_thread
from notewright_magics.cells import is_only_nw, plain_code
from notewright_magics.listeners import Listeners
from notewright_magics.quiet import only_the_shells_own_work
from notewright_magics.showing import show_autorun, show_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from notewright.experiments.active import ActiveRun
    from notewright.experiments.run import Run
    from notewright.lineage.replaying import Replayed
    from notewright.state.records import Snapshot
    from notewright.state.restoring import Restored
    from notewright_magics.autorun import AutoRuns


@dataclass(frozen=True)
class PendingRun:
    """A run whose cell has not ended yet."""

    active: ActiveRun
    before: str
    error: BaseException | None


#: Seconds after a cell in which its reply is sent.
_AFTER_REPLY = 0.005
_HIDDEN = {"_", "__", "___", "_i", "_ii", "_iii", "_oh", "_ih", "_dh", "_exit_code"}


class KernelSession:
    """Watches one IPython shell; what verbs see as the live kernel.

    Parameters
    ----------
    shell : InteractiveShell
        The user's shell. Its namespace is read, and written only by a restore.
    """

    current: ClassVar[KernelSession | None] = None

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.workspace = Workspace.find(_notebook_folder())
        folders = (self.workspace.root, Path.cwd())
        self.namespace = Namespace(shell.user_ns, self._is_hidden, folders)
        self.notebook = _notebook()
        self.listeners = Listeners()
        recorder = Onlooker if self.workspace.read_only else Recorder
        self._recorder = recorder(
            self.workspace.history,
            self.workspace.snapshots,
            self.namespace,
            Path.cwd(),
            self.notebook,
            committed=self._committed,
            around=history_thread.going_on,
        )
        self.session = self._recorder.session
        self._depth = 0
        self._cell: Cell | None = None
        self._started = ("", 0.0)
        self._watch: AbstractContextManager[Opened] | None = None
        self._opened = Opened()
        self._on = False
        #: Whether the cell that runs is the one that loaded Notewright.
        self._loading = False
        self._run: PendingRun | None = None
        self._auto: AutoRuns | None = None
        self._at_off: list[Callable[[], object]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        #: Takes hold of the variables after the latest cell, if that is still to be done.
        self._hold: Callable[[], None] | None = None

    @property
    def on(self) -> bool:
        """Whether the shell is being watched."""
        return self._on

    # -- what verbs use ------------------------------------------------------------

    @property
    def autosnapshot(self) -> bool:
        """Whether a snapshot is taken after every cell."""
        return self._recorder.autosnapshot

    @autosnapshot.setter
    def autosnapshot(self, on: bool) -> None:
        self._recorder.autosnapshot = on

    @property
    def autorun(self) -> bool:
        """Whether every cell that fits an estimator becomes a run."""
        return self._auto is not None

    @autorun.setter
    def autorun(self, on: bool) -> None:
        if on == self.autorun:
            return
        if self._auto is not None:
            self._auto.close()
            self._auto = None
            return
        from notewright_magics.autorun import AutoRuns

        if self.workspace.read_only:
            raise StoreReadOnly(self.workspace.root)
        runs = self.workspace.runs
        self._auto = AutoRuns(
            self.shell,
            runs,
            self.namespace,
            self.session,
            self._run_finished,
            self._recorder.past_by_the_page,
        )
        if self._cell is not None:
            self._auto.begins()  # what follows in the cell that switches it on

    @property
    def cost(self) -> Cost:
        """What history has cost the user so far."""
        return self._recorder.cost

    def execution(self) -> str | None:
        """Return the id of the latest recorded execution in force, or None."""
        self.take_hold()
        return self._recorder.execution()

    def head(self) -> str | None:
        """Return the id of the snapshot the variables stand on, or None."""
        self.take_hold()
        return self._recorder.head()

    def gone_on(self) -> tuple[str, ...]:
        """Return the variables that are not what they are in the snapshot they stand on."""
        self.take_hold()
        return self._recorder.gone_on()

    def standing(self) -> str | None:
        """Return the id of the latest committed snapshot the variables stand on; never waits."""
        return self._recorder.standing

    def take(self, message: str = "", kind: str = "named", *, with_data: bool = False) -> Snapshot:
        """Take a snapshot of the variables as they are."""
        self.take_hold()
        snapshot = self._recorder.take(message, kind, with_data=with_data)
        self.listeners.tell("snapshots")
        return snapshot

    def restore(
        self, ref: str, only: Sequence[str] | None = None, *, discard: bool = False
    ) -> Restored:
        """Go back to a snapshot, wholly or for some variables."""
        self.take_hold()
        restored = self._recorder.restore(ref, only, still=self._is_still(), discard=discard)
        self.listeners.tell("snapshots")
        return restored

    def replay(self, restored: Restored, names: Sequence[str]) -> Replayed:
        """Rebuild variables that a snapshot could not save, by running cells again."""
        replayed = self._recorder.replay(restored, names)
        self.listeners.tell("snapshots")
        return replayed

    def off(self) -> None:
        """Stop watching, and take ``%nw``'s hooks out of the shell."""
        if not self._on:
            return
        self.autorun = False
        self.settle()
        self._on = False
        events = self.shell.events
        events.unregister("pre_run_cell", self._before)
        events.unregister("post_run_cell", self._after)
        if self._watch is not None:
            self._watch.__exit__(None, None, None)
            self._watch = None
        for action in self._at_off:
            action()
        self.listeners.close()
        self._recorder.close()
        atexit.unregister(self.settle)
        KernelSession.current = None

    def take_hold(self) -> None:
        """Take hold of the variables as the latest cell left them, if that is still to be done."""
        hold, self._hold = self._hold, None
        if hold is not None:
            hold()

    def settle(self) -> None:
        """Wait until everything that has happened so far is recorded."""
        self.take_hold()
        self._recorder.settle()

    def on_off(self, action: Callable[[], object]) -> None:
        """Call `action` when Notewright is switched off."""
        self._at_off.append(action)

    # -- runs ----------------------------------------------------------------------

    def snapshot_now(self, kind: str, message: str) -> str:
        """Return the id of a snapshot of the variables as they are, taking one if needed."""
        self.take_hold()
        return self._recorder.taken(message, kind)

    def finish_run_after_cell(
        self, active: ActiveRun, before: str, error: BaseException | None
    ) -> None:
        """Finish `active` once the running cell has ended and is recorded."""
        self._run = PendingRun(active, before, error)

    def _finish_run(self, cell: Cell) -> None:
        pending, self._run = self._run, None
        if pending is None:
            return
        active, error = pending.active, pending.error
        status = "failed" if error is not None else "finished"
        if isinstance(error, KeyboardInterrupt):
            status = "interrupted"
        after = self.take(active.name, "run")
        run = active.finish(
            status=status,
            changed=cell.change.changed,
            execution=self.execution(),
            snapshot_before=pending.before,
            snapshot_after=after.id,
            namespace=self.namespace,
            error=None if error is None else f"{type(error).__name__}: {error}",
            past=None if cell.execution is None else self._recorder.past(),
        )
        self.listeners.tell("runs")
        show_run(run)

    def _run_finished(self, run: Run) -> None:
        # Called on another thread; listeners speak to the panel on the shell's own.
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.listeners.tell, "runs")

    def _follow(self, cell: Cell) -> None:
        """Let a cell that fitted something become a run once it is recorded."""
        active = None if self._auto is None else self._auto.ends()
        if active is None or self._auto is None or self._run is not None:
            return
        cell.follower = self._auto.follower(active, cell)
        if cell.follower is not None:
            show_autorun(active, cell.follower.message)

    # -- events --------------------------------------------------------------------

    def start(self) -> None:
        """Follow the shell's events, from the cell that is running now."""
        if KernelSession.current is not None:
            KernelSession.current.off()
        KernelSession.current = self
        self._on = True
        atexit.register(self.settle)
        events = self.shell.events
        events.register("pre_run_cell", self._before)
        events.register("post_run_cell", self._after)
        self._begin("", None)  # the cell with %load_ext itself: its source comes at its end
        self._loading = True
        self._depth = 1

    def _before(self, info: ExecutionInfo) -> None:
        self._depth += 1
        if self._depth == 1:
            self.take_hold()
        if self._depth == 1 and not info.silent:
            self._begin(info.raw_cell, getattr(info, "cell_id", None))

    def _after(self, result: ExecutionResult) -> None:
        self._depth = max(0, self._depth - 1)
        cell = self._cell
        if self._depth or cell is None or not self._on:
            return
        self._cell = None
        seconds = time.perf_counter() - self._started[1]
        if self._watch is not None:
            self._watch.__exit__(None, None, None)
            self._watch = None
        info = result.info
        loading, self._loading = self._loading, False
        if loading and info is not None and not info.store_history:
            return  # no cell of the notebook: the panel, or an export, has loaded Notewright
        if info is not None and not cell.source:
            cell.source = info.raw_cell
            cell.cell = getattr(info, "cell_id", None)
        cell.number = result.execution_count
        cell.saves = not is_only_nw(cell.source)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            cell.fails(error, self.namespace.dict)
            if self._run is not None and self._run.error is not None:
                cell.stopped = line_of(self._run.error, self.namespace.dict)
        started, opened = self._started[0], self._opened

        def hold() -> None:
            cell.code = plain_code(cell.source)
            self._recorder.ended(cell, started, seconds, opened)

        self._hold = hold
        self._follow(cell)
        try:
            if self._run is not None:
                self.settle()
                self._finish_run(cell)
            elif not self._later(self.take_hold):
                self.take_hold()
        except NotewrightError as problem:
            self._recorder.problems.append(problem)
        except KeyboardInterrupt:
            print("Interrupted: Notewright did not record this cell.", file=sys.stderr)
        self._tell_problems()

    def _tell_problems(self) -> None:
        """Say what could not be recorded: the user's cell has run, and must not break by it."""
        problems = self._recorder.problems
        while problems:
            print(f"Notewright did not record a cell. {problems.pop(0)}", file=sys.stderr)

    def _later(self, action: Callable[[], None]) -> bool:
        """Call `action` once the reply has gone out; tell whether there is a loop to do so."""
        if getattr(self.shell, "kernel", None) is None:
            return False
        try:
            self._loop = asyncio.get_running_loop()
            self._loop.call_later(_AFTER_REPLY, action)
        except RuntimeError:
            return False
        return True

    def _is_still(self) -> bool:
        """Tell whether only ``%nw`` has run since the latest cell: no code, thread or callback."""
        return (
            self._cell is not None
            and is_only_nw(self._cell.source)
            and only_the_shells_own_work(self._loop)
        )

    def _committed(self) -> None:
        # Called on another thread; listeners speak to the panel on the shell's own.
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.listeners.tell, "snapshots")

    def _begin(self, source: str, cell_id: str | None) -> None:
        self._cell = Cell(source, "", cell_id)
        self._recorder.begins(source)
        self._started = (now(), time.perf_counter())
        self._watch = FileWatch.watching()
        self._opened = self._watch.__enter__()
        if self._auto is not None:
            self._auto.begins()

    def _is_hidden(self, name: str, value: Any) -> bool:
        if not isinstance(name, str) or name in _HIDDEN or name.startswith("__"):
            return True
        if name[0] == "_" and name.lstrip("_i").isdigit():
            return True  # _12, _i12: results and inputs that the shell keeps
        hidden = self.shell.user_ns_hidden
        return name in hidden and hidden[name] is value


def _notebook() -> str | None:
    """Return the notebook's path where the client tells it (Jupyter Server, VS Code)."""
    return os.environ.get("JPY_SESSION_NAME") or None


def _notebook_folder() -> Path:
    notebook = _notebook()
    folder = Path(notebook).parent if notebook and os.path.isabs(notebook) else Path.cwd()
    return folder if folder.is_dir() else Path.cwd()
