"""What the model needs to answer: time, and room."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from notewright.governance.checks.base import Check, Finding, Option
from notewright.governance.checks.material import Material

#: So many single rows are asked, for so long at most, in seconds.
_TIMES, _LONGEST = 50, 2.0


class InferenceTime(Check):
    """Asks the model single rows, and takes the time."""

    name = "behaviour.inference_time"
    timed = True
    summary = "The model answers one row quickly."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_milliseconds": Option(100.0, "Longest median time for one row.", minimum=0)
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the median time, on this machine, without the way over the network."""
        inputs = material.inputs
        times = []
        began = time.perf_counter()
        for at in range(_TIMES + 1):
            row = inputs.test[at % inputs.test.shape[0] :][:1]
            start = time.perf_counter()
            inputs.predict(row)
            times.append(1000 * (time.perf_counter() - start))
            if time.perf_counter() - began > _LONGEST:
                break
        times = times[1:] or times  # the first one warms the caches
        median, slowest = statistics.median(times), max(times)
        limit = options["max_milliseconds"]
        yield self.finding(
            median <= limit,
            f"One row takes {median:.2f} ms in the median, {slowest:.2f} ms at most (of "
            f"{len(times)}, on this machine; the policy allows {limit:g} ms).",
            remedy="Use fewer or smaller trees, a simpler model, or ask for many rows at once.",
            metric="milliseconds",
            value=median,
            threshold=float(limit),
            details={"slowest": slowest, "times": len(times)},
        )


class Size(Check):
    """Weighs the model as it would be stored."""

    name = "behaviour.size"
    summary = "The model is not too large to carry around."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_megabytes": Option(500.0, "Largest size of the pickled model.", minimum=0)
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the size of the model's pickle."""
        size = pickled_size(material.model) / 1e6
        limit = options["max_megabytes"]
        yield self.finding(
            size <= limit,
            f"The model takes {size:.2f} MB (the policy allows {limit:g} MB).",
            remedy="Use fewer or smaller trees, or leave the training data out of the model.",
            metric="megabytes",
            value=size,
            threshold=float(limit),
        )


def pickled_size(value: Any) -> int:
    """Return how many bytes the value's pickle takes, without holding them.

    Examples
    --------
    >>> pickled_size(bytes(1000)) - len(bytes(1000)) < 50
    True
    """
    import cloudpickle

    counter = _Counter()
    cloudpickle.dump(value, counter, protocol=5)
    return counter.size


class _Counter:
    """A file that only counts."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: Any) -> int:
        """Count the bytes."""
        length = memoryview(data).nbytes
        self.size += length
        return length
