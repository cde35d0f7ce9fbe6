"""Threads that read the stores, so that the server's own loop never waits for a disk."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from notewright.governance.person import Person
from notewright.store import marker
from notewright.workspace import Workspace

T = TypeVar("T")

_THREADS = 2
_OPEN_STORES = 8


class Readers:
    """A few threads, each with workspaces of its own.

    A store's connection belongs to the thread that opened it, so workspaces
    are kept a thread and not shared; and one for each person, who may see
    other columns than the next.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="notewright-reader")
        self._local = threading.local()

    async def read(
        self, root: Path, answer: Callable[[Workspace], T], person: Person | None = None
    ) -> T:
        """Return ``answer(workspace)``, computed in one of the threads, for `person`."""
        return await self.run(lambda: answer(self.workspace(root, person)))

    async def run(self, work: Callable[[], T]) -> T:
        """Return ``work()``, computed in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def workspace(self, root: Path, person: Person | None = None) -> Workspace:
        """Return the workspace of the calling thread, which must be one of these."""
        if not hasattr(self._local, "workspaces"):
            self._local.workspaces = OrderedDict()
        known: OrderedDict[tuple[Path, int, Person | None], Workspace] = self._local.workspaces
        # The inode tells a store that was deleted and started anew from the old one.
        found = marker(root / ".notewright")
        if found is None:
            raise FileNotFoundError(root)  # it was removed meanwhile
        key = (root, found.stat().st_ino, person)
        if key not in known:
            known[key] = Workspace(root, person)
            while len(known) > _OPEN_STORES:
                _, oldest = known.popitem(last=False)
                oldest.store.catalog.close()
        known.move_to_end(key)
        return known[key]
