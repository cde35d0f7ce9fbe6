"""What tracking costs: committing runs, finding the best of many, all into a DataFrame.

    python benchmarks/experiments.py [--runs 10000] [--peer-runs 1000] [--json FILE]

Aims (see docs/experiments.md): a committed run of 20 parameters and 20 metrics
in 2 ms, the top 10 of 10,000 runs in 10 ms and of 100,000 in 50 ms, 10,000 in a
DataFrame in 0.3 s, one logged value in 0.15 ms, `%nw autorun on` in 5 % of a fit
of 50 ms, and no wait above 100 ms where 8 processes commit at once.

With --peer-runs, MLflow does the same with so many runs, in the same minutes and
in a process and with libraries of its own (`requirements/mlflow.txt`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _timing import timed

from notewright.experiments.evaluation import Evaluation
from notewright.experiments.recorder import Recorder
from notewright.experiments.runs import Runs
from notewright.store import Store

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent


def one_run(runs: Runs, n: int) -> float:
    """Log and commit a run of 20 parameters and 20 metrics; return its milliseconds."""
    began = time.perf_counter()
    active = runs.start(f"run {n}")
    for k in range(20):
        active.log_param(f"param_{k:02}", n % (k + 2) if k % 2 else f"value {n % (k + 2)}")
        active.log_metric(f"metric_{k:02}", (n * 7919 % 10_007) / 10_007 + k)
    active.finish()
    return 1000 * (time.perf_counter() - began)


def logged_value(runs: Runs) -> float:
    """Return the milliseconds of one `log_metric`, the worst percentile."""
    active = runs.start("values")
    taken = []
    for n in range(5000):
        began = time.perf_counter()
        active.log_metric("loss", n, step=n)
        taken.append(time.perf_counter() - began)
    active.finish()
    return 1000 * float(np.quantile(taken, 0.99))


def metric_overhead() -> float:
    """Return the milliseconds that recording adds to one metric on 10,000 rows."""
    from sklearn.metrics import roc_auc_score

    generator = np.random.default_rng(0)
    true, scores = generator.integers(0, 2, 10_000), generator.random(10_000)
    plain = timed(lambda: roc_auc_score(true, scores), 30)
    recorder = Recorder()
    with recorder.recording():
        recorded = timed(lambda: roc_auc_score(true, scores), 30)
    return recorded - plain


#: What `%nw autorun on` is measured on: a fit of about 50 ms.
PREPARE = """
import numpy as np
from sklearn.tree import DecisionTreeClassifier
generator = np.random.default_rng(0)
X = generator.normal(size=(3500, 10)); y = (X @ generator.normal(size=10) > 0).astype(int)
"""
#: Reads the main thread's clock when a cell begins and when everybody was told that it has ended.
WATCH = """
import time
clocks = []
def began(info): clocks.append([time.thread_time()])
def ended(result): clocks[-1].append(time.thread_time())
events = get_ipython().events
events.callbacks["pre_run_cell"].insert(0, began)
events.callbacks["post_run_cell"].append(ended)
def seen():
    (start, end), (following,) = clocks[-2:]
    return [1000 * (end - start), 1000 * (following - start)]
