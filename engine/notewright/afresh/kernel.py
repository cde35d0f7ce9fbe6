"""A kernel that one notebook is run in from top to bottom, and nobody else uses."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from notewright import errors
from notewright.afresh.document import CodeCell, Document
from notewright.afresh.mark import MARK
from notewright.errors import Cancelled, CellFailed, KernelUnusable, NotewrightError
from notewright.progress import Progress

_LOAD = "%load_ext notewright"
#: Seconds until a kernel that says nothing is taken for dead.
_START = 120.0
#: Seconds between two looks whether somebody cancelled.
_LOOK = 0.2
#: Seconds that an export which is stopped may take to clear up.
_CLEARING_UP = 120.0
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LINE = re.compile(r"^Cell In\s?\[\d+\], line (\d+)", re.M)


class FreshKernel:
    """The kernel of a notebook's kind, in the notebook's folder, with history on.

    It is stopped at the end of the block, with all that its cells have started.

    Parameters
    ----------
    document : Document
        The notebook.
    progress : Progress
        Cancelling it stops whatever runs.
    """

    def __init__(self, document: Document, progress: Progress) -> None:
        self._document = document
        self._progress = progress
        self._comm = uuid.uuid4().hex
        self._manager: Any = None
        self._client: Any = None
        #: What the kernel's process says on its own behalf.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the kernel

    # -- its life ------------------------------------------------------------------

    def __enter__(self) -> FreshKernel:
        """Start it."""
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it."""
        self._stop()

    def _start(self) -> None:
        from jupyter_client.kernelspec import NoSuchKernel
        from jupyter_client.manager import KernelManager
        from traitlets.config import Config

        name = self._document.kernel
        # What goes to the kernel and back is encrypted where it can; it warns where it is not.
        config = Config({"KernelManager": {"transport_encryption": "auto"}})
        self._manager = KernelManager(kernel_name=name, config=config)
        # What is run here is no part of what the user typed.
        options = ["--HistoryManager.hist_file=:memory:"] if self._manager.ipykernel else []
        notebook = os.fspath(self._document.path)
        try:
            self._manager.start_kernel(
                cwd=os.fspath(self._document.folder),
                env={**os.environ, "JPY_SESSION_NAME": notebook, MARK: "1"},
                extra_arguments=options,
                stdout=self._log,
                stderr=self._log,
            )
            self._client = self._manager.client()
            self._client.start_channels()
            self._client.wait_for_ready(timeout=_START)
        except NoSuchKernel:
            raise KernelUnusable(
                name, "it is not installed", "`jupyter kernelspec list` shows those that are."
            ) from None
        except (OSError, RuntimeError) as error:
            raise KernelUnusable(name, f"it does not start ({self._last_words(error)})") from error

    def _last_words(self, error: Exception) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return (lines or [str(error)])[-1][:300]

    def _stop(self) -> None:
        with self._log:
            if self._client is not None:
                self._client.stop_channels()
            if self._manager is not None and self._manager.has_kernel:
                self._shut_down()

    def _shut_down(self) -> None:
        group = getattr(self._manager.provisioner, "pgid", None)
        self._manager.shutdown_kernel()
        if group:
            # What its cells started and left running.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)

    # -- what it is asked ----------------------------------------------------------

    def load(self) -> dict[str, Any]:
        """Load Notewright in it; return what it says of itself.

        Raises
        ------
        KernelUnusable
            If Notewright is not installed in the kernel's environment.
        """
        failed = self._execute(_LOAD, None, stored=False, deadline=None)
        if failed is not None:
            raise KernelUnusable(
                self._document.kernel,
                f"Notewright cannot be loaded in it ({failed[0]})",
                "Install Notewright in that kernel's environment, and export again.",
            )
        self._send("comm_open", {"comm_id": self._comm, "target_name": "notewright", "data": {}})
        self._tell({"verb": "hello"})
        return self._answer("hello", None)

    def run(self, cell: CodeCell, deadline: float | None = None) -> CellFailed | None:
        """Run a cell; return the error of its own that it ended with, if it may not.

        Parameters
        ----------
        cell : CodeCell
            The cell.
        deadline : float, optional
            When to give up, on the monotonic clock.

        Raises
        ------
        CellFailed
            If it takes too long, or ends the kernel.
        """
        try:
            failed = self._execute(cell.source, cell.id, stored=True, deadline=deadline)
        except _Dead:
            raise CellFailed(
                cell.number,
                "the kernel died",
                remedy="See whether it needs more memory than is free.",
            ) from None
        except TimeoutError:
            raise CellFailed(
                cell.number,
                "the time limit was reached",
                remedy="Give the notebook more time, or nothing of the sort to wait for.",
            ) from None
        if failed is None or cell.may_fail:
            return None
        words, line = failed
        return CellFailed(cell.number, words, None if line is None else line + cell.blank_lines)

    def pass_over(self, cell: CodeCell, why: str) -> None:
        """Leave a cell out, but count it: those after it keep the notebook's numbers."""
        self._execute(f"# Not run: {why}", cell.id, stored=True, deadline=None)

    def ask(self, on_progress: Callable[[float, str], None] | None = None, **data: Any) -> Any:
        """Ask Notewright's part in the kernel for something, as the panel does.

        When it is cancelled, what runs there is interrupted and clears up first.
        """
        self._tell({**data, "id": "asked"})
        try:
            return self._answer("done", on_progress)["data"]
        except (Cancelled, KeyboardInterrupt):
            self._manager.interrupt_kernel()
            with contextlib.suppress(NotewrightError, TimeoutError):
                self._answer("done", None, deadline=time.monotonic() + _CLEARING_UP, heed=False)
            raise

    def _answer(
        self,
        event: str,
        on_progress: Callable[[float, str], None] | None,
        deadline: float | None = None,
        *,
        heed: bool = True,
    ) -> dict[str, Any]:
        for message in self._messages(deadline, heed=heed):
            content = message["content"]
            if content.get("comm_id") != self._comm:
                continue
            data = content.get("data", {})
            if message["header"]["msg_type"] == "comm_close":
                raise KernelUnusable(self._document.kernel, "Notewright was switched off in it")
            if data.get("event") == "progress" and on_progress is not None:
                on_progress(data["fraction"], data["message"])
            elif data.get("event") == "error":
                raise _refused(data)
            elif data.get("event") == event:
                return dict(data)
        raise AssertionError("messages never end")

    # -- messages ------------------------------------------------------------------

    def _tell(self, data: dict[str, Any]) -> None:
        self._send("comm_msg", {"comm_id": self._comm, "data": data})

    def _send(self, kind: str, content: dict[str, Any], metadata: Any = None) -> str:
        message = self._client.session.msg(kind, content, metadata=metadata)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def _execute(
        self, source: str, cell: str | None, *, stored: bool, deadline: float | None
    ) -> tuple[str, int | None] | None:
        """Run code to its end; return its error and the line it is on, or None."""
        content = {
            "code": source,
            "silent": False,
            "store_history": stored,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        request = self._send("execute_request", content, {"cellId": cell} if cell else None)
        failed: tuple[str, int | None] | None = None
        for message in self._messages(deadline):
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, said = message["header"]["msg_type"], message["content"]
            if kind == "error" and failed is None:
                failed = _words(said), _line(said)
            elif kind == "status" and said["execution_state"] == "idle":
                break
        return failed if self._status(request) == "error" else None

    def _status(self, request: str) -> str:
        """Return how a request that has ended was answered."""
        while True:
            try:
                reply = self._client.get_shell_msg(timeout=_START)
            except queue.Empty:
                raise _Dead from None
            if reply["parent_header"].get("msg_id") == request:
                return str(reply["content"]["status"])

    def _messages(self, deadline: float | None, *, heed: bool = True) -> Iterator[dict[str, Any]]:
        """Yield what the kernel says; while it is silent look whether to go on."""
        while True:
            if heed:
                self._progress.check()
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError
            try:
                yield self._client.get_iopub_msg(timeout=_LOOK)
            except queue.Empty:
                if not self._manager.is_alive():
                    raise _Dead(self._document.kernel, "it died") from None


class _Dead(KernelUnusable):
    """The kernel's process has ended."""

    def __init__(self, name: str = "", what: str = "it died") -> None:
        super().__init__(name, what)


def _refused(said: dict[str, Any]) -> NotewrightError:
    """Return the error that the kernel tells, as what it was there."""
    kind = getattr(errors, str(said.get("error")), None)
    if not (isinstance(kind, type) and issubclass(kind, NotewrightError)):
        kind = NotewrightError
    error = kind.__new__(kind)
    NotewrightError.__init__(error, said["problem"], said["remedy"])
    return error


def _words(said: dict[str, Any]) -> str:
    """Return an error in one line."""
    lines = str(said.get("evalue", "")).strip().splitlines() or [""]
    return f"{said.get('ename', 'Error')}: {lines[0]}"[:400]


def _line(said: dict[str, Any]) -> int | None:
    """Return the line of the cell that the error is on, where the traceback names it."""
    found = _LINE.search(_COLOURS.sub("", "\n".join(said.get("traceback", []))))
    return int(found[1]) if found else None


def monotonic_deadline(seconds: float | None) -> float | None:
    """Return when `seconds` from now will be over, on the monotonic clock."""
    return None if seconds is None else time.monotonic() + seconds


def store_of(hello: dict[str, Any]) -> Path:
    """Return the folder of the workspace that the kernel records in."""
    return Path(str(hello["workspace"]))
