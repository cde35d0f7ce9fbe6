"""How many notebooks of each style are exported: `python benchmarks/export_corpus.py [NAME ...]`.

Each notebook of tests/packaging/corpus runs in a project of its own, and its model is exported.
Prints `N of M` for each step (the slice alone gives the same model; the package is built and
proved; its tests pass; metrics are equal; predictions are equal; raw rows are served, or the
export names the line that makes that impossible; it installs from its lock in an empty
environment and passes its tests there; its server answers what the notebook's model says), with
the export's own sentence for whatever failed, and writes benchmarks/results/export_corpus.json. A
notebook whose library is not installed is named and not counted.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _packages import in_empty_environment, over_http

TESTS = Path(__file__).resolve().parents[1] / "tests" / "packaging"
RESULTS = Path(__file__).parent / "results"


#: What is asked of each package besides what its export proves.
MORE = ("installs", "http")


def tried(package: Any, model: Any) -> dict[str, str]:
    """Return what is wrong with a package in a place of its own, and over HTTP."""
    wrong = over_http(package, model) if package.serves_raw_rows else ""
    return {"installs": in_empty_environment(package), "http": wrong}


def main() -> None:
    """Export, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these notebooks")
    options = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    from styles import BY_NAME, STEPS, STYLES, export_style

    steps = (*STEPS, *MORE)

    chosen = [BY_NAME[name] for name in options.names] or list(STYLES)
    left_out = {s.name: s.missing for s in chosen if s.missing}
    outcomes, seconds = [], {}
    for style in chosen:
        if style.missing:
            continue
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
            outcome = export_style(style, Path(folder), tried)
        seconds[style.name] = round(time.perf_counter() - began, 1)
        outcomes.append(outcome)
        marks = "".join("+" if outcome.steps.get(step) else "-" for step in steps)
        print(f"{style.name:<26}{marks}  {seconds[style.name]:5.1f} s", flush=True)
        if not outcome.done:
            print(f"    {outcome.reason}", flush=True)
    print()
    for step in steps:
        print(f"{step:<14}{sum(o.steps.get(step, False) for o in outcomes)} of {len(outcomes)}")
    print(f"{'everything':<14}{sum(o.done for o in outcomes)} of {len(outcomes)}")
    for name, library in left_out.items():
        print(f"{name}: {library} is not installed")
    RESULTS.mkdir(exist_ok=True)
    document = {
        "python": platform.python_version(),
        "steps": {step: sum(o.steps.get(step, False) for o in outcomes) for step in steps},
        "notebooks": len(outcomes),
        "left_out": left_out,
        "outcomes": [{**o.record(), "seconds": seconds[o.name]} for o in outcomes],
    }
    if not options.names:
        text = json.dumps(document, indent=1) + "\n"
        (RESULTS / "export_corpus.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
