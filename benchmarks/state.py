"""How long a notebook waits for its history, and how much of it is stored.

Runs one workload in real kernels, cell by cell, once in plain IPython and once
under each system, and takes the difference: cells sent back to back, and with
a second of thought after each. cloudpickle and dill dump the whole namespace
after every cell; kishu runs in an environment of its own. Memory and the time
until a snapshot is durable are read in a pass of their own, because reading
them slows the kernel down. Prints tables and writes benchmarks/results/state.json.

    python benchmarks/state.py [--small] [--only notewright,kishu] [--repeat 3] [--cells]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from _notebooks import Commits, Notebook, Peak
from _systems import SYSTEMS, System

RESULTS = Path(__file__).parent / "results"
Times = dict[str, float]
THINKING = 1.0
LOOPS = 15
HEAD = f"""
Blocked over plain IPython in ms, until the last cell was durable, stored, and memory over plain
{"":12} {"a second after each":>27} {"back to back":>27}
{"":12} {"median":>8} {"worst":>8} {"":9} {"median":>8} {"worst":>8} {"":9}      lag    stored"""

SETUP = [
    "import numpy as np, pandas as pd\nfrom sklearn.ensemble import RandomForestClassifier",
    "rng = np.random.default_rng(0)\nrows = {rows}",
    "table = pd.DataFrame(rng.random((rows, 10)), columns=list('abcdefghij'))",
    "array = rng.random(rows * 6)",
    "records = {{f'k{{i}}': {{'id': i, 'name': f'name {{i}}', 'v': [i, i + 0.5]}}"
    " for i in range({objects})}}",
    "X = rng.random((4000, 10)); y = (X[:, 0] + X[:, 1] > 1).astype(int)\n"
    "forest = RandomForestClassifier({trees}, n_jobs=1, random_state=0).fit(X, y)",
    "same = records; view = array[::2]; first = records['k0']; x = 0; notes = []",
]
#: The cell's kind, and its code.
CELLS = [
    ("small", "x = 1"),
    ("small", "notes.append('a first thought')"),
    ("read", "table['a'].mean()"),
    ("small", "config = {'depth': 6, 'rate': 0.1}"),
    ("column", "table['k'] = table['a'] / (1 + table['b'])"),
    ("small", "config['depth'] = 7"),
    ("rows", "table.iloc[1000:1000 + len(table) // 100, 2] = 0.5"),
    ("small", "names = ['a', 'b', 'c']"),
    ("read", "array.sum()"),
    ("array", "array[::100] += 1"),
    ("small", "x += 1"),
    ("item", "records['k500']['name'] = 'somebody else'"),
    ("small", "def scaled(v): return v * x"),
    ("small", "notes.append(scaled(3))"),
    ("forest", "forest = RandomForestClassifier({trees}, n_jobs=1, random_state=1).fit(X, y)"),
    ("small", "score = forest.score(X[:100], y[:100])"),
    ("read", "len(records), max(r['id'] for r in records.values())"),
    ("small", "threshold = 0.3"),
    ("delete", "del names"),
    ("small", "x = x + 10"),
]


@dataclass
class Pass:
    """One run of the workload, in seconds and bytes."""

    cells: list[float] = field(default_factory=list)
    base: int = 0
    stored: int = 0
    peak: int = 0
    lags: list[float] = field(default_factory=list)
    back: dict[str, float] = field(default_factory=dict)


@dataclass
class Result:
    """What all passes of a system say, medians over the repetitions."""

    back_to_back: list[float]
    thinking: list[float]
    base: int
    stored: int
    peak: int
    lags: list[float]
    back: dict[str, float]


@contextmanager
def notebook_of(system: System, sizes: dict[str, int]) -> Iterator[tuple[Notebook, Path]]:
    """Give a notebook of the system that has run the set-up."""
    folder = Path(tempfile.mkdtemp(prefix="state-"))
    notebook = system.open(folder)
    try:
        for line in SETUP[:2]:
            notebook.run(line.format(**sizes))
        if system.start:
            notebook.run(system.start)
        for line in SETUP[2:]:
            notebook.run(line.format(**sizes))
        notebook.run(system.settle)
        yield notebook, folder
    finally:
        notebook.close()
        shutil.rmtree(folder, ignore_errors=True)


def timed(system: System, sizes: dict[str, int], *, thinking: bool) -> Pass:
    """Run the workload with nobody watching."""
    with notebook_of(system, sizes) as (notebook, folder):
        done = Pass(base=system.bytes_stored(folder))
        codes = [code.format(**sizes) if "{trees}" in code else code for _, code in CELLS]
        done.cells = thoughtful(notebook, codes) if thinking else back_to_back(notebook, codes)
        notebook.run(system.settle)
        done.stored = system.bytes_stored(folder)
        if system.back and not thinking:
            done.back = restores(system, notebook, folder, sizes)
    return done


def loops(names: Iterable[str], sizes: dict[str, int]) -> dict[str, float]:
    """Return for each system how long a loop over globals takes, as a multiple of plain IPython's.

    One and the same loop takes a fifth more or less from one minute to the next, so the systems
    take turns, a plain kernel at the begin and the end of each turn, and medians are compared.
    """
    with ExitStack() as stack:
        notebooks = [
            (name, stack.enter_context(notebook_of(SYSTEMS[name], sizes))[0])
            for name in ("plain", *names, "plain")
        ]
        took: dict[str, list[float]] = {name: [] for name, _ in notebooks}
        for _ in range(LOOPS):
            for name, notebook in notebooks:
                took[name].append(notebook.run("for i in range(10**7): x += 1"))
                time.sleep(THINKING)
        plain = statistics.median(took["plain"])
        return {name: statistics.median(times) / plain for name, times in took.items()}


def fresh_memory(nbytes: int) -> float:
    """Return how long a kernel waits for the machine to give it that much memory."""
    code = (
        "import numpy as np, time\nbegan = time.perf_counter()\n"
        f"np.empty({nbytes // 8}).fill(1); took = time.perf_counter() - began"
    )
    with TemporaryDirectory() as folder:
        notebook = SYSTEMS["plain"].open(Path(folder))
        try:
            notebook.run(code)
            return float(notebook.value("took"))
        finally:
            notebook.close()


def thoughtful(notebook: Notebook, codes: list[str]) -> list[float]:
    """Run cells with a second after each."""
    took = []
    for code in codes:
        took.append(notebook.run(code))
        time.sleep(THINKING)
    return took


def back_to_back(notebook: Notebook, codes: list[str], watch: Commits | None = None) -> list[float]:
    """Run cells that are all sent at once; what is between two replies is a cell's time."""
    took, before = [], time.perf_counter()
    for request in [notebook.send(code) for code in codes]:
        now = notebook.reply(request)
        if watch is not None:
            watch.ended()
        took.append(now - before)
        before = now
    return took


