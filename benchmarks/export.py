"""What an export and a retraining cost, step by step: `python benchmarks/export.py [--rounds 3]`.

The notebook is the logistic model of the tests' corpus on the demo's data, as durable history
and a snapshot. The first export, which is not counted, makes the cached environment. A step's
time is what passes until the next step; the figures are medians over rounds. The aim is 10 s
from click to proved package, for the export and for the retraining. Prints a table and writes
benchmarks/results/export.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from notewright.progress import Progress

TESTS = Path(__file__).resolve().parents[1] / "tests" / "packaging"
RESULTS = Path(__file__).parent / "results"
AIM = 10.0


def steps_of(work: Callable[[Progress], Any]) -> tuple[dict[str, float], Any]:
    """Do `work` and return the seconds of each of its steps, and what it made."""
    marks: list[tuple[float, str]] = []
    progress = Progress(lambda _, message: marks.append((time.perf_counter(), message)))
    began = time.perf_counter()
    made = work(progress)
    ended = time.perf_counter()
    ends = [at for at, _ in marks[1:]] + [ended]
    found = {words: end - at for (at, words), end in zip(marks[:-1], ends, strict=False)}
    return {**found, "total": ended - began}, made


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    from recorded import CORPUS, DATA, Notebook

    rounds: dict[str, list[dict[str, float]]] = {"export": [], "retrain": []}
    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        root = Path(folder) / "project"
        (root / "data").mkdir(parents=True)
        data = root / "data" / "german_credit.csv"
        shutil.copyfile(DATA / data.name, data)
        notebook = Notebook(root).run((CORPUS / "credit_scaled.py").read_text(encoding="utf-8"))
        snapshot = notebook.snapshot()
        newer = root / "newer.csv"
        pd.read_csv(data).sample(700, random_state=1).to_csv(newer, index=False)

        def export(progress: Progress) -> Any:
            return notebook.packages.export(
                "model",
                "credit_risk",
                snapshot=snapshot,
                session=notebook.session,
                progress=progress,
            )

        for number in range(options.rounds + 1):
            exported, package = steps_of(export)
            retrained, _ = steps_of(
                lambda progress, package=package: notebook.packages.retrain(
                    package, newer, progress
                )
            )
            if number:
                rounds["export"].append(exported)
                rounds["retrain"].append(retrained)
    found = {
        what: {step: round(statistics.median(r[step] for r in every), 2) for step in every[0]}
        for what, every in rounds.items()
    }
    for what, steps in found.items():
        print(f"\n{what:<58}seconds")
        for step, seconds in steps.items():
            print(f"  {step:<55}{seconds:8.2f}" + (f"  (aim {AIM:g})" if step == "total" else ""))
    RESULTS.mkdir(exist_ok=True)
    document = {
        "rounds": options.rounds,
        "aim_s": AIM,
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "seconds": found,
    }
    text = json.dumps(document, indent=1) + "\n"
    (RESULTS / "export.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
