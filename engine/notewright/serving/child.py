"""One server process, as its supervisor holds it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright.errors import NotewrightError, ServerFailed
from notewright.serving.control import Wanted

READY_SECONDS = 120.0
HAND_OVER_SECONDS = 10.0
STOP_SECONDS = 40.0


@dataclass
class Child:
    """A running ``notewright.serving.server`` with the pipes to it."""

    wanted: Wanted
    folder: Path
    process: subprocess.Popen[bytes]
    control: int
    reports: int
    born: float = field(default_factory=time.monotonic)
    _pending: bytes = b""

    @classmethod
    def start(cls, wanted: Wanted, listener: int, folder: Path) -> Child:
        """Start the server of `wanted` on an inherited listening socket."""
        control_read, control_write = os.pipe()
        report_read, report_write = os.pipe()
        command = [
            *(sys.executable, "-m", "notewright.serving.server"),
            *(wanted.package, "--manifest", wanted.manifest),
            *("--name", wanted.name, "--version", wanted.version),
            *("--deployment", wanted.deployment, "--log", str(folder)),
            *("--host", wanted.host, "--fd", str(listener), "--control-fd", str(control_read)),
            *("--report-fd", str(report_write)),
        ]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                pass_fds=(listener, control_read, report_write),
            )
        finally:
            os.close(control_read)
            os.close(report_write)
        return cls(wanted, folder, process, control_write, report_read)

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def alive(self) -> bool:
        """Tell whether the process runs; one that ended is reaped."""
        if self.process.poll() is None:
            return True
        self._close()
        return False

    def age(self) -> float:
        """Return the seconds since it was started."""
        return time.monotonic() - self.born

    def wait_ready(self, cancelled: Callable[[], bool]) -> None:
        """Return once the server answers.

        Raises
        ------
        NotewrightError
            With the server's own words if it cannot serve; it is gone then.
        """
        message = self._hear(READY_SECONDS, cancelled)
        if message is not None and message.get("ready"):
            return
        # It may still be loading, where it hears no word.
        self.process.terminate()
        self.wait()
        if message is not None and "problem" in message:
            raise NotewrightError(message["problem"], message["remedy"])
        raise ServerFailed(
            self.wanted.name, "its process ended while starting", self.folder / "server.log"
        )

    def hand_over(self) -> None:
        """Make it accept no more, and wait until it says so."""
        self._tell("hand over")
        self._hear(HAND_OVER_SECONDS, lambda: False)

    def stop(self) -> None:
        """Ask it to end after what it is answering."""
        self._tell("stop")

    def wait(self) -> None:
        """Wait until it has ended; one that does not is killed."""
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._close()

    def _tell(self, word: str) -> None:
        if self.control >= 0 and self.process.poll() is None:
            try:
                os.write(self.control, word.encode() + b"\n")
            except BrokenPipeError:
                # It is ending already, which is all any word can ask for.
                return

    def _hear(self, seconds: float, cancelled: Callable[[], bool]) -> dict[str, Any] | None:
        """Return the next message, or None if the process ends or time is up."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._pending:
            if time.monotonic() > deadline or cancelled():
                return None
            if select.select([self.reports], [], [], 0.1)[0]:
                piece = os.read(self.reports, 65536)
                if not piece:
                    return None
                self._pending += piece
        line, _, self._pending = self._pending.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def _close(self) -> None:
        for handle in (self.control, self.reports):
            if handle >= 0:
                os.close(handle)
        self.control = self.reports = -1
