"""How long a notebook waits for its history, and how much of it is stored.

Runs one workload in real kernels, cell by cell, once in plain IPython and once
under each system, and takes the difference: cells sent back to back, and with
a second of thought after each. Peers run in the same session: cloudpickle and
dill dump the whole namespace after every cell; kishu runs in an environment of
its own where one can be made. Prints tables and writes
benchmarks/results/state.json.

    python benchmarks/state.py [--small] [--only notewright,plain] [--repeat 3]
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sqlite3
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from jupyter_client.manager import start_new_kernel

RESULTS = Path(__file__).parent / "results"
THINKING = 1.0

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

SYSTEMS = {
    "plain": "",
    "notewright": "%load_ext notewright\n%nw autosnapshot on",
    "cloudpickle": """
def _install():
    import cloudpickle, os, itertools
    count = itertools.count()
    os.makedirs('.peer', exist_ok=True)
    ip = get_ipython()
    def save(result):
        hidden = ip.user_ns_hidden
        state = {k: v for k, v in ip.user_ns.items()
                 if not k.startswith('_') and k not in hidden and k not in ('In', 'Out')}
        with open(f'.peer/{next(count)}', 'wb') as f:
            cloudpickle.dump(state, f, protocol=5)
    ip.events.register('post_run_cell', save)
_install(); del _install
""",
}
SYSTEMS["dill"] = (
    SYSTEMS["cloudpickle"]
    .replace("cloudpickle.dump", "dill.dump")
    .replace("import cloudpickle", "import dill")
)
STORES = {"notewright": ".notewright", "cloudpickle": ".peer", "dill": ".peer"}


@dataclass
class Timings:
    """What one pass over the workload took, in seconds a cell."""

    setup: list[float] = field(default_factory=list)
    cells: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    stored: int = 0
    base: int = 0
    peak: int = 0
    loop: float = 0.0
    after: dict[str, float] = field(default_factory=dict)


class Notebook:
    """A real kernel in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manager, self.client = start_new_kernel(cwd=str(folder))

    def send(self, code: str) -> str:
        return self.client.execute(code)

    def reply(self, request: str) -> float:
        """Return the time at which the reply to `request` came; fail if the cell failed."""
        while True:
            message = self.client.get_shell_msg(timeout=600)
            if message["parent_header"].get("msg_id") == request:
                now = time.perf_counter()
                if message["content"]["status"] != "ok":
                    raise SystemExit("\n".join(message["content"]["traceback"]))
                return now

    def run(self, code: str) -> float:
        """Return the seconds a cell took, from sending it to its reply."""
        began = time.perf_counter()
        return self.reply(self.send(code)) - began

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
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


class Peak(threading.Thread):
    """The most memory a kernel took."""

    def __init__(self, notebook: Notebook) -> None:
        super().__init__(daemon=True)
        self.notebook, self.most, self.going = notebook, 0, True

    def run(self) -> None:
        while self.going:
            self.most = max(self.most, self.notebook.memory())
            time.sleep(0.1)

    def stop(self) -> int:
        self.going = False
        self.join()
        return self.most


def measured(system: str, sizes: dict[str, int], thinking: bool, memory: bool) -> Timings:
    """Return what the workload took under `system`."""
    folder = Path(tempfile.mkdtemp(prefix="state-"))
    notebook = Notebook(folder)
    timings = Timings()
    try:
        for line in SETUP[:2]:
            notebook.run(line.format(**sizes))
        if SYSTEMS[system]:
            notebook.run(SYSTEMS[system])
        timings.setup = [notebook.run(line.format(**sizes)) for line in SETUP[2:]]
        settled(system, notebook)
        timings.base = stored(system, folder)
        peak = Peak(notebook) if memory else None
        if peak:
            peak.start()
        watch = Commits(system, folder)
        timings.cells = cells(notebook, sizes, thinking, watch)
        timings.lags = watch.lags()
        if peak:
            timings.peak = peak.stop()
        settled(system, notebook)
        timings.stored = stored(system, folder)
        loop = "for i in range(10**7): x += 1"
        timings.loop = min(notebook.run(loop) for _ in range(3))
        if system == "notewright" and not thinking:
            timings.after = restores(notebook, folder)
    finally:
        notebook.close()
        shutil.rmtree(folder, ignore_errors=True)
    return timings


def cells(notebook: Notebook, sizes: dict[str, int], thinking: bool, watch: Commits) -> list[float]:
    codes = [code.format(**sizes) if "{trees}" in code else code for _, code in CELLS]
    took = []
    if thinking:
        for code in codes:
            took.append(notebook.run(code))
            watch.ended()
            time.sleep(THINKING)
        return took
    before = time.perf_counter()
    for request in [notebook.send(code) for code in codes]:
        now = notebook.reply(request)
        watch.ended()
        took.append(now - before)
        before = now
    return took


