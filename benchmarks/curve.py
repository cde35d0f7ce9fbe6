"""How the wait for a snapshot and the bytes it stores grow with the state.

States of several sizes, as one large array, as arrays of 1 MB and as small
objects; 1 % is changed in place. The wait is what the next cell waits for, more
than in plain IPython. Prints a table and writes benchmarks/results/curve.json.

    python benchmarks/curve.py [--sizes 0.1,1,4,8] [--objects 0.1,1]
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from _notebooks import Commits
from _systems import SYSTEMS, System

RESULTS = Path(__file__).parent / "results"
CHANGES = 3


@dataclass(frozen=True)
class Shape:
    """A state of `size` GB: the cell that makes it, and the one that changes 1 %."""

    name: str
    make: str
    change: str


SHAPES = (
    Shape(
        "one array",
        "x = np.random.default_rng(0).random(int({size} * 1.25e8))",
        "at = {turn} * len(x) // 10; x[at : at + len(x) // 100] += 1",
    ),
    Shape(
        "arrays of 1 MB",
        "rng = np.random.default_rng(0)\n"
        "x = [rng.random(131072) for _ in range(int({size} * 954))]",
        "at = {turn} * len(x) // 10\nfor each in x[at : at + max(1, len(x) // 100)]: each += 1",
    ),
    # A list of two numbers, a number and a float take 120 bytes.
    Shape(
        "small objects",
        "x = [[i, i + 0.5] for i in range(int({size} * 8e6))]",
        "at = {turn} * len(x) // 10\nfor each in x[at : at + len(x) // 100]: each[1] += 1",
    ),
)


@dataclass
class Point:
    """What one state costs; seconds and bytes, medians over the changes."""

    shape: str
    size: float
    wait: float
    plain: float
    lag: float
    stored: int


def measured(system: System, shape: Shape, size: float) -> tuple[float, float, int]:
    """Return how long the next cell took, how long until all was durable, and the bytes."""
    folder = Path(tempfile.mkdtemp(prefix="curve-"))
    notebook = system.open(folder)
    waits, lags, stored = [], [], []
    try:
        notebook.run("import numpy as np")
        if system.start:
            notebook.run(system.start)
        notebook.run(shape.make.format(size=size))
        notebook.run(system.settle)
        for turn in range(CHANGES):
            time.sleep(1)
            before = system.bytes_stored(folder)
            watch = Commits(folder, 2) if system.start else None
            changing = notebook.send(shape.change.format(turn=turn + 1))
            following = notebook.send("None")
            changed = notebook.reply(changing)
            if watch:
                watch.ended()
            waits.append(notebook.reply(following) - changed)
            if watch:
                watch.ended()
                lags += watch.lags()
            notebook.run(system.settle)
            stored.append(system.bytes_stored(folder) - before)
    finally:
        notebook.close()
        shutil.rmtree(folder, ignore_errors=True)
    return statistics.median(waits), max(lags, default=0.0), int(statistics.median(stored))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="0.1,1,4,8", help="GB of arrays, with commas")
    parser.add_argument("--objects", default="0.1,1", help="GB of small objects, with commas")
    options = parser.parse_args()
    points = []
    print(f"{'':16} {'GB':>5} {'wait':>10} {'of plain':>10} {'durable after':>14} {'stored':>10}")
    for shape in SHAPES:
        sizes = options.objects if shape.name == "small objects" else options.sizes
        for size in map(float, sizes.split(",")):
            plain, _, _ = measured(SYSTEMS["plain"], shape, size)
            wait, lag, stored = measured(SYSTEMS["notewright"], shape, size)
            points.append(Point(shape.name, size, wait - plain, plain, lag, stored))
            print(
                f"{shape.name:16} {size:5.1f} {(wait - plain) * 1000:7.1f} ms"
                f" {plain * 1000:7.1f} ms {lag:11.2f} s  {stored / 1e6:7.1f} MB",
                flush=True,
            )
    RESULTS.mkdir(exist_ok=True)
    report = {
        "machine": platform.platform(),
        "cores": psutil.cpu_count(),
        "points": [asdict(point) for point in points],
    }
    (RESULTS / "curve.json").write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
