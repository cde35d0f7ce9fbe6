"""Steers one deployment's processes from the outside: go live, stop, look."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from notewright.errors import DeploymentBusy, NotewrightError, ServerFailed, UsageError
from notewright.progress import Progress
from notewright.serving.control import State, Wanted, read_state, read_wanted, write
from notewright.serving.processes import hold_lock, is_alive, start_detached, terminate

_START_SECONDS = 20.0
_LIVE_SECONDS = 150.0
_STOP_SECONDS = 60.0


class Host:
    """The processes behind one deployment's name.

    Parameters
    ----------
    name : str
        The deployment's name.
    folder : Path
        ``.notewright/deployments/<name>``.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.log = folder / "server.log"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other process from changing this deployment.

        Raises
        ------
        DeploymentBusy
            If one is doing so.
        """
        if sys.platform == "win32":
            raise NotewrightError(
                "Deployments need Linux or macOS: a server inherits its socket there.",
                "Serve the package in its container, or under WSL.",
            )
        lock = hold_lock(self.folder / "change.lock")
        if lock is None:
            raise DeploymentBusy(self.name)
        try:
            yield
        finally:
            lock.close()

    def state(self) -> State | None:
        """Return what is up now, or None.

        A state file whose process is gone, or whose number another process has
        by now, counts as nothing.
        """
        state = read_state(self.folder)
        if state is None or state.status in ("stopped", "failed"):
            return None
        return state if is_alive(state.pid, state.started) else None

    def check_port(self, port: int) -> None:
        """Refuse another port than the one the deployment answers on.

        Raises
        ------
        UsageError
            If it is up on another.
        """
        state = self.state()
        if state is not None and port not in (0, state.port):
            raise UsageError(
                f"'{self.name}' answers on port {state.port} and keeps it while it is up.",
                f"Leave out the port, or stop it first: `%nw stop {self.name}`.",
            )

    def go_live(self, wanted: Wanted, progress: Progress) -> State:
        """Make `wanted` what answers, and return once it does.

        Its generation is set here. If it cannot be served, what was live stays.

        Raises
        ------
        NotewrightError
            With the reason in words.
        """
        before, wish_before = self.state(), read_wanted(self.folder)
        wanted = self._numbered(wanted, before)
        write(self.folder, wanted)
        try:
            if before is None:
                start_detached("notewright.serving.supervisor", str(self.folder), self.log)
            state = self._answer(wanted, progress)
            if state.deployment != wanted.deployment:
                raise NotewrightError(state.problem, state.remedy)
        except BaseException:
            if before is None or wish_before is None:
                self.stop()
            else:
                back = replace(wish_before, generation=wanted.generation + 1)
                write(self.folder, back)
            raise
        return state

    def stop(self) -> None:
        """End the processes after what they are answering; stale records end as well."""
        state = self.state()
        wanted = read_wanted(self.folder)
        if wanted is not None and not wanted.stop:
            write(self.folder, replace(wanted, generation=wanted.generation + 1, stop=True))
        if state is not None:
            deadline = time.monotonic() + _STOP_SECONDS
            while is_alive(state.pid, state.started) and time.monotonic() < deadline:
                time.sleep(0.02)
            terminate(state.pid, state.started, 5.0)

    def _numbered(self, wanted: Wanted, before: State | None) -> Wanted:
        known = read_wanted(self.folder)
        last = read_state(self.folder)
        generation = 1 + max(known.generation if known else 0, last.generation if last else 0)
        if before is None:
            # The address of last time, if nobody took it meanwhile.
            return replace(wanted, generation=generation, prefer=last.port if last else 0)
        return replace(wanted, generation=generation, port=before.port)

    def _answer(self, wanted: Wanted, progress: Progress) -> State:
        """Wait until the supervisor has dealt with this wish."""
        deadline = time.monotonic() + _LIVE_SECONDS
        began = time.monotonic()
        while time.monotonic() < deadline:
            progress.check()
            state = read_state(self.folder)
            if state is not None and state.generation >= wanted.generation:
                return state
            if time.monotonic() - began > _START_SECONDS and self.state() is None:
                raise ServerFailed(self.name, "its supervising process did not start", self.log)
            time.sleep(0.02)
        raise ServerFailed(self.name, "it did not answer in time", self.log)
