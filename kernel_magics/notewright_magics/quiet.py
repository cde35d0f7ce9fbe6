"""Can anything but the shell have touched the variables between two cells?"""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any

#: Packages whose threads, tasks and callbacks are the kernel's, or Notewright's.
_OWN = {"ipykernel", "IPython", "zmq", "tornado", "asyncio", "anyio"}
_OWN |= {"notewright", "notewright_magics"}


def only_the_shells_own_work(loop: asyncio.AbstractEventLoop | None) -> bool:
    """Tell whether no thread, task, timer or widget could have run code of the user's.

    What is not known to be the shell's counts as the user's.
    """
    if loop is None or sys.getprofile() or sys.gettrace():
        return False
    if not all(_is_own_thread(thread) for thread in threading.enumerate()):
        return False
    if len(sys._current_frames()) > threading.active_count():
        return False  # a thread that Python's own module does not know
    return _no_tasks(loop) and _no_timers(loop) and _no_comms()


def _is_own_thread(thread: threading.Thread) -> bool:
    if thread is threading.main_thread():
        return True
    if type(thread) is threading.Thread:
        return _is_own(getattr(thread, "_target", None))
    return type(thread).__module__.partition(".")[0] in _OWN


def _no_tasks(loop: asyncio.AbstractEventLoop) -> bool:
    return all(_is_own(task.get_coro()) for task in asyncio.all_tasks(loop))


def _no_timers(loop: asyncio.AbstractEventLoop) -> bool:
    handles = [*getattr(loop, "_scheduled", [None]), *getattr(loop, "_ready", [None])]
    return all(
        handle is not None and (handle.cancelled() or _is_own(handle._callback))
        for handle in handles
    )


def _no_comms() -> bool:
    """Tell whether only panels are connected: a widget's message may run the user's code."""
    comm = sys.modules.get("comm")
    if comm is None:
        return True
    return all(c.target_name == "notewright" for c in comm.get_comm_manager().comms.values())


def _is_own(work: Any) -> bool:
    if isinstance(owner := getattr(work, "__self__", None), asyncio.Task):
        return _is_own(owner.get_coro())
    frame = getattr(work, "cr_frame", None)  # `inspect.getmodule` goes through all modules
    module = getattr(work, "__module__", None) if frame is None else frame.f_globals.get("__name__")
    return str(module).partition(".")[0] in _OWN
