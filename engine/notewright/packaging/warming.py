"""Make the clean environment ready while other work goes on."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from notewright.errors import NotewrightError
from notewright.packaging import locking
from notewright.packaging.roles import find_roles
from notewright.packaging.slicing import Program
from notewright.packaging.source import CellSource, statements


class Warming:
    """Locks and installs, in a thread, what the slice most probably needs.

    A guess that turns out wrong costs nothing but that work: the export locks again.
    """

    def __init__(self, cells: Sequence[CellSource], variable: str, directory: Path) -> None:
        self._cells, self._variable, self._directory = cells, variable, directory
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Warming:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is None:
            self._thread.join()

    def _run(self) -> None:
        try:
            program = Program(statements(self._cells))
            roles = find_roles(program, self._variable)
            used = {*roles.model, *roles.evaluate, *(m.index for m in roles.metrics)}
            names = {n for i in used for n in program.effects[i].reads}
            wanted = {p.split(".")[0] for n, p in program.imports.paths.items() if n in names}
            wanted |= {"pandas", "numpy", "skops", "sklearn"}
            direct, _ = locking.direct_dependencies(wanted, self._directory)
            locks = locking.lock(tuple(direct))
            locking.environment(locks)
            locking.tools_for_tests(locks)
        except (NotewrightError, OSError, SyntaxError):
            # The export itself meets the same problem and says it in its own place.
            return
