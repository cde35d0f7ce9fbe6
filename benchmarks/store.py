"""What a store with many snapshots costs to open, to list and to add to.

Makes a store with 10,000 snapshots of small namespaces (or as many as are
named on the command line) and times each in a fresh process. Prints a table
and writes benchmarks/results/store.json.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 5
RESULTS = Path(__file__).parent / "results"

BEFORE = """
import sys, time, os
from pathlib import Path
from notewright.workspace import Workspace
import notewright.state.snapshots, notewright.cli, notewright.views.state
root = Path(sys.argv[1])
"""
CASES = {
    "open the store": (100, "", "Workspace(root).snapshots.count()"),
    "list the newest 50": (200, "s = Workspace(root).snapshots", "s.list(limit=50)"),
    "notewright timeline (without Python's start)": (
        200,
        "sys.stdout = open(os.devnull, 'w')",
        "notewright.cli.main(['timeline', '--workspace', str(root)])",
    ),
    "find one by its id": (50, "s = Workspace(root).snapshots; id_ = s.head().id", "s.get(id_)"),
    "find one by its message": (50, "s = Workspace(root).snapshots", "s.get('number 50')"),
    "learn what is stored already": (
        300,
        "w = Workspace(root).store.objects.pack_writer()",
        "w.prepare()",
    ),
}


def filled(root: Path, count: int) -> float:
    """Take `count` snapshots in a store at `root`; return the seconds one took."""
    from notewright.state.namespace import Namespace
    from notewright.state.snapshots import Occasion
    from notewright.store.ids import new_id, now
    from notewright.workspace import Workspace

    workspace = Workspace(root)
    session, parent = workspace.history.begin_session(root).id, None
    names = {f"v{n}": n for n in range(20)}
    namespace = Namespace({"rows": list(range(100)), **names})
    keeper = workspace.snapshots.keeper(namespace)
    keeper._forks = False  # as the namespace is small, a copy of the process takes longer
    clock = time.perf_counter()
    for number in range(count):
        namespace.dict["rows"][number % 100] = number
        namespace.dict[f"v{number % 20}"] = number
        occasion = Occasion(
            new_id(),
            session,
            f"number {number}",
            "named",
            None,
            parent,
            now(),
            (),
            lambda name: (None, ""),
        )

        def commit(found, writer, occasion=occasion):  # type: ignore[no-untyped-def]
            return workspace.snapshots.commit(found, occasion, writer)

        view = keeper.view(save=True, finish=commit)
        view.done.wait()
        if view.error is not None:
            raise view.error
        parent = view.result.id
    seconds = (time.perf_counter() - clock) / count
    keeper.close()
    return seconds


def measured(root: Path, runs: int = RUNS) -> dict[str, list[float]]:
    """Return the milliseconds that each case took, each time in a fresh process."""
    times: dict[str, list[float]] = {}
    for name, (_, prepare, what) in CASES.items():
        script = (
            f"{BEFORE}{prepare}\nt = time.perf_counter()\n{what}\n"
            "print((time.perf_counter() - t) * 1000, file=sys.stderr)"
        )
        for _ in range(runs):
            command = [sys.executable, "-c", script, str(root)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            times.setdefault(name, []).append(float(done.stderr.split()[-1]))
    return times


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = f"{folder}/config"
        root = Path(folder) / "project"
        each = filled(root, count)
        size = sum(f.stat().st_size for f in root.rglob("*") if f.is_file())
        for name, times in measured(root).items():
            budget = CASES[name][0]
            rows.append(
                {
                    "case": name,
                    "median_ms": statistics.median(times),
                    "worst_ms": max(times),
                    "budget_ms": budget,
                }
            )
    print(f"{count} snapshots, {size / 1e6:.0f} MB on disk, {each * 1000:.1f} ms to take one")
    print(f"{'':48}{'median':>9}{'worst':>9}{'budget':>9}   (ms, {RUNS} processes each)")
    for row in rows:
        print(f"{row['case']:48}{row['median_ms']:9.1f}{row['worst_ms']:9.1f}{row['budget_ms']:9}")
    RESULTS.mkdir(exist_ok=True)
    report = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "snapshots": count,
        "bytes": size,
        "take_ms": each * 1000,
        "rows": rows,
    }
    (RESULTS / "store.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
