"""Noticing that pickling a variable waits for what will not happen, and going on without it.

A variable's own code may wait for a lock. In a copy of the process no other
thread is there to release it; in the process itself one may hold it for ever.
What sleeps without using the processor waits, and is sent a signal whose
handler raises :class:`Stuck` there.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

#: Asks to give up on the variable at hand.
GIVE_UP = signal.SIGUSR1 if hasattr(signal, "SIGUSR1") else signal.SIGTERM
#: Seconds between two looks at whether something sleeps.
BEAT = 0.05
#: So many looks in a row that find it asleep may be chance: whoever looks takes turns with it.
_FEWEST = 4


class Stuck(Exception):
    """Raised where a variable waits for something that does not happen."""

    words = "pickling it waits for another thread"

    def __init__(self) -> None:
        super().__init__(self.words)


class Stillness:
    """For how long a process or thread has slept without using the processor.

    It is counted in looks, not by the clock: whoever looks may have been kept
    from looking, and what he looks at from running.

    Parameters
    ----------
    stat : Path
        Its ``/proc/.../stat``; where there is none it never seems to sleep.
    """

    def __init__(self, stat: Path) -> None:
        self._stat = stat
        self._ticks = -1
        self._looks = 0

    def seconds(self) -> float:
        """Look again; to be called once a `BEAT`."""
        try:
            fields = self._stat.read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        ticks = int(fields[11]) + int(fields[12])
        self._looks = self._looks + 1 if fields[0] == "S" and ticks == self._ticks else 0
        self._ticks = ticks
        return self._looks * BEAT

    def begin(self) -> None:
        """Count from now on."""
        self._looks = 0


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Raise `Stuck` inside whenever the main thread has waited that long there.

    Whoever catches it and goes on is given a fifth of that for each further
    wait, so that the user is not kept for long. On other threads, which no
    signal reaches, there is no end to the patience.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    main, inside, over = threading.get_ident(), True, threading.Event()

    def give_up(*_: Any) -> None:
        if inside:
            raise Stuck

    def watch() -> None:
        stillness = Stillness(Path(f"/proc/self/task/{os.getpid()}/stat"))
        left = seconds
        while not over.wait(BEAT):
            if stillness.seconds() > left:
                signal.pthread_kill(main, GIVE_UP)
                stillness.begin()
                left = max(seconds / 5, _FEWEST * BEAT)

    watcher = threading.Thread(target=watch, name="notewright-patience", daemon=True)
    previous: Any = None
    try:
        with uninterrupted():
            previous = signal.signal(GIVE_UP, give_up) or signal.SIG_DFL
            watcher.start()
        yield
    finally:
        # A Ctrl-C may come before it can be kept waiting: again, then, until all is done.
        ended, interrupt = False, None
        while not ended:
            try:
                with uninterrupted():
                    inside = False
                    over.set()
                    if previous is not None:
                        watcher.join()
                        signal.signal(GIVE_UP, previous)
                ended = True
            except KeyboardInterrupt as error:
                interrupt = error
        try:
            if interrupt is not None:
                raise interrupt
        finally:
            interrupt = None  # it holds this frame, which would hold it


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the block, which takes milliseconds, is over."""
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or previous is None:
        yield
        return
    held: list[tuple[Any, ...]] = []
    signal.signal(signal.SIGINT, lambda *arguments: held.append(arguments))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        if held and callable(previous):
            previous(*held[0])


class Done:
    """Something that is waited for until it is done, and may be interrupted at any moment.

    An interrupt may leave the lock of a `threading.Event` taken, for good.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._tokens: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """Let everybody go on who waits."""
        self._is_set = True
        self._tokens.put(None)

    def wait(self) -> None:
        """Return once it is done."""
        while not self._is_set:
            with suppress(queue.Empty):
                self._tokens.get(timeout=0.5)  # another one may have taken it
        self._tokens.put(None)


def raise_stuck(*_: Any) -> NoReturn:
    """Be the handler of `GIVE_UP`."""
    raise Stuck