def watched(system: System, sizes: dict[str, int]) -> Pass:
    """Run the workload back to back, reading memory and the time until all is durable."""
    done = Pass()
    codes = [code.format(**sizes) if "{trees}" in code else code for _, code in CELLS]
    with notebook_of(system, sizes) as (notebook, _):
        peak = Peak(notebook)
        back_to_back(notebook, codes)
        notebook.run(system.settle)
        done.peak = peak.stop()
    if system.is_ours:
        with notebook_of(system, sizes) as (notebook, folder):
            watch = Commits(folder, len(CELLS))
            back_to_back(notebook, codes, watch)
            done.lags = watch.lags()
    return done


def restores(system: System, notebook: Notebook, folder: Path, sizes: dict[str, int]) -> Times:
    """Return how long going back takes, once what the cells before left to do is done."""
    time.sleep(THINKING)
    took = {"checkout 15 cells back": notebook.run(system.back)}
    if system.is_ours:
        took |= undos(system, notebook)
    notebook.run(system.tag)
    size = int(notebook.value("table.values.nbytes + array.nbytes"))
    found = notebook.value("len(records), len(table), float(array.sum()), sorted(config)")
    notebook.close()
    for at_hand in (False, True) if system.all else ():
        again = system.open(folder)
        try:
            for cell in (SETUP[0], SETUP[1].format(**sizes), *system.anew):
                again.run(cell)
            free = ""
            if at_hand:  # without what the machine takes to give the kernel any memory at all
                again.run(f"_room = np.empty({size // 8}); _room.fill(1)")
                free = "del _room\n"
            what = "full restore after a restart" + (", memory at hand" if at_hand else "")
            took[what] = again.run(free + system.all)
            told = again.value("len(records), len(table), float(array.sum()), sorted(config)")
            assert told == found, (told, found)
        finally:
            again.close()
    return took


