"""``python -m notewright.serving.supervisor FOLDER``: keeps one deployment's address.

It owns the listening socket for as long as the deployment lives and starts one
server process for each version, which inherits the socket. On a switch the new
process is up and accepting before the old one is told to hand over, so no
connection is refused. A server that dies is started again; requests wait in the
socket's queue meanwhile. If the supervisor itself dies, its server stops.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

from notewright.errors import NotewrightError, PortInUse
from notewright.serving.child import Child
from notewright.serving.control import State, Wanted, read_wanted, write
from notewright.serving.processes import create_time, hold_lock
from notewright.serving.server import listen

POLL_SECONDS = 0.05
#: A server that dies this often in a row without living for a minute is given up.
MAX_RESTARTS = 5


class Supervisor:
    """Makes ``state.json`` follow ``wanted.json`` in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._listener: socket.socket | None = None
        self._live: Child | None = None
        self._leaving: list[Child] = []
        self._stop = False
        self._state = State(0, "starting", os.getpid(), create_time(os.getpid()) or 0.0)

    def run(self) -> None:
        """Work until told to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "_stop", True))
        self._say(status="starting")
        try:
            while not self._stop:
                wanted = read_wanted(self._folder)
                if wanted is not None and wanted.generation != self._state.generation:
                    self._follow(wanted)
                self._mind()
                time.sleep(POLL_SECONDS)
        finally:
            self._end()

    def _follow(self, wanted: Wanted) -> None:
        if wanted.stop:
            self._say(generation=wanted.generation)
            self._stop = True
            return
        if self._live is not None and wanted.deployment == self._state.deployment:
            # A wish was taken back: what should be live is.
            self._say(generation=wanted.generation, problem="", remedy="")
            return
        try:
            if self._listener is None:
                self._listener = _listen(wanted)
            newer = Child.start(wanted, self._listener.fileno(), self._folder)
            newer.wait_ready(lambda: self._stop or self._superseded(wanted))
        except NotewrightError as error:
            # What was live stays live.
            self._say(
                generation=wanted.generation,
                status="ready" if self._live else "failed",
                problem=error.problem,
                remedy=error.remedy,
            )
            self._stop = self._live is None
            return
        if self._live is not None:
            self._live.hand_over()
            self._leaving.append(self._live)
        self._live = newer
        host, port = self._listener.getsockname()[:2]
        self._say(
            generation=wanted.generation,
            status="ready",
            deployment=wanted.deployment,
            worker=newer.pid,
            host=host,
            port=port,
            restarts=0,
            problem="",
            remedy="",
        )

    def _superseded(self, wanted: Wanted) -> bool:
        """Tell whether something else is wanted by now: whoever asked gave up waiting."""
        latest = read_wanted(self._folder)
        return latest is not None and latest.generation != wanted.generation

    def _mind(self) -> None:
        """Reap servers that handed over; start again one that died."""
        self._leaving = [child for child in self._leaving if child.alive()]
        live = self._live
        if live is None or live.alive() or self._listener is None:
            return
        if live.age() > 60:
            self._say(restarts=0)
        if self._state.restarts >= MAX_RESTARTS:
            self._say(status="failed", worker=None, problem="The server process keeps ending.")
            self._stop = True
            return
        self._say(status="restarting", worker=None, restarts=self._state.restarts + 1)
        try:
            again = Child.start(live.wanted, self._listener.fileno(), self._folder)
            self._live = again
            again.wait_ready(lambda: self._stop)
        except NotewrightError as error:
            self._say(problem=error.problem, remedy=error.remedy)
            time.sleep(min(0.1 * 2**self._state.restarts, 5.0))
            return
        self._say(status="ready", worker=again.pid, problem="", remedy="")

    def _end(self) -> None:
        """Stop every server, each after what it is answering, then say so."""
        if self._listener is not None:
            self._listener.close()
        children = [*self._leaving, *([self._live] if self._live else [])]
        for child in children:
            child.stop()
        for child in children:
            child.wait()
        if self._state.status != "failed":
            self._say(status="stopped", worker=None)

    def _say(self, **changes: object) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]
        write(self._folder, self._state)


def _listen(wanted: Wanted) -> socket.socket:
    if not wanted.port and wanted.prefer:
        with contextlib.suppress(PortInUse):
            return listen(wanted.host, wanted.prefer)
    return listen(wanted.host, wanted.port)


def main(arguments: list[str] | None = None) -> int:
    """Supervise the folder named in the arguments."""
    os.umask(0o077)
    folder = Path((arguments or sys.argv[1:])[0])
    lock = hold_lock(folder / "supervisor.lock")
    if lock is None:
        print("another supervisor is at work here", file=sys.stderr)
        return 1
    Supervisor(folder).run()
    lock.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
