"""A run while it is being recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from notewright.errors import BadRecord
from notewright.experiments.assembly import Ending, draft_of
from notewright.experiments.drafting import Draft
from notewright.experiments.ledger import Step
from notewright.experiments.recorder import Recorder
from notewright.experiments.resources import Meter, Used
from notewright.experiments.run import Run, Status
from notewright.experiments.scalars import Scalar, scalar
from notewright.state.records import FileRead
from notewright.store.ids import new_id, now

if TYPE_CHECKING:
    from notewright.experiments.ports import Variables
    from notewright.experiments.runs import Runs
    from notewright.lineage.past import Past

#: Values logged by hand are committed when they are this old, in seconds, or this many.
_BATCH_SECONDS = 1.0
_BATCH = 2000
_LONGEST_NAME = 250


#: The run under way in this context; threads and tasks have contexts of their own.
_current: ContextVar[ActiveRun | None] = ContextVar("notewright_run", default=None)


def current_run() -> ActiveRun:
    """Return the run under way.

    Raises
    ------
    BadRecord
        If there is none.
    """
    run = _current.get()
    if run is None or run.recorder.over:
        raise BadRecord(
            "No run is under way.",
            'Log inside a `%%nw run "name"` cell or a `with nw.run("name"):` block.',
        )
    return run


class ActiveRun:
    """One run from its start to its end; made by `Runs.start`.

    Logging costs microseconds: values are kept in memory and committed in
    batches and at the end. As a context manager it records the block and
    finishes by itself:

    >>> with workspace.runs.start("tuned") as run:  # doctest: +SKIP
    ...     model.fit(X, y)
    ...     run.log_metric("profit", 12.5)
    """

    def __init__(
        self,
        runs: Runs,
        name: str,
        *,
        tags: dict[str, str],
        session: str | None,
        namespace: Variables | None,
        origin: str,
        parent: str | None,
    ) -> None:
        self.id = new_id()
        self.name = name
        self.tags = tags
        self.session = session
        self.origin = origin
        self.parent = parent
        self.created = now()
        self.recorder = Recorder()
        self.params: dict[str, Scalar] = {}
        self.metrics: dict[str, float] = {}
        self.steps: list[Step] = []
        self.artifacts: dict[str, bytes] = {}
        #: Figures that the recorded code showed.
        self.figures: dict[str, bytes] = {}
        self.run: Run | None = None
        #: Whether another run was recorded inside.
        self.encloses = False
        self._runs = runs
        self.namespace = namespace
        #: Processor time and memory of the recorded code, once it has ended.
        self.used: Used | None = None
        self._meter = Meter()
        self._began = time.perf_counter()
        self._took: float | None = None
        self._committed = 0
        self._pending = 0
        self._last_commit = self._began
        self._lock = threading.Lock()
        self._before: dict[str, int] = {}
        self._block: Any = None

    @property
    def seconds(self) -> float:
        """Seconds the recorded code took; without any, seconds since the start."""
        return time.perf_counter() - self._began if self._took is None else self._took

    # -- logging by hand ---------------------------------------------------------

    def log_metric(self, name: str, value: float, step: int | None = None) -> None:
        """Log a number; the last one logged under a name is the run's metric.

        Parameters
        ----------
        name : str
        value : float
        step : int, optional
            For a curve: every value with its step is kept.
        """
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise BadRecord(
                f"The metric '{name}' must be a number, not {type(value).__name__}.",
                "Log text with `log_param` or as a tag.",
            ) from None
        with self._lock:
            self._open(name)
            self.metrics[name] = number
            if step is not None:
                self.steps.append((name, int(step), number))
        self._logged()

    def log_param(self, name: str, value: Any) -> None:
        """Log a parameter; numbers, booleans, text and None are kept exactly."""
        with self._lock:
            self._open(name)
            self.params[name] = scalar(value)
        self._logged()

    def log_artifact(self, source: str | Path | bytes, name: str | None = None) -> None:
        """Keep a file's (or some bytes') contents of this moment with the run.

        Parameters
        ----------
        source : path or bytes
        name : str, optional
            By default the file's name.
        """
        if isinstance(source, bytes):
            data, name = source, name or "artifact"
        else:
            path = Path(source)
            name = name or path.name
            try:
                data = path.read_bytes()
            except OSError as error:
                raise BadRecord(
                    f"{path} cannot be read: {(error.strerror or str(error)).lower()}.",
                    "Give the path of a file that exists.",
                ) from error
        with self._lock:
            self._open(name)
            self.artifacts[name] = data
        self._logged()

    def set_tag(self, name: str, value: str) -> None:
        """Give the run a tag."""
        with self._lock:
            self._open(name)
            self.tags[name] = str(value)
        self._logged()

    def flush(self) -> None:
        """Commit what was logged so far; it survives if this process is killed."""
        with self._lock:
            if self.run is None:
                self._runs.commit_partial(self, first=self._committed)
                self._committed = len(self.steps)
                self._pending = 0
                self._last_commit = time.perf_counter()

    # -- the recorded code ---------------------------------------------------------

    def watch(self) -> None:
        """Begin to capture, from here to `unwatch`; the hooks are the caller's to install."""
        self._meter, self._began = Meter(), time.perf_counter()
        self.recorder.watch()
        _current.set(self)

    def unwatch(self) -> None:
        """Capture nothing more."""
        self._took = time.perf_counter() - self._began
        self.used = self._meter.read()
        self.recorder.unwatch()
        if _current.get() is self:
            _current.set(None)

    @property
    def logged_by_hand(self) -> bool:
        """Whether anything was logged by hand."""
        return bool(self.params or self.metrics or self.artifacts or self.tags)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Capture the metrics computed inside; results and errors are the user's own."""
        outer = _current.get()
        if outer is not None:
            outer.encloses = True
        token = _current.set(self)
        try:
            with self.recorder.recording():
                meter, began = Meter(), time.perf_counter()
                try:
                    yield
                finally:
                    # Snapshots and our own imports are not the user's time.
                    self._took = (self._took or 0.0) + time.perf_counter() - began
                    self.used = meter.read()
        finally:
            _current.reset(token)

    def finish(
        self,
        status: Status = "finished",
        *,
        changed: Iterable[str] | None = None,
        execution: str | None = None,
        snapshot_before: str | None = None,
        snapshot_after: str | None = None,
        namespace: Variables | None = None,
        files: Iterable[FileRead] | None = None,
        code: str | None = None,
        error: str | None = None,
        past: Past | None = None,
    ) -> Run:
        """End the run and commit it.

        Parameters
        ----------
        status : {"finished", "failed", "interrupted"}
        changed : iterable of str, optional
            Variables that the recorded code changed; the models are looked for
            among them. By default, among names bound to another object than
            at the start.
        execution, snapshot_before, snapshot_after : str, optional
            Ids of what it links to.
        namespace : Namespace, optional
            The user's variables, unless given at the start.
        files : iterable of FileRead, optional
            Data behind the run; by default what the history says.
        code : str, optional
            The recorded code, where `execution` is not recorded yet.
        error : str, optional
            Why it failed.
        past : Past, optional
            What ran before, and the recorded code itself.

        Returns
        -------
        Run
        """
        self.namespace = namespace or self.namespace
        ending = Ending(status, execution, snapshot_before, snapshot_after, files, error)
        names = list(changed) if changed is not None else self._rebound()
        return self.end(lambda: draft_of(self._runs, self, names, execution, code, past), ending)

    def end(self, draft: Callable[[], Draft], ending: Ending) -> Run:
        """End the run and commit what `draft` gives, unless it has ended."""
        with self._lock:
            if self.run is None:
                self.run = self._runs.commit_finished(self, draft(), ending, first=self._committed)
            return self.run

    def __enter__(self) -> ActiveRun:
        if self.namespace is not None:
            self._before = {n: id(v) for n, v in self.namespace.variables().items()}
        self._block = self.recording()
        self._block.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._block.__exit__(kind, error, traceback)
        status: Status = "finished"
        if kind is not None:
            status = "interrupted" if issubclass(kind, KeyboardInterrupt) else "failed"
        self.finish(status, error=None if kind is None else f"{kind.__name__}: {error}")

    # -- inside ------------------------------------------------------------------

    def _rebound(self) -> list[str]:
        if self.namespace is None:
            return []
        found = self.namespace.variables()
        return [name for name, value in found.items() if self._before.get(name) != id(value)]

    def _open(self, name: Any) -> None:
        if self.run is not None:
            raise BadRecord(f"The run '{self.name}' has ended.", "Start another one.")
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
            raise BadRecord(
                f"{name!r} cannot name a value of a run.",
                f"Use text of 1 to {_LONGEST_NAME} characters.",
            )

    def _logged(self) -> None:
        self._pending += 1
        if self._pending >= _BATCH or time.perf_counter() - self._last_commit > _BATCH_SECONDS:
            self.flush()
