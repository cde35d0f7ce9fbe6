"""How long a piece of work takes; in a file of its own, for libraries of any environment."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def timed(work: Callable[[], object], repeat: int = 7) -> float:
    """Return the median milliseconds of `work` after one warm-up."""
    work()
    taken = []
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return 1000 * statistics.median(taken)
