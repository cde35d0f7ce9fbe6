"""What an export and a retraining cost: `python benchmarks/export.py [--rounds 3]`.

First step by step, for the logistic model of the tests' corpus: a step's time is what passes
until the next step, and the figures are medians over rounds. Then for notebooks of a dozen
styles, each exported a second time, so that the environment of its lock is cached: replay and
training apart, because they take as long as the notebook does. Then once more with no
environment cached, its libraries being on the machine. The aim is 10 s from click to proved
package, replay and training apart. Prints tables and writes benchmarks/results/export.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
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
#: Styles of the corpus, for the median.
NOTEBOOKS = (
    "iris_tutorial",
    "credit_kaggle",
    "credit_pipeline",
    "credit_forest",
    "titanic_kaggle",
    "houses_cleaned",
    "churn_functions",
    "churn_classes",
    "segments_kmeans",
    "reviews_tfidf",
    "shop_joined",
    "digits_images",
)


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


def logistic(rounds: int) -> dict[str, dict[str, float]]:
    """Return the median seconds of each step of an export and of a retraining."""
    from recorded import CORPUS, DATA, Notebook

    found: dict[str, list[dict[str, float]]] = {"export": [], "retrain": []}
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

        for number in range(rounds + 1):
            exported, package = steps_of(export)
            retrained, _ = steps_of(
                lambda progress, package=package: notebook.packages.retrain(
                    package, newer, progress
                )
            )
            if number:
                found["export"].append(exported)
                found["retrain"].append(retrained)
    return {
        what: {step: round(statistics.median(r[step] for r in every), 2) for step in every[0]}
        for what, every in found.items()
    }


def styles() -> dict[str, dict[str, float]]:
    """Return the seconds of an export of each style: replay, training, and the rest."""
    return {name: _style(name) for name in NOTEBOOKS}


def without_cache(name: str) -> dict[str, float]:
    """Return what an export of a style takes where no environment is cached."""
    import uv

    command = [uv.find_uv_bin(), "cache", "dir"]
    libraries = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        os.environ |= {"XDG_CACHE_HOME": folder, "UV_CACHE_DIR": libraries}
        try:
            return _style(name, cached=False)
        finally:
            os.environ.clear()
            os.environ.update(before)


def _style(name: str, *, cached: bool = True) -> dict[str, float]:
    from recorded import Notebook
    from styles import BY_NAME
    from tables import make_project

    style = BY_NAME[name]
    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        notebook = Notebook(make_project(Path(folder) / "project")).run(style.text)
        snapshot = notebook.snapshot()

        def export(progress: Progress) -> Any:
            return notebook.packages.export(
                style.variable,
                style.name,
                snapshot=snapshot,
                session=notebook.session,
                progress=progress,
            )

        if cached:
            export(Progress())
        steps, _ = steps_of(export)
    replay = next(v for k, v in steps.items() if k.startswith("running the slice"))
    training = next(v for k, v in steps.items() if k.startswith("training"))
    rest = steps["total"] - replay - training
    return {"replay": replay, "training": training, "rest": rest, "total": steps["total"]}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    by_step = logistic(options.rounds)
    for what, steps in by_step.items():
        print(f"\n{what:<58}seconds")
        for step, seconds in steps.items():
            print(f"  {step:<55}{seconds:8.2f}")
    by_style = styles()
    median = statistics.median(seconds["rest"] for seconds in by_style.values())
    print(f"\n{'notebook':<26}{'replay':>10}{'training':>10}{'the rest':>10}   seconds")
    for name, seconds in by_style.items():
        _show(name, seconds)
    print(f"{'median of the rest':<46}{median:10.1f}   (aim {AIM:g})")
    fresh = without_cache(NOTEBOOKS[0])
    _show("no environment cached", fresh)
    RESULTS.mkdir(exist_ok=True)
    document = {
        "rounds": options.rounds,
        "aim_s": AIM,
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "seconds": by_step,
        "notebooks": by_style,
        "median_s": median,
        "without_cache": fresh,
    }
    text = json.dumps(document, indent=1) + "\n"
    (RESULTS / "export.json").write_text(text, encoding="utf-8")


def _show(name: str, seconds: dict[str, float]) -> None:
    parts = (seconds[part] for part in ("replay", "training", "rest"))
    print(f"{name:<26}" + "".join(f"{part:10.1f}" for part in parts), flush=True)


if __name__ == "__main__":
    main()
