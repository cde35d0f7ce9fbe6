"""What running some code took of the machine."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

_MIB = 1024


@dataclass(frozen=True)
class Used:
    """Processor time and memory of one recorded execution.

    Parameters
    ----------
    cpu_seconds : float
        Of all threads of this process; other processes it started are not counted.
    memory : int or None
        By how many bytes the process grew at most (resident set size). None
        where the system does not say.
    memory_exact : bool
        False where the process had been larger before, so that the peak went
        unseen and `memory` is how much larger it was at the end.
    """

    cpu_seconds: float
    memory: int | None
    memory_exact: bool


class Meter:
    """Reads the process's counters at the start and the end; costs some microseconds."""

    def __init__(self) -> None:
        self._cpu = time.process_time()
        self._resident = _resident()
        self._peak = _peak()

    def read(self) -> Used:
        """Return what was used since the meter was made."""
        cpu = time.process_time() - self._cpu
        now, peak = _resident(), _peak()
        if self._resident is None or now is None:
            return Used(cpu, None, memory_exact=False)
        rose = peak is not None and self._peak is not None and peak > self._peak
        top = peak if rose and peak is not None else now
        return Used(cpu, max(0, top - self._resident), memory_exact=rose)


def _resident() -> int | None:
    """Return the resident set size in bytes."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as file:
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    import resource

    return pages * resource.getpagesize()


def _peak() -> int | None:
    """Return the largest resident set size so far, in bytes."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * _MIB