class Commits:
    """When each snapshot was committed, seen from another process."""

    def __init__(self, system: str, folder: Path) -> None:
        self._on = system == "notewright"
        self._ends: list[float] = []
        self._seen: list[float] = []
        if self._on:
            self._path = folder / ".notewright/catalog.sqlite"
            self._before = self._count()
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()

    def ended(self) -> None:
        self._ends.append(time.perf_counter())

    def lags(self) -> list[float]:
        if not self._on:
            return []
        self._thread.join(60)
        return [seen - end for seen, end in zip(self._seen, self._ends, strict=True)]

    def _count(self) -> int:
        with sqlite3.connect(f"file:{self._path}?mode=ro", uri=True) as catalog:
            return catalog.execute("SELECT count(*) FROM snapshots").fetchone()[0]

    def _watch(self) -> None:
        while len(self._seen) < len(CELLS):
            new = self._count() - self._before - len(self._seen)
            self._seen += [time.perf_counter()] * new
            time.sleep(0.01)


def settled(system: str, notebook: Notebook) -> None:
    if system == "notewright":
        notebook.run("%nw status")


def stored(system: str, folder: Path) -> int:
    root = folder / STORES.get(system, "nothing")
    return sum(f.stat().st_blocks * 512 for f in root.rglob("*") if f.is_file())


def restores(notebook: Notebook, folder: Path) -> dict[str, float]:
    took = {}
    notebook.run("small = 1")
    notebook.run("small = 2")
    settled("notewright", notebook)
    time.sleep(THINKING)
    took["undo of one small variable"] = notebook.run("%nw restore HEAD~1")
    notebook.run("1")
    settled("notewright", notebook)
    time.sleep(THINKING)
    took["checkout 15 cells back"] = notebook.run("%nw restore HEAD~15")
    notebook.run("assert 'k' in table.columns or True")
    settled("notewright", notebook)
    with sqlite3.connect(folder / ".notewright/catalog.sqlite") as catalog:
        (last,) = catalog.execute(
            "SELECT id FROM snapshots ORDER BY created DESC LIMIT 1"
        ).fetchone()
    again = Notebook(folder)
    try:
        again.run(SETUP[0])
        again.run("%load_ext notewright")
        took["full restore after a restart"] = again.run(f"%nw restore {last}")
        assert again.run("assert len(table) == rows and len(records)") >= 0
    finally:
        again.close()
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a hundredth of the state")
    parser.add_argument("--only", default="", help="systems, with commas")
    parser.add_argument("--no-thinking", action="store_true", help="back to back only")
    parser.add_argument("--cells", action="store_true", help="print every cell")
    options = parser.parse_args()
    scale = 100 if options.small else 1
    sizes = {"rows": 6_250_000 // scale, "objects": 67_500 // scale, "trees": 200 // scale or 2}
    systems = options.only.split(",") if options.only else ["plain", "notewright", "cloudpickle"]
    report: dict[str, object] = {"machine": platform.platform(), "cores": psutil.cpu_count()}
    for thinking in (False,) if options.no_thinking else (False, True):
        name = "a second of thought after each" if thinking else "back to back"
        results = {s: measured(s, sizes, thinking, memory=not thinking) for s in systems}
        report[name] = {s: vars(t) for s, t in results.items()}
        show(name, results, options.cells)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "state.json").write_text(json.dumps(report, indent=2))


def show(name: str, results: dict[str, Timings], each: bool) -> None:
    plain = results.get("plain", Timings(cells=[0.0] * len(CELLS), setup=[0.0] * 5))
    print(f"\n{name}, over plain IPython")
    head = (
        "blocked: median  worst (cell)     lag: median  worst   stored  after set-up   peak  loop"
    )
    print(f"{'':12} {head}")
    for system, t in results.items():
        if system == "plain":
            continue
        extra = [a - b for a, b in zip(t.cells, plain.cells, strict=True)]
        worst = max(range(len(extra)), key=extra.__getitem__)
        lags = t.lags or [0.0]
        print(
            f"{system:12} {statistics.median(extra) * 1000:9.1f} ms {extra[worst] * 1000:7.0f} ms"
            f" ({CELLS[worst][0]:6}) {statistics.median(lags) * 1000:8.0f} ms"
            f" {max(lags) * 1000:6.0f} ms {t.stored / 1e9:6.2f} GB {t.base / 1e9:8.2f} GB"
            f" {(t.peak - plain.peak) / 1e6:8.0f} MB {t.loop / (plain.loop or t.loop):5.3f}"
        )
        if each:
            for (kind, code), more, took in zip(CELLS, extra, t.cells, strict=True):
                print(f"    {kind:7} {more * 1000:8.1f} of {took * 1000:8.1f} ms  {code[:60]}")
        for what, seconds in t.after.items():
            print(f"    {what:32} {seconds * 1000:8.0f} ms")


if __name__ == "__main__":
    main()
