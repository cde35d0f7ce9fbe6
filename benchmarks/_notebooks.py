"""Real kernels for the benchmarks, and what is seen of them from outside."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path

import psutil
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager


class CellFailed(SystemExit):
    """A cell raised; the message is its traceback."""


class Notebook:
    """A kernel in a folder of its own.

    Parameters
    ----------
    folder : Path
        Its working directory.
    python : str
        The interpreter.
    environment : dict, optional
        More environment variables.
    """

    def __init__(self, folder: Path, python: str, environment: dict[str, str] | None = None):
        self.folder = folder
        self.manager = KernelManager()
        command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        self.manager._kernel_spec = KernelSpec(argv=command, display_name=python)
        self.manager.start_kernel(cwd=str(folder), env={**os.environ, **(environment or {})})
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def send(self, code: str) -> str:
        """Send a cell; return its request's id."""
        return self.client.execute(code)

    def reply(self, request: str, limit: float = 600) -> float:
        """Return the time at which the reply to `request` came; fail if the cell failed.

        Raises
        ------
        queue.Empty
            If it did not come in `limit` seconds.
        """
        until = time.perf_counter() + limit
        while True:
            message = self.client.get_shell_msg(timeout=max(0, until - time.perf_counter()))
            if message["parent_header"].get("msg_id") == request:
                now = time.perf_counter()
                if message["content"]["status"] != "ok":
                    raise CellFailed("\n".join(message["content"]["traceback"]))
                return now

    def run(self, code: str, limit: float = 600) -> float:
        """Return the seconds a cell took, from sending it to its reply."""
        began = time.perf_counter()
        return self.reply(self.send(code), limit) - began

    def value(self, expression: str) -> str:
        """Return what the kernel says an expression is."""
        reply = self.client.execute(
            "", user_expressions={"it": expression}, reply=True, timeout=600
        )
        return reply["content"]["user_expressions"]["it"]["data"]["text/plain"]

    def memory(self) -> int:
        """Return the bytes the kernel and its copies take, shared ones counted once."""
        total = 0
        process = psutil.Process(self.manager.provisioner.process.pid)
        for each in [process, *process.children(recursive=True)]:
            try:
                for line in Path(f"/proc/{each.pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
            except (OSError, psutil.Error):
                continue
        return total

    def close(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


class Peak(threading.Thread):
    """The most memory a kernel took while this watched.

    Looking takes the kernel's memory map, which a fork waits for: times that
    are read meanwhile are too long.
    """

    def __init__(self, notebook: Notebook) -> None:
        super().__init__(daemon=True)
        self.notebook, self.most, self.going = notebook, 0, True
        self.start()

    def run(self) -> None:
        while self.going:
            self.most = max(self.most, self.notebook.memory())
            time.sleep(0.1)

    def stop(self) -> int:
        """Stop watching; return the most bytes."""
        self.going = False
        self.join()
        return self.most


class Commits:
    """When each snapshot of a notebook was committed, seen from another process."""

    def __init__(self, folder: Path, expected: int) -> None:
        self._path = folder / ".notewright/catalog.sqlite"
        self._expected = expected
        self._ends: list[float] = []
        self._seen: list[float] = []
        self._before = self._count()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def ended(self) -> None:
        """Note that a cell has ended."""
        self._ends.append(time.perf_counter())

    def lags(self) -> list[float]:
        """Return the seconds from each cell's end to its snapshot's commit."""
        self._thread.join(120)
        return [seen - end for seen, end in zip(self._seen, self._ends, strict=True)]

    def _count(self) -> int:
        with sqlite3.connect(f"file:{self._path}?mode=ro", uri=True) as catalog:
            return catalog.execute("SELECT count(*) FROM snapshots").fetchone()[0]

    def _watch(self) -> None:
        while len(self._seen) < self._expected:
            new = self._count() - self._before - len(self._seen)
            self._seen += [time.perf_counter()] * new
            time.sleep(0.01)


def on_disk(paths: list[Path]) -> int:
    """Return the bytes that files take on the disk."""
    return sum(path.stat().st_blocks * 512 for path in paths if path.is_file())
