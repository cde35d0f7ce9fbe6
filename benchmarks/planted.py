"""What each check finds of planted faults, and its false alarms: `python benchmarks/planted.py`.

The faults and the clean data are those of the tests (tests/governance/planted/). Prints a table
and writes benchmarks/results/planted.json. `--check NAME ...` asks some checks only, `--quick`
leaves out what takes long.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Ask, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", nargs="+", help="names of checks; all by default")
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from tests.governance.planted.suite import suite
    from tests.governance.planted.trial import tally

    print(
        f"{'check':<40}{'kinds':>7}{'faults':>8}{'found':>7}{'clean':>7}{'alarms':>8}{'share':>8}"
    )
    counts = []
    with tempfile.TemporaryDirectory() as home:
        os.environ["XDG_CONFIG_HOME"] = home  # keys of the tests' own
        for check, trials in suite().items():
            if args.check and check not in args.check:
                continue
            count = tally(check, [trial for trial in trials if not (args.quick and trial.slow)])
            counts.append(count)
            print(
                f"{check:<40}{count.kinds:>7}{count.faults:>8}{count.found:>7}{count.clean:>7}"
                f"{count.alarms:>8}{count.alarm_share:>8.1%}",
                flush=True,
            )
            for line in count.wrong:
                print(f"    {line}")
    faults, found, clean, alarms = (
        sum(getattr(count, name) for count in counts)
        for name in ("faults", "found", "clean", "alarms")
    )
    print(f"{'all':<40}{'':>7}{faults:>8}{found:>7}{clean:>7}{alarms:>8}{alarms / clean:>8.1%}")
    if not args.check and not args.quick:
        RESULTS.mkdir(exist_ok=True)
        document = {"python": platform.python_version(), "checks": [asdict(c) for c in counts]}
        (RESULTS / "planted.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
