"""Runs inside a package's clean environment: imports slow modules once, then forks.

``python forking.py PROBE MODULE...`` reads a job's file name from each line of
its input, does the job in a process of its own, and writes ``STATUS FILE`` when
that ends. A job finds what a fresh process would find after importing the same
modules: its own copy of everything, and random numbers that nobody else draws.
It imports the package's dependencies, never Notewright.
"""

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import selectors
import signal
import sys
import traceback
from pathlib import Path
from typing import Any


def main(probe_file: str, modules: list[str]) -> None:
    """Import the modules, then do jobs until the input ends."""
    sys.path.pop(0)  # this file's folder
    spec: Any = importlib.util.spec_from_file_location("__probe__", probe_file)
    probe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(probe)
    for name in modules:
        # What cannot be imported is said by the job that needs it.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()  # what is here now is shared with every job, not copied for each
    _loop(probe)


def _loop(probe: Any) -> None:
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    waiting = selectors.DefaultSelector()
    waiting.register(0, selectors.EVENT_READ)
    waiting.register(woken, selectors.EVENT_READ)
    running: dict[int, str] = {}
    text = b""
    while True:
        for key, _ in waiting.select():
            if key.fd == woken:
                os.read(woken, 512)
                _reap(running)
                continue
            more = os.read(0, 65536)
            if not more:
                os.killpg(0, signal.SIGKILL)
            text += more
            *lines, text = text.split(b"\n")
            for line in lines:
                child = os.fork()
                if child == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    _job(probe, line.decode())
                running[child] = line.decode()


def _reap(running: dict[int, str]) -> None:
    while running:
        child, status = os.waitpid(-1, os.WNOHANG)
        if child == 0:
            return
        code = os.waitstatus_to_exitcode(status)
        os.write(1, f"{code} {running.pop(child)}\n".encode())


def _job(probe: Any, job_file: str) -> None:
    """Do one job in this process, with its output in a file beside the job's, and end."""
    code = 1
    try:
        out = os.open(f"{job_file}.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for here, there in ((nothing, 0), (out, 1), (out, 2)):
            os.dup2(here, there)
        os.chdir(json.loads(Path(job_file).read_bytes())["cwd"])
        importlib.invalidate_caches()
        if "numpy.random" in sys.modules:
            # Otherwise every job would draw the same "random" numbers.
            sys.modules["numpy.random"].seed()
        probe.main(job_file)
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, it is the job's answer
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
