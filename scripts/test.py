"""Run the tests in two lanes, one beside the other; then those in the browser by themselves.

Those of the state copy their process at each snapshot, which takes several times
as long in one that has grown, so they have a process of their own; Playwright's
event loop and that of the server tests cannot share a process, and a browser wants
the machine for itself. Arguments go on to pytest.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
#: What runs beside the others, each in a process of its own; about half of the time.
BESIDE = ("tests/state", "tests/packaging")
BROWSER = "tests/browser"


class Lane:
    """Runs of pytest one after the other, behind the program; what they say is kept."""

    def __init__(self, runs: Sequence[Sequence[str]], said: IO[str]) -> None:
        self._runs = runs
        self._said = said
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self.failed = False
        self._thread = Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        for run in self._runs:
            if self._stopped:
                return
            self._running = subprocess.Popen(
                run, cwd=ROOT, stdout=self._said, stderr=subprocess.STDOUT
            )
            self.failed |= self._running.wait() != 0

    def wait(self) -> None:
        """Wait for the last run."""
        self._thread.join()

    def stop(self) -> None:
        """End what still runs: the program was interrupted."""
        self._stopped = True
        if self._running is not None:
            self._running.kill()
        self._thread.join()


def main(arguments: list[str]) -> int:
    """Run them; return 1 if any fails."""
    pytest = [sys.executable, "-m", "pytest", *arguments]
    apart = [part for path in (*BESIDE, BROWSER) for part in ("--ignore", path)]
    with tempfile.TemporaryFile("w+") as said:
        print(f"{' and '.join(BESIDE)} run beside the others; what they say follows.", flush=True)
        lane = Lane([[*pytest, path] for path in BESIDE], said)
        try:
            rest = subprocess.run([*pytest, *apart], cwd=ROOT, check=False)
            lane.wait()
        finally:
            lane.stop()
        said.seek(0)
        for line in said:
            print(line, end="")
    browser = subprocess.run([*pytest, BROWSER], cwd=ROOT, check=False)
    return int(any([lane.failed, rest.returncode, browser.returncode]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