def undos(system: System, notebook: Notebook) -> Times:
    """Return how long it takes to undo one small variable."""
    took = []
    for _ in range(3):
        notebook.run("small = 1")
        notebook.run("small = 2")
        notebook.run(system.settle)
        time.sleep(THINKING)
        took.append(notebook.run("%nw restore HEAD~1"))
        assert notebook.value("small") == "1"
    undo = "undo of one small variable"
    return {f"{undo}, first": took[0], undo: statistics.median(took[1:])}


def result(system: System, sizes: dict[str, int], repeat: int) -> Result:
    """Return all that is measured of a system."""
    close = [timed(system, sizes, thinking=False) for _ in range(repeat)]
    apart = [timed(system, sizes, thinking=True) for _ in range(repeat)]
    seen = watched(system, sizes)
    return Result(
        back_to_back=_medians([p.cells for p in close]),
        thinking=_medians([p.cells for p in apart]),
        base=close[0].base,
        stored=close[0].stored,
        peak=seen.peak,
        lags=seen.lags,
        back={what: statistics.median(p.back[what] for p in close) for what in close[0].back},
    )


def _medians(rows: list[list[float]]) -> list[float]:
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a hundredth of the state")
    parser.add_argument("--only", default=",".join(SYSTEMS), help="systems, with commas")
    parser.add_argument(
        "--repeat", type=int, default=3, help="passes of each kind (3); peers make one"
    )
    parser.add_argument("--cells", action="store_true", help="print every cell")
    options = parser.parse_args()
    scale = 100 if options.small else 1
    sizes = {"rows": 6_250_000 // scale, "objects": 67_500 // scale, "trees": 200 // scale or 2}
    names = list(dict.fromkeys(["plain", *options.only.split(",")]))
    report: dict[str, Any] = {
        "machine": platform.platform(),
        "cores": psutil.cpu_count(),
        "load at start": os.getloadavg()[0],
        "cells": CELLS,
        "systems": {},
    }
    memory = fresh_memory(sizes["rows"] * 128)
    print(f"Fresh memory for the arrays, on this machine: {memory * 1000:.0f} ms\n{HEAD}")
    report["seconds to give a kernel as much memory as the arrays take"] = memory
    plain = result(SYSTEMS["plain"], sizes, options.repeat)
    for name in names[1:]:
        own = result(SYSTEMS[name], sizes, options.repeat if name == "notewright" else 1)
        report["systems"] |= {"plain": asdict(plain), name: asdict(own)}
        show(name, own, plain, options.cells)
        write(report)
    print("\nA loop over globals, of plain IPython's (the last kernel is plain again)")
    for name, ratio in loops([n for n in names if n in ("notewright", "kishu")], sizes).items():
        print(f"{name:12} {ratio:8.3f}")
        report.setdefault("loop over globals, of plain", {})[name] = ratio
    write(report)


def write(report: dict[str, Any]) -> None:
    """Write what has been measured so far."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "state.json").write_text(json.dumps(report, indent=2))


def show(name: str, own: Result, plain: Result, each: bool) -> None:
    """Print the rows of one system."""
    lag = f"{max(own.lags):6.2f} s" if own.lags else f"{'':8}"
    print(
        f"{name:12} {_blocked(own.thinking, plain.thinking)} "
        f"{_blocked(own.back_to_back, plain.back_to_back)} {lag}"
        f" {own.stored / 1e9:6.2f} GB {(own.peak - plain.peak) / 1e6:+9.0f} MB",
        flush=True,
    )
    small = [t for t, (kind, _) in zip(plain.thinking, CELLS, strict=True) if kind == "small"]
    cell = statistics.median(small)
    for what, seconds in own.back.items():
        over = f", {(seconds - cell) * 1000:.1f} over a plain cell" if "undo" in what else ""
        print(f"    {what:46} {seconds * 1000:8.1f} ms{over}", flush=True)
    if each:
        columns = (own.thinking, plain.thinking, own.back_to_back, plain.back_to_back)
        for (kind, code), one, p1, two, p2 in zip(CELLS, *columns, strict=True):
            more = f"{(one - p1) * 1000:8.1f} {(two - p2) * 1000:8.1f} of {two * 1000:8.1f}"
            print(f"    {kind:7} {more} ms  {code[:60]}")


def _blocked(cells: list[float], plain: list[float]) -> str:
    extra = [a - b for a, b in zip(cells, plain, strict=True)]
    worst = max(range(len(extra)), key=extra.__getitem__)
    kind = f"({CELLS[worst][0]})"
    return f"{statistics.median(extra) * 1000:8.1f} {extra[worst] * 1000:8.0f} {kind:9}"


if __name__ == "__main__":
    main()
