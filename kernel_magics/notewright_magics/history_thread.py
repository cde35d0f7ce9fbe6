"""IPython's thread that writes the history of input, while the process is copied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.history import HistoryManager


@contextmanager
def going_on() -> Iterator[None]:
    """Leave the thread alone in forks that are made inside.

    IPython ends it before every fork, waits for that, and begins another, with
    another connection to its database, in the next cell. Our copies never come
    back to IPython, so none of this is needed.
    """
    hidden: list[tuple[Any, Any]] = []
    for manager in list(getattr(HistoryManager, "_instances", ())):
        if getattr(manager, "save_thread", None) is not None:
            hidden.append((manager, manager.save_thread))
            manager.save_thread = None
    try:
        yield
    finally:
        for manager, thread in hidden:
            if manager.save_thread is None:
                manager.save_thread = thread
            else:  # another thread of the user's has made it begin anew
                thread.stop()
