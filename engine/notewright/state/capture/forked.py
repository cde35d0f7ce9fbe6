"""A copy of the process that works on what there was at the moment of the fork.

The copy shares every page with the kernel until one of them writes, so making
it takes milliseconds however much there is. It must not touch what belongs to
the kernel: it closes the kernel's sockets, hears no signals, prints nothing,
and never returns. It ends when the kernel does.

The user's code can see copies: ``os.wait()`` may return one's number, as with
any child that a library starts, and SIGCHLD is sent when one ends. Nothing is
lost if the user's code waits for it first.
"""

from __future__ import annotations

import _frozen_importlib
import ctypes
import gc
import mmap
import os
import signal
import stat
import struct
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from notewright.errors import CopyLost
from notewright.state.capture.patience import BEAT, GIVE_UP, Stillness, raise_stuck
from notewright.state.memory.protection import Span

_PR_SET_PDEATHSIG = 1
_DONTFORK, _DOFORK = 10, 11
#: Which field of /proc/PID/stat says where the heap starts (proc_pid_stat(5)).
_START_BRK = 47
#: How often a copy is asked to go on to the next variable before it is ended.
_MOST_ASKED = 30

#: How much less of a busy machine a copy gets that nobody waits for: a tenth of what a cell gets.
_NICE = 10

#: Where a copy is while it is at no variable.
AT_NONE = -1

_forking = threading.local()


class Pulse:
    """Numbers that a copy sets and the kernel sees, without a message.

    `at` is the variable it is at, `gave_up` how many it was asked to give up on and did.
    """

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, 16)

    @property
    def at(self) -> int:
        """Which variable the copy is at, from 1; 0 for several at once."""
        return int(struct.unpack_from("q", self._page, 0)[0])

    @at.setter
    def at(self, number: int) -> None:
        struct.pack_into("q", self._page, 0, number)

    @property
    def gave_up(self) -> int:
        """How often the copy heard that it should give up."""
        return int(struct.unpack_from("q", self._page, 8)[0])

    @gave_up.setter
    def gave_up(self, number: int) -> None:
        struct.pack_into("q", self._page, 8, number)


@dataclass(frozen=True)
class Limits:
    """How many seconds a copy may take.

    Parameters
    ----------
    waiting : float
        For which it may sleep at a variable; after the first, half a second.
    elsewhere : float
        For which it may sleep where it is at none, and the disk may be slow.
    longest : float
        Which it may spend on one variable.
    """

    waiting: float
    elsewhere: float
    longest: float

    def are_over(self, at: int, slept: float, took: float, asked: int, *, unheard: bool) -> bool:
        """Tell whether it has taken longer at the variable `at`, after having been `asked`."""
        if at == AT_NONE:
            return slept > self.elsewhere
        if unheard and took > 1:
            return True
        return slept > (min(self.waiting, 0.5) if asked else self.waiting) or took > self.longest


@dataclass
class Line:
    """What a copy has to do with the kernel."""

    inbox: Connection
    outbox: Connection
    pulse: Pulse


@dataclass
class Child:
    """A copy of this process, as this process sees it."""

    pid: int
    line: Line
    #: What `waitpid` said of its end; None until then, -1 if somebody else was told.
    status: int | None = None

    def receive(self, limits: Limits) -> Any:
        """Return the copy's next message, asking it to give up on variables that keep it.

        Parameters
        ----------
        limits : Limits
            How long it may take.

        Raises
        ------
        CopyLost
            If there will be none.
        """
        stillness = Stillness(Path(f"/proc/{self.pid}/stat"))
        pulse, asked, beats, at = self.line.pulse, 0, 0, 0
        while not self.line.inbox.poll(BEAT):
            beats, at = (beats + 1, at) if pulse.at == at else (0, pulse.at)
            if self._ended() and not self.line.inbox.poll(0):
                break
            unheard = asked > pulse.gave_up
            if limits.are_over(at, stillness.seconds(), beats * BEAT, asked, unheard=unheard):
                if unheard or asked >= _MOST_ASKED:  # it is where no signal is heard
                    raise CopyLost("a variable could not be pickled in time")
                with suppress(ProcessLookupError):
                    os.kill(self.pid, GIVE_UP)
                stillness.begin()
                asked, beats = asked + 1, 0
        try:
            return self.line.inbox.recv()
        except (EOFError, OSError) as error:
            raise CopyLost(self._ending()) from error

    def has_spoken(self) -> bool:
        """Tell whether there is a message, or there will be none."""
        return self.line.inbox.poll(0)

    def send(self, message: Any) -> None:
        """Tell the copy something."""
        with suppress(OSError):  # it has ended: `receive` says so
            self.line.outbox.send(message)

    def stand_back(self, by: int) -> None:
        """Let the copy have less of a busy machine than this process, or as much again.

        Parameters
        ----------
        by : int
            Steps of niceness; 0 takes it back, where that is permitted.
        """
        if self.status is None:
            with suppress(OSError):
                own = os.getpriority(os.PRIO_PROCESS, 0)
                os.setpriority(os.PRIO_PROCESS, self.pid, own + by)

    def end(self) -> None:
        """End the copy, whatever it is at, so that nothing is left of it."""
        if self.status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._wait(0)
        self.line.inbox.close()
        self.line.outbox.close()

    def crashed(self) -> bool:
        """Tell whether it touched memory that it does not have."""
        self._wait(0)
        return (
            self.status is not None
            and os.WIFSIGNALED(self.status)
            and (os.WTERMSIG(self.status) in (signal.SIGSEGV, signal.SIGBUS))
        )

    def _ended(self) -> bool:
        self._wait(os.WNOHANG)
        return self.status is not None

    def _wait(self, options: int) -> None:
        if self.status is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:  # the user's code may have waited for any child
                pid, status = self.pid, -1
            if pid == self.pid:
                self.status = status

    def _ending(self) -> str:
        self._wait(0)
        if self.status not in (None, -1) and os.WIFSIGNALED(self.status):
            return f"it was ended by {signal.Signals(os.WTERMSIG(self.status)).name}"
        return "it ended early"


