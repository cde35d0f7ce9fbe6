"""The process that tries a package out in its clean environment."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright.packaging import forking, probe
from notewright.packaging.replay import QUIET, run_process
from notewright.progress import Progress


def shared_modules(model_type: str, format_: str) -> tuple[str, ...]:
    """Return the modules that every job of a package imports anyway.

    Only these are imported before a job starts, so that no job can succeed on a module
    that the package itself forgot to import.

    Parameters
    ----------
    model_type : str
        The model's type, with its module.
    format_ : str
        ``skops``, ``torch`` or ``pickle``.

    Examples
    --------
    >>> shared_modules("sklearn.svm._classes.SVC", "skops")
    ('numpy', 'pandas', 'skops.io', 'sklearn.svm._classes')
    """
    module = model_type.rpartition(".")[0]
    names = ["numpy", "pandas"]
    if format_ == "skops":
        names.append("skops.io")
    if format_ == "torch":
        names.append("torch")
    if module not in ("", "__main__", "builtins"):
        names.append(module)
    return tuple(names)


@dataclass
class Outcome:
    """How a job ended."""

    code: int
    output: str
    result: dict[str, Any] | None


@dataclass
class _Waiting:
    done: threading.Event = field(default_factory=threading.Event)
    code: int = -1


class Prover:
    """Does jobs with a clean environment's interpreter, each in a process of its own.

    On Linux the processes are forks of one that has imported the slow modules; elsewhere
    each starts afresh.

    Parameters
    ----------
    python : Path
        The environment's interpreter.
    modules : tuple of str
        What every job imports.
    lock : str
        The hash of the lock that the environment was made from.
    """

    def __init__(self, python: Path, modules: tuple[str, ...], lock: str) -> None:
        self.python = python
        self.modules = modules
        self.lock = lock
        self._jobs: dict[str, _Waiting] = {}
        self._guard = threading.Lock()
        self._process = self._start() if sys.platform == "linux" else None
        if self._process is not None:
            threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        files = [str(Path(m.__file__ or "")) for m in (forking, probe)]
        return subprocess.Popen(
            [str(self.python), "-B", *files, *self.modules],
            cwd=self.python.parent,
            env={**os.environ, **QUIET, "PYTHONPATH": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                code, _, file = line.decode().rstrip("\n").partition(" ")
                with self._guard:
                    waiting = self._jobs.pop(file)
                waiting.code = int(code)
                waiting.done.set()
        with self._guard:  # it ended: nobody will answer any more
            left, self._jobs = list(self._jobs.values()), {}
        for waiting in left:
            waiting.done.set()

    def run(
        self, job: Mapping[str, Any], cwd: Path, file: Path, progress: Progress | None = None
    ) -> Outcome:
        """Do a job and return how it ended; several threads may ask at once.

        Parameters
        ----------
        job : mapping
            See :mod:`notewright.packaging.probe`.
        cwd : Path
            The folder that the job runs in.
        file : Path
            Where to write the job; its result and output are written beside it.
        progress : Progress, optional
            Cancelling it stops the job.
        """
        result = Path(f"{file}.result")
        text = json.dumps({**job, "cwd": str(cwd), "result": str(result)})
        file.write_text(text, encoding="utf-8")
        if self._process is None:
            command = [str(self.python), "-B", str(Path(probe.__file__ or "")), str(file)]
            ended = run_process(command, cwd, {"PYTHONPATH": ""}, progress)
            code, output = ended.returncode, ended.stdout + ended.stderr
        else:
            code = self._fork(file, progress)
            out = Path(f"{file}.out")
            output = out.read_text(encoding="utf-8", errors="replace") if out.exists() else ""
        found = json.loads(result.read_bytes()) if result.exists() else None
        return Outcome(code, output, found)

    def _fork(self, file: Path, progress: Progress | None) -> int:
        process, waiting = self._process, _Waiting()
        assert process is not None
        assert process.stdin is not None
        with self._guard:
            self._jobs[str(file)] = waiting
        try:
            process.stdin.write(f"{file}\n".encode())
            process.stdin.flush()
        except (OSError, ValueError):
            return -1  # it ended already, and so there is no result
        while not waiting.done.wait(0.2):
            if progress is not None:
                progress.check()
            if process.poll() is not None:
                waiting.done.wait(1)
                break
        return waiting.code

    def close(self) -> None:
        """Stop the process and every job that still runs; again does no harm."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
