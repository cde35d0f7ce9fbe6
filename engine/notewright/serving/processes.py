"""Processes that outlive the notebook: started apart, found again for certain."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

#: Kept so that an ended child is reaped and never warned about.
_started: list[subprocess.Popen[bytes]] = []


def create_time(pid: int) -> float | None:
    """Return when the process was created, or None if there is none (or a zombie)."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def is_alive(pid: int, created: float) -> bool:
    """Tell whether the process is the one created then, not a later one with its number."""
    reap()
    found = create_time(pid)
    # The clock that the time is computed from may be adjusted by a little.
    return found is not None and abs(found - created) < 1.0


def terminate(pid: int, created: float, seconds: float) -> None:
    """End that process: asked first, then killed."""
    import psutil

    if not is_alive(pid, created):
        return
    process = psutil.Process(pid)
    process.terminate()
    if not wait_until(lambda: not is_alive(pid, created), seconds):
        process.kill()
        wait_until(lambda: not is_alive(pid, created), 5.0)


def start_detached(module: str, argument: str, log: Path) -> None:
    """Start ``python -m module argument`` in a session of its own.

    It survives the end of this process and gets no Ctrl-C of its terminal.
    """
    reap()
    environment = with_our_code(os.environ)
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        _started.append(
            subprocess.Popen(
                [sys.executable, "-m", module, argument],
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=handle,
                env=environment,
                start_new_session=True,
            )
        )
    finally:
        os.close(handle)


def with_our_code(given: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which a child finds this code, with one thread a library.

    Where the user's settings forbid compiled modules beside the sources, the child
    keeps them in our own cache: every start would compile pandas and scikit-learn
    again, which takes longer than all else. A package's own code never comes from
    there (see `notewright.serving.importing`).
    """
    environment = dict(given)
    if environment.get("PYTHONDONTWRITEBYTECODE"):
        import platformdirs

        environment["PYTHONDONTWRITEBYTECODE"] = ""
        cache = platformdirs.user_cache_path("notewright") / "bytecode"
        environment.setdefault("PYTHONPYCACHEPREFIX", str(cache))
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environment.setdefault(variable, "1")
    home = Path(__file__).resolve().parents[2]
    if home != Path(sysconfig.get_paths()["purelib"]).resolve():
        # Run from a checkout: the child must find the same code.
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{home}{os.pathsep}{known}" if known else str(home)
    return environment


def reap() -> None:
    """Collect children of this process that have ended."""
    _started[:] = [process for process in _started if process.poll() is None]


def hold_lock(path: Path) -> IO[str] | None:
    """Return an open file that holds the lock until it is closed, or None if it is taken."""
    import fcntl

    file = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def wait_until(true: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Poll until `true()`, at most for `seconds`; tell whether it became true."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
