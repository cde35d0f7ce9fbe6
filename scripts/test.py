"""Run the tests: those of the state beside the others, those in the browser by themselves.

Those of the state copy their process at each snapshot, which takes several times
as long in one that has grown; Playwright's event loop and that of the server
tests cannot share a process. Arguments go on to pytest.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Run them; return 1 if any fails."""
    pytest = [sys.executable, "-m", "pytest", *arguments]
    with tempfile.TemporaryFile("w+") as said:
        print("The tests of the state run beside the others; what they say follows.", flush=True)
        state = subprocess.Popen(
            [*pytest, "tests/state"], cwd=ROOT, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            rest = subprocess.run(
                [*pytest, "--ignore", "tests/browser", "--ignore", "tests/state"],
                cwd=ROOT,
                check=False,
            )
            failed = [state.wait() != 0, rest.returncode != 0]
        finally:
            state.kill()  # where this is interrupted; it has ended else
        said.seek(0)
        for line in said:
            print(line, end="")
    browser = subprocess.run([*pytest, "tests/browser"], cwd=ROOT, check=False)
    return int(any(failed) or browser.returncode != 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