def fork(work: Callable[[Line], None], leave_out: Iterable[Span], *, waited: bool = False) -> Child:
    """Start a copy of this process that does `work` and ends.

    Parameters
    ----------
    work : callable
        Called in the copy.
    leave_out : iterable of spans
        Memory that the copy will not look at. It is not shared, so that writing
        to it here costs nothing; looking at it there would end the copy.

    Raises
    ------
    OSError
        If the system gives no further process.
    """
    there, outbox = Pipe(duplex=False)
    inbox, back = Pipe(duplex=False)
    pulse, kernel = Pulse(), os.getpid()
    try:
        with _left_out(leave_out), _unwarned(), _uncollected():
            _forking.ours = True
            pid = os.fork()
            if pid == 0:
                _run(work, Line(there, back, pulse), kernel)
    except BaseException:
        inbox.close()
        outbox.close()
        raise
    finally:
        _forking.ours = False
        there.close()
        back.close()
    child = Child(pid, Line(inbox, outbox, pulse))
    if not waited:
        child.stand_back(_NICE)
    return child


def is_ours() -> bool:
    """Tell, in a process that has just been forked, whether :func:`fork` did it."""
    return bool(getattr(_forking, "ours", False))


def _run(work: Callable[[Line], None], line: Line, kernel: int) -> NoReturn:
    code = 1
    try:
        _let_go_of_imports()
        _be_quiet({line.inbox.fileno(), line.outbox.fileno()}, line.pulse)
        if os.getppid() == kernel:  # else it ended before it could be followed
            work(line)
        code = 0
    finally:
        os._exit(code)


def _let_go_of_imports() -> None:
    """Forget the locks of modules that other threads were importing; they are not here to go on.

    Python takes back the lock of all imports in a copy, but not those of single modules.
    """
    locks: dict[str, Any] = vars(_frozen_importlib)["_module_locks"]
    locks.clear()


def _be_quiet(keep: set[int], pulse: Pulse) -> None:
    libc = ctypes.CDLL(None)
    with suppress(AttributeError):  # Linux alone
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _hear_nothing(pulse)
    _leave_no_core()
    _be_the_first_to_go()
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


def _hear_nothing(pulse: Pulse) -> None:
    def give_up(*_: Any) -> None:
        pulse.gave_up += 1
        raise_stuck()

    # An event loop's descriptor, which is closed here, may soon be that of another file.
    signal.set_wakeup_fd(-1)
    for ends in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(ends, signal.SIG_DFL)
    for ignored in (signal.SIGINT, signal.SIGCHLD, signal.SIGALRM):
        signal.signal(ignored, signal.SIG_IGN)
    signal.signal(GIVE_UP, give_up)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {GIVE_UP, signal.SIGTERM})


def _leave_no_core() -> None:
    """Keep a copy that crashes from leaving all that the user has in a file."""
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _be_the_first_to_go() -> None:
    """Have the system end this copy, and not the notebook, where memory runs out."""
    with suppress(OSError):  # Linux alone
        Path("/proc/self/oom_score_adj").write_text("1000")


@contextmanager
def _unwarned() -> Iterator[None]:
    """Keep Python 3.12 from telling the user that a process with threads was copied.

    The copy does nothing that the other threads' locks could keep it from for
    long. The list of filters is changed in place, and Python is not told:
    otherwise it would forget which of the user's own warnings it has shown.
    """
    ours = ("ignore", None, DeprecationWarning, None, 0)
    filters: Any = warnings.filters
    filters.insert(0, ours)
    try:
        yield
    finally:
        at = next((at for at, each in enumerate(filters) if each is ours), None)
        if at is not None:
            del filters[at]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep finalizers of garbage from running in a copy, where they might wait for a thread.

    Python itself does much in a copy before the copy can say that it wants none of it.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _heap(libc: ctypes.PyDLL) -> Span:
    """Return where malloc's heap starts and ends: the memory that grows by ``sbrk``."""
    libc.sbrk.restype, libc.sbrk.argtypes = ctypes.c_void_p, (ctypes.c_ssize_t,)
    return _heap_start(), libc.sbrk(0) or 0


@cache
def _heap_start() -> int:
    try:
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as file:
            # The program's name, in brackets, may hold blanks; after it comes the third field.
            fields = file.read().rpartition(")")[2].split()
        return int(fields[_START_BRK - 3])
    except (OSError, ValueError, IndexError):
        return 0


@contextmanager
def _left_out(spans: Iterable[Span]) -> Iterator[None]:
    """Keep memory out of copies of this process that are made inside.

    Not what lies in malloc's heap: an array that is gone by now has left room there, which a copy
    would use for its own work. What lies elsewhere went back to the system with its array.

    No other thread of Python's can run meanwhile, so nobody else's copy lacks it.
    """
    libc = ctypes.PyDLL(None)
    page = os.sysconf("SC_PAGESIZE")
    pages = [(-(-a // page) * page, (a + size) // page * page) for a, size in spans]
    heap_start, heap_end = _heap(libc)
    pages = [
        (start, end)
        for start, end in pages
        if end > start and (end <= heap_start or start >= heap_end)
    ]
    try:
        for start, end in pages:
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _DONTFORK)
        yield
    finally:
        for start, end in pages:
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _DOFORK)
