"""What history costs a cell: `python benchmarks/history.py [--cells 60]`.

The same cells run in two kernels, plain and with `%load_ext notewright`, in turn: small edits, a
table read from a file, a model fitted, beside a state of up to 50 MB. Two paces: sent back to
back, and with a tenth of a second after each. What is measured is what the client waits for the
reply. The aim is 2 ms a cell, at the pace of somebody who reads what a cell said.
Prints a table and writes benchmarks/results/history.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

from _notebooks import Notebook

RESULTS = Path(__file__).parent / "results"
AIM = 2.0
#: The state that a notebook has, by its size in MB.
STATES = {
    1: "rows = list(range(1000))",
    50: "table = pd.DataFrame(np.random.default_rng(0).random((350_000, 15)))\n"
    "names = {f'customer {n}': [n] for n in range(20_000)}",
}
CELLS = (
    "x = 1",
    "y = [x] * 10",
    "y.append(x)",
    "small = pd.DataFrame({'a': range(100)})",
    "small['b'] = small['a'] * 2",
    "total = small['b'].sum()",
)
PACES = {"back to back": 0.0, "0.1 s after each": 0.1}


def waits(notebook: Notebook, count: int, pause: float) -> list[float]:
    """Return the milliseconds that the replies to `count` cells took."""
    found = []
    for number in range(count):
        found.append(notebook.run(CELLS[number % len(CELLS)]) * 1000)
        time.sleep(pause)
    return found


def started(folder: Path, name: str, state: str) -> Notebook:
    """Return a kernel with a state, with history where its name says so."""
    home = folder / name
    home.mkdir()
    notebook = Notebook(home, sys.executable, {"OMP_NUM_THREADS": "1"})
    notebook.run("import numpy as np, pandas as pd")
    if name == "history":
        notebook.run("%load_ext notewright")
    notebook.run(state)
    waits(notebook, 2 * len(CELLS), 0.05)
    return notebook


def measure(state: str, count: int, pause: float) -> dict[str, float]:
    """Return the median and the worst wait of both, and their difference."""
    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        kernels = {n: started(Path(folder), n, state) for n in ("plain", "history")}
        found: dict[str, list[float]] = {name: [] for name in kernels}
        try:
            for _ in range(5):  # in turn, so that a busy machine slows both
                for name, notebook in kernels.items():
                    found[name] += waits(notebook, count // 5, pause)
        finally:
            for notebook in kernels.values():
                notebook.close()
    plain, history = (statistics.median(found[n]) for n in ("plain", "history"))
    return {
        "plain_ms": plain,
        "history_ms": history,
        "more_ms": history - plain,
        "worst_ms": max(found["history"]),
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cells", type=int, default=60)
    options = parser.parse_args()
    print(f"{'state':>8}  {'pace':<20}{'plain':>8}{'history':>9}{'more':>8}{'worst':>8}   ms")
    rows = []
    for size, state in STATES.items():
        for pace, pause in PACES.items():
            row = measure(state, options.cells, pause)
            rows.append({"state_mb": size, "pace": pace, **row})
            figures = (row[k] for k in ("plain_ms", "history_ms", "more_ms", "worst_ms"))
            print(f"{size:>5} MB  {pace:<19}" + "".join(f"{f:9.1f}" for f in figures), flush=True)
    print(f"aim: {AIM:g} ms more, below 50 MB")
    RESULTS.mkdir(exist_ok=True)
    document = {
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "cells": options.cells,
        "aim_ms": AIM,
        "rows": rows,
    }
    (RESULTS / "history.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