"""
FIT = "model = DecisionTreeClassifier(max_depth=6, random_state=0).fit(X, y)"


def autorun(repeat: int = 40) -> dict[str, float]:
    """Return what `%nw autorun on` adds to a cell that fits for about 50 ms, in a real kernel.

    The cells alternate between on and off. What is added is told as processor
    time of the kernel's main thread, which other work on the machine changes
    least: until the cell's own code has ended and been answered for, and until
    the next cell runs, which includes what history does between two cells.
    """
    from jupyter_client.manager import start_new_kernel

    with tempfile.TemporaryDirectory() as folder:
        manager, client = start_new_kernel(cwd=folder)
        try:
            for code in ("%load_ext notewright", PREPARE, FIT, WATCH):
                _shown(client, code)
            taken: dict[str, list[list[float]]] = {"off": [], "on": []}
            for n in range(2 * repeat):
                state = ("off", "on")[n % 2]
                _shown(client, f"%nw autorun {state}")
                time.sleep(0.2)  # what is done behind that cell is no part of this
                _shown(client, FIT)
                taken[state].append(json.loads(_shown(client, "print(seen())")))
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    middle = {
        state: [statistics.median(times) for times in zip(*rows, strict=True)]
        for state, rows in taken.items()
    }
    answered, after = (on - off for on, off in zip(middle["on"], middle["off"], strict=True))
    return {
        "a cell that fits, autorun off": middle["off"][0],
        "autorun adds until its answer": answered,
        "autorun adds until the next cell": after,
    }


def _shown(client: Any, code: str) -> str:
    """Run a cell and return what it printed."""
    printed: list[str] = []

    def take(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    client.execute_interactive(code, output_hook=take, timeout=60)
    return "".join(printed)


def comparison(runs: Runs) -> float:
    """Return the milliseconds of comparing two models on 100,000 rows over five metrics."""
    generator = np.random.default_rng(0)
    signal = generator.normal(size=100_000)
    true = (signal + generator.normal(size=100_000) > 0).astype(int)
    names = []
    for name in ("first", "second"):
        scores = 1 / (1 + np.exp(-(signal + generator.normal(size=100_000))))
        evaluation = Evaluation.of(true, (scores > 0.5).astype(int), scores, probability=True)
        metrics = dict.fromkeys(["roc_auc", "accuracy", "f1", "log_loss", "brier"], 0.0)
        names.append(runs.record(name, metrics=metrics, evaluation=evaluation).id)
    return timed(lambda: runs.compare(names), 3)


def together(processes: int = 8, seconds: float = 10.0) -> dict[str, float]:
    """Return how long processes wait for each other that commit runs without a pause."""
    with tempfile.TemporaryDirectory() as folder:
        Store(Path(folder))
        command = [sys.executable, _HERE / "_writer.py", folder, str(seconds)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        started = [subprocess.Popen(command, **pipes) for _ in range(processes)]
        for process in started:
            process.stdout.readline()
        found = []
        for process in started:
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in started:
            found.append(json.loads(process.communicate()[0]))
    waits, commits = (np.array([v for f in found for v in f[k]]) for k in ("waits", "commits"))
    name = f"{processes} processes at once"
    return {
        f"{name}: wait for the lock, median": float(np.median(waits)),
        f"{name}: wait for the lock, longest of {len(waits)}": float(waits.max()),
        f"{name}: commit, median": float(np.median(commits)),
    }


def measure(count: int) -> dict[str, float]:
    """Return every figure in milliseconds, over a store of `count` runs."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(Store(Path(folder) / ".notewright"))
        taken = [one_run(runs, n) for n in range(count)]
        top = {"order": "-metrics.metric_03", "limit": 10}
        words = "metrics.metric_03 > 3.5 and params.param_05 <= 4"
        return {
            "commit a run of 20 + 20 values, median": statistics.median(taken),
            "commit a run of 20 + 20 values, 99 %": float(np.quantile(taken, 0.99)),
            f"top 10 of {count} runs": timed(lambda: list(runs.list(**top))),
            f"top 10 of {count} runs, filtered": timed(lambda: list(runs.list(words, **top))),
            f"all {count} runs in a DataFrame": timed(lambda: runs.list().frame(), 5),
            "log_metric, 99 %": logged_value(runs),
            "recording one roc_auc_score on 10000 rows": metric_overhead(),
            "compare two models on 100000 rows, 5 metrics": comparison(runs),
            **autorun(),
            **together(),
        }


def peer(count: int) -> dict[str, Any]:
    """Return MLflow's figures over a store of `count` runs, from a process of its own."""
    library = _ROOT / ".venv" / "mlflow" / "lib"
    if not library.exists():
        install = [_ROOT / "scripts/install.py", sys.prefix, "requirements/mlflow.txt", library]
        subprocess.run([sys.executable, *install], check=True)
    environment = {**os.environ, "PYTHONPATH": str(library), "MLFLOW_DISABLE_TELEMETRY": "true"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", _HERE / "_mlflow_peer.py", str(count), folder],
            env=environment,
            cwd=folder,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def show(title: str, figures: dict[str, float]) -> None:
    """Print one system's figures."""
    print(title)
    width = max(map(len, figures))
    for name, milliseconds in figures.items():
        print(f"  {name.ljust(width)}  {milliseconds:10.3f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument(
        "--peer-runs", type=int, default=0, help="measure MLflow too, with so many runs"
    )
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    figures = measure(args.runs)
    show("notewright", figures)
    peers = peer(args.peer_runs) if args.peer_runs else None
    if peers is not None:
        show(f"mlflow {peers['mlflow']}", peers["milliseconds"])
    if args.json:
        record = {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "runs": args.runs,
            "milliseconds": figures,
            "peer": peers,
        }
        args.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
