"""How many statements slices keep, against the minimum by hand: `python benchmarks/slices.py`.

The cases are those of the tests (tests/packaging/slices/, and inside/ for what stands in loops and
branches, where lines are counted), whose minimum was marked by hand.
Prints a table by theme and writes benchmarks/results/slices.json.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests" / "packaging"
RESULTS = Path(__file__).parent / "results"


@dataclass
class Theme:
    """Statements of the cases of one theme."""

    cases: int = 0
    written: int = 0
    minimum: int = 0
    kept: int = 0
    #: Of the minimum, those that were dropped.
    lost: int = 0


def main() -> None:
    """Slice, count, print, write."""
    sys.path.insert(0, str(TESTS))
    from slicing_cases import CASES, INSIDE
    from test_inside import lines_kept
    from test_slicing import _expected, _program

    themes: dict[str, Theme] = defaultdict(Theme)
    times = []
    for case in CASES:
        began = time.perf_counter()
        program = _program(case)
        kept = program.needed_for([case.wanted])
        times.append((time.perf_counter() - began) * 1000)
        wanted = _expected(case, program.body)
        for theme in (themes[case.theme], themes["all"]):
            theme.cases += 1
            theme.written += len(program.body)
            theme.minimum += len(wanted)
            theme.kept += len(kept)
            theme.lost += len(wanted - kept)
    for case in INSIDE:
        wanted = {n for n, line in enumerate(case.text.splitlines(), 1) if line.startswith(">")}
        lines = lines_kept(case)
        theme = themes[f"{case.theme} (lines)"]
        theme.cases += 1
        theme.written += len(case.text.splitlines())
        theme.minimum += len(wanted)
        theme.kept += len(lines)
        theme.lost += len(wanted - lines)
    print(f"{'':<36}{'cases':>8}{'written':>9}{'minimum':>9}{'kept':>8}{'lost':>8}")
    for name, theme in sorted(themes.items(), key=lambda item: item[0] == "all"):
        print(
            f"{name:<36}{theme.cases:8}{theme.written:9}{theme.minimum:9}{theme.kept:8}"
            f"{theme.lost:8}"
        )
    print(f"median of a slice, reading the code included: {statistics.median(times):.2f} ms")
    RESULTS.mkdir(exist_ok=True)
    document = {
        "python": platform.python_version(),
        "themes": {name: asdict(theme) for name, theme in themes.items()},
        "median_ms": statistics.median(times),
    }
    (RESULTS / "slices.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
