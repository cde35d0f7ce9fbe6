"""One of several processes that commit runs into one store; see experiments.py.

Says how long it waited for its turn, and how long each commit took, in milliseconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from notewright.experiments.runs import Runs
from notewright.store import Store


def main(folder: str, seconds: float) -> None:
    """Wait for a line, then commit one run after the other."""
    store = Store(Path(folder))
    runs = Runs(store)
    begin, waits, commits = store.catalog._begin, [], []

    def timed():  # type: ignore[no-untyped-def]
        began = time.perf_counter()
        connection = begin()
        waits.append(1000 * (time.perf_counter() - began))
        return connection

    store.catalog._begin = timed  # type: ignore[method-assign]
    params = {f"param_{k:02}": k for k in range(20)}
    metrics = {f"metric_{k:02}": k / 3 for k in range(20)}
    print("ready", flush=True)
    sys.stdin.readline()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        runs.record("together", params=params, metrics=metrics)
        commits.append(1000 * (time.perf_counter() - began))
    print(json.dumps({"waits": waits, "commits": commits}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
