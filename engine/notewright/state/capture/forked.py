"""A copy of the process that works on what there was at the moment of the fork.

The copy shares every page with the kernel until one of them writes, so making
it takes milliseconds however much there is. It must not touch what belongs to
the kernel: it closes the kernel's sockets, hears no signals, prints nothing,
and never returns.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from notewright.state.memory.pages import Span

_PR_SET_PDEATHSIG = 1
_DONTFORK, _DOFORK = 10, 11
#: Asks the copy to give up on the variable it is at.
GIVE_UP = signal.SIGUSR1 if hasattr(signal, "SIGUSR1") else signal.SIGTERM


class Stuck(Exception):
    """Raised in the copy when a variable waits for something that will never happen there."""

    def __init__(self) -> None:
        super().__init__("pickling it waits for another thread")


class ChildDied(Exception):
    """The copy ended before its work was done."""


@dataclass
class Child:
    """A copy of this process, as this process sees it."""

    pid: int
    inbox: Connection
    outbox: Connection

    def receive(self) -> Any:
        """Return the copy's next message; raise `ChildDied` if there will be none."""
        try:
            return self.inbox.recv()
        except (EOFError, OSError) as error:
            raise ChildDied("the copy of the process ended") from error

    def send(self, message: Any) -> None:
        """Tell the copy something."""
        with suppress(OSError):  # it has ended: `receive` says so
            self.outbox.send(message)

    def waits(self) -> bool:
        """Tell whether the copy sleeps."""
        try:
            return self._stat()[0] == "S"
        except OSError:
            return False

    def ticks(self) -> int:
        """Return how much processor time the copy has used, in clock ticks."""
        try:
            fields = self._stat()
            return int(fields[11]) + int(fields[12])
        except OSError:
            return -1

    def kill(self) -> None:
        """End the copy, whatever it is at."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def give_up(self) -> None:
        """Ask the copy to go on to the next variable."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, GIVE_UP)

    def reap(self) -> None:
        """Wait for the copy's end, so that nothing is left of it."""
        self.inbox.close()
        self.outbox.close()
        with suppress(ChildProcessError):  # the user's code may have waited for any child
            os.waitpid(self.pid, 0)

    def _stat(self) -> list[str]:
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()


def fork(work: Callable[[Connection, Connection], None], leave_out: Iterable[Span]) -> Child:
    """Start a copy of this process that does `work` and ends.

    Parameters
    ----------
    work : callable
        Called in the copy with its inbox and outbox.
    leave_out : iterable of spans
        Memory that the copy will not look at. It is not shared, so that writing
        to it here costs nothing; looking at it there would end the copy.
    """
    there, outbox = Pipe(duplex=False)
    inbox, back = Pipe(duplex=False)
    with _left_out(leave_out):
        pid = os.fork()
        if pid == 0:
            _run(work, there, back)
    there.close()
    back.close()
    return Child(pid, inbox, outbox)


def _run(
    work: Callable[[Connection, Connection], None],
    inbox: Connection,
    outbox: Connection,
) -> NoReturn:
    code = 1
    try:
        gc.disable()
        _be_quiet({inbox.fileno(), outbox.fileno()})
        work(inbox, outbox)
        code = 0
    finally:
        os._exit(code)


def _give_up(*_: Any) -> NoReturn:
    raise Stuck


def _be_quiet(keep: set[int]) -> None:
    libc = ctypes.CDLL(None)
    with suppress(AttributeError):  # Linux alone
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for heard in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM):
        signal.signal(heard, signal.SIG_DFL if heard == signal.SIGTERM else signal.SIG_IGN)
    signal.signal(GIVE_UP, _give_up)
    with suppress(OSError):
        os.nice(5)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - for good
    # A restarted kernel must be able to take the ports of this one.
    for name in os.listdir("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"):
        number = int(name)
        with suppress(OSError):
            if number > 2 and number not in keep and stat.S_ISSOCK(os.fstat(number).st_mode):
                os.close(number)


@contextmanager
def _left_out(spans: Iterable[Span]) -> Iterator[None]:
    """Keep memory out of copies of this process that are made inside.

    No other thread of Python's can run meanwhile, so nobody else's copy lacks it.
    """
    libc = ctypes.PyDLL(None)
    page = os.sysconf("SC_PAGESIZE")
    pages = [(-(-a // page) * page, (a + size) // page * page) for a, size in spans]
    pages = [(start, end) for start, end in pages if end > start]
    for start, end in pages:
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _DONTFORK)
    try:
        yield
    finally:
        for start, end in pages:
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _DOFORK)
