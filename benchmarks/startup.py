"""What `import notewright` and `%load_ext notewright` cost beyond pandas and IPython.

Each is timed in fresh processes that have imported pandas and IPython already.
Prints a table and writes benchmarks/results/startup.json.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 9
RESULTS = Path(__file__).parent / "results"

BEFORE = (
    "import time, pandas, IPython\nfrom IPython.core.interactiveshell import InteractiveShell\n"
)
CASES = {
    "import notewright": (
        150,
        BEFORE + "t = time.perf_counter()\nimport notewright\nprint(time.perf_counter() - t)",
    ),
    "%load_ext notewright, new folder": (
        300,
        BEFORE
        + "shell = InteractiveShell.instance()\nt = time.perf_counter()\n"
        + "shell.run_line_magic('load_ext', 'notewright')\nprint(time.perf_counter() - t)",
    ),
    "%load_ext notewright, known folder": (
        300,
        BEFORE
        + "shell = InteractiveShell.instance()\nimport subprocess, sys\n"
        + "subprocess.run([sys.executable, '-c', 'import notewright as n; n.open_workspace()'])\n"
        + "t = time.perf_counter()\nshell.run_line_magic('load_ext', 'notewright')\n"
        + "print(time.perf_counter() - t)",
    ),
}


def main() -> None:
    rows = []
    for name, (budget, script) in CASES.items():
        times = [once(script) * 1000 for _ in range(RUNS)]
        rows.append(
            {
                "case": name,
                "median_ms": statistics.median(times),
                "worst_ms": max(times),
                "budget_ms": budget,
            }
        )
    print(f"{'':38}{'median':>9}{'worst':>9}{'budget':>9}   (ms, {RUNS} processes each)")
    for row in rows:
        print(f"{row['case']:38}{row['median_ms']:9.0f}{row['worst_ms']:9.0f}{row['budget_ms']:9}")
    RESULTS.mkdir(exist_ok=True)
    report = {"python": platform.python_version(), "machine": platform.machine(), "rows": rows}
    (RESULTS / "startup.json").write_text(json.dumps(report, indent=2) + "\n")


def once(script: str) -> float:
    """Return the seconds that `script` prints last, run in a fresh process and folder."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True
        )
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
