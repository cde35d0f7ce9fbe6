"""Whether comparisons tell the truth, and how fast: error rates, coverage, time.

    python benchmarks/comparison.py [--repetitions 10000] [--json FILE]

Aims (see docs/comparison.md): tests of models that are equally good claim a
difference in 4 to 6 % of cases (exact and corrected ones in 6 % at most), 95 %
intervals hold the true difference in 94 to 96 %, and two models on 100,000 rows
are compared with intervals, tests and segments in 2 s.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from _simulations import CAUTIOUS, DESIGNS, Rates, cross_validated, in_band

from notewright.experiments.evaluation import Evaluation
from notewright.experiments.runs import Runs
from notewright.store import Store

ROWS = 100_000


def simulate(repetitions: int) -> list[Rates]:
    """Return the rates of every design, printing each as it is known."""
    found: list[Rates] = []
    designs = dict(DESIGNS | CAUTIOUS)
    # Not held to the band: real folds are less alike than the correction assumes.
    designs["real folds"] = lambda n, g: cross_validated(100, 10, 10, n, g)
    designs["real folds, fewer"] = lambda n, g: cross_validated(200, 5, 5, n, g)
    print(f"{'method':24}  {'setting':56}  {'p < 0.05':>8}  {'covered':>8}")
    for design in designs.values():
        for rates in design(repetitions, np.random.default_rng(20_260_301)):
            found.append(rates)
            real = "real models" in rates.setting
            mark = "" if in_band(rates) else "  (not held to it)" if real else "  OUTSIDE"
            print(
                f"{rates.method:24}  {rates.setting:56}  {_percent(rates.claimed):>8}  "
                f"{_percent(rates.covered):>8}{mark}"
            )
    return found


def speed(columns: int = 20) -> dict[str, float]:
    """Return the median seconds of comparing two models on 100,000 rows, over 5 times."""
    draw = np.random.default_rng(0)
    signal = draw.normal(size=ROWS)
    true = (signal + draw.normal(size=ROWS) > 0).astype(int)
    table = pd.DataFrame({f"number {n}": draw.normal(size=ROWS) for n in range(columns // 2)})
    for n in range(columns - columns // 2):
        table[f"kind {n}"] = draw.choice(list("abcdef"), ROWS)
    taken: dict[str, list[float]] = {"intervals and tests of 5 metrics": [], "segments": []}
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(Store(Path(folder) / ".notewright"))
        metrics = dict.fromkeys(["roc_auc", "accuracy", "f1", "log_loss", "brier"], 0.0)
        for name in ("first", "second"):
            scores = 1 / (1 + np.exp(-(signal + draw.normal(size=ROWS))))
            evaluation = Evaluation.of(true, (scores > 0.5).astype(int), scores, probability=True)
            runs.record(name, metrics=metrics, evaluation=evaluation)
        for _ in range(6):
            began = time.perf_counter()
            comparison = runs.compare(["first", "second"])
            between = time.perf_counter()
            comparison.impact(table)
            taken["intervals and tests of 5 metrics"].append(between - began)
            taken["segments"].append(time.perf_counter() - between)
    # The first is a warm-up: it imports.
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=10_000)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    seconds = speed()
    for name, value in seconds.items():
        print(f"two models on {ROWS:,} rows, {name}: {value:.2f} s")
    print(f"together: {sum(seconds.values()):.2f} s\n")
    rates = simulate(args.repetitions) if args.repetitions else []
    if args.json:
        record = {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "rows": ROWS,
            "seconds": seconds,
            "rates": [asdict(each) for each in rates],
        }
        args.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
