"""Make the clean environment ready while other work goes on."""

from __future__ import annotations

import importlib
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from notewright.errors import NotewrightError
from notewright.packaging import locking
from notewright.packaging.arrow import text_is_in_arrow
from notewright.packaging.prover import Prover, shared_modules
from notewright.packaging.roles import find_roles
from notewright.packaging.slicing import Program
from notewright.packaging.source import CellSource, statements
from notewright.progress import Progress

#: What the export itself imports after the replay.
_LATER = (
    "cyclonedx.output.json",
    "cyclonedx.validation.json",
    "jinja2",
    "skops.io",
    "notewright.governance.drift",
)


class Warming:
    """Locks, installs and starts, in a thread, what the slice most probably needs.

    A guess that turns out wrong costs nothing but that work: the export locks again.

    Parameters
    ----------
    cells : sequence of CellSource
        The executed cells.
    variable : str
        The model's name.
    directory : Path
        The notebook's folder.
    home : Path
        Where the package's own environment is made; removed if the export fails.
    model : object
        The notebook's model.
    """

    def __init__(
        self,
        cells: Sequence[CellSource],
        variable: str,
        directory: Path,
        home: Path,
        model: Any,
    ) -> None:
        self._variable, self._directory = variable, directory
        # Python 3.11 cannot make syntax trees in two threads at once.
        self._body = statements(cells)
        self._home = home
        self._type = f"{type(model).__module__}.{type(model).__qualname__}"
        self._prover: Prover | None = None
        self._handed_out = False
        self._progress = Progress(what="Preparing the environment")
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Warming:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is not None:
            self._progress.cancel()
        self._thread.join()
        if self._prover is not None:
            self._prover.close()
        if kind is not None:
            shutil.rmtree(self._home, ignore_errors=True)

    def prover(self) -> Prover | None:
        """Return, once, the prover in the package's environment, if it could be made."""
        self._ready.wait()
        if self._handed_out:
            return None
        self._handed_out = True
        return self._prover

    def _run(self) -> None:
        try:
            program = Program(self._body)
            roles = find_roles(program, self._variable)
            used = {*roles.model, *roles.evaluate, *(m.index for m in roles.metrics)}
            names = {n for i in used for n in program.effects[i].reads}
            wanted = {p.split(".")[0] for n, p in program.imports.paths.items() if n in names}
            wanted |= {"pandas", "numpy", "skops", self._type.partition(".")[0]}
            wanted -= {"__main__", "builtins"}
            if text_is_in_arrow():
                wanted.add("pyarrow")
            direct, _ = locking.direct_dependencies(wanted, self._directory)
            locks = locking.lock(tuple(direct))
            base = locking.environment(locks, self._progress)
            python = locking.layered(base, self._home, self._progress)
            self._prover = Prover(python, shared_modules(self._type, "skops"), locks.hash)
            locking.tools_for_tests(locks, self._progress)
            self._ready.set()
            _import_ahead()
        except (NotewrightError, OSError, SyntaxError, ImportError):
            # The export itself meets the same problem and says it in its own place.
            return
        finally:
            self._ready.set()


def _import_ahead() -> None:
    """Import what the export needs after the replay; the user's process is waiting anyway."""
    for name in _LATER:
        importlib.import_module(name)
