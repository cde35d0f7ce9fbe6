"""Run the tests in two lanes, one beside the other; then those in the browser by themselves.

Each group has a process of its own: tests of the state copy theirs at each snapshot, which takes
several times as long in one that has grown; Playwright's event loop and that of the server tests
cannot share a process, and a browser wants the machine for itself. A lane that is done takes the
next group. Arguments go on to pytest.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
#: What runs together; what is in none of them is a group as well, and the first. In this order
#: both lanes are done at about the same time.
GROUPS = (
    ("tests/packaging",),
    ("tests/state",),
    ("tests/governance", "tests/attacks"),
    ("tests/kernel",),
    ("tests/afresh",),
)
BROWSER = "tests/browser"
LANES = 2


class Lanes:
    """Runs of pytest, so many at a time; each says what it has to say when it is done."""

    def __init__(self, runs: Sequence[Sequence[str]], lanes: int) -> None:
        self._waiting = deque(runs)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = Lock()
        self.failed = False
        self._threads = [Thread(target=self._work) for _ in range(lanes)]
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        while True:
            with tempfile.TemporaryFile("w+", errors="replace") as said:
                with self._lock:
                    if not self._waiting:
                        return
                    running = subprocess.Popen(
                        self._waiting.popleft(), cwd=ROOT, stdout=said, stderr=subprocess.STDOUT
                    )
                    self._running.add(running)
                code = running.wait()
                with self._lock:
                    self._running.discard(running)
                    self.failed |= code != 0
                    _show(said)

    def wait(self) -> None:
        """Wait for the last run."""
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        """End what still runs: the program was interrupted."""
        with self._lock:
            self._waiting.clear()
            for running in self._running:
                running.kill()
        self.wait()


def _show(said: IO[str]) -> None:
    said.seek(0)
    for line in said:
        print(line, end="")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run them; return 1 if any fails."""
    pytest = [sys.executable, "-m", "pytest", *arguments]
    apart = [part for path in (*sum(GROUPS, ()), BROWSER) for part in ("--ignore", path)]
    print(f"{LANES} groups of tests run at a time; each is shown when it is done.", flush=True)
    lanes = Lanes([[*pytest, *apart], *([*pytest, *group] for group in GROUPS)], LANES)
    try:
        lanes.wait()
    finally:
        lanes.stop()
    browser = subprocess.run([*pytest, BROWSER], cwd=ROOT, check=False)
    return int(lanes.failed or browser.returncode != 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
