"""Export a notebook that was run without Notewright: run it from top to bottom first."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright.afresh.document import Document, read_document
from notewright.afresh.failures import Failures
from notewright.afresh.kernel import FreshKernel, monotonic_deadline, store_of
from notewright.afresh.leftovers import Leftovers
from notewright.afresh.mark import is_afresh
from notewright.errors import CellFailed, NothingFitted, SeveralModels, StoreReadOnly, UsageError
from notewright.packaging.records import Package
from notewright.progress import Progress
from notewright.store.names import module_name
from notewright.workspace import Workspace

#: How far the cells bring the whole: what the export itself takes depends on libraries more.
_CELLS_BEGIN, _CELLS_END = 0.03, 0.35


@dataclass(frozen=True)
class Wish:
    """What to export.

    Parameters
    ----------
    notebook : Path
        The notebook's document.
    variable : str or None
        The variable that holds the model; None where there is only one.
    name : str or None
        The package's name; by default the variable's.
    to : Path or None
        Where the package's files go; by default ``packages/NAME``.
    refit : bool
        Fit a model that was only cross-validated.
    timeout : float or None
        How many seconds the notebook may run.
    """

    notebook: Path
    variable: str | None = None
    name: str | None = None
    to: Path | None = None
    refit: bool = False
    timeout: float | None = None


def export_afresh(wish: Wish, progress: Progress | None = None) -> Package:
    """Run a notebook from top to bottom in a fresh kernel, and export a model of it.

    The document is only read. When it is cancelled or fails, the kernel is stopped and
    neither files nor records are left.

    Parameters
    ----------
    wish : Wish
        What to export.
    progress : Progress, optional
        Told of each cell and of each step of the export.

    Raises
    ------
    NotebookUnusable, KernelUnusable
        If it cannot be run.
    CellFailed
        If a cell ends with an error before the model is made.
    NothingFitted, SeveralModels, UnknownVariable
        If it is not clear what to export.
    ExportFailed
        If the package cannot be made, or is not the same.
    """
    if is_afresh():
        raise UsageError(
            "A notebook that is run for an export cannot export another.",
            "Export the other one by itself.",
        )
    if wish.name is not None:
        module_name(wish.name, "package")
    progress = progress or Progress(what="The export")
    document = read_document(wish.notebook)
    return _Afresh(wish, document, progress).package()


@dataclass
class _Afresh:
    """One such export."""

    wish: Wish
    document: Document
    progress: Progress
    leftovers: Leftovers = field(init=False)
    failures: Failures = field(init=False)

    def package(self) -> Package:
        self.leftovers = Leftovers.before(self.document.folder)
        self.failures = Failures(self.document.cells)
        try:
            made, root = self._made()
        except BaseException:
            self.leftovers.clear()
            raise
        return Workspace(root).packages.get(str(made["id"]))

    def _made(self) -> tuple[dict[str, Any], Path]:
        self.progress.step(0.0, f"starting a fresh kernel ({self.document.kernel})")
        with FreshKernel(self.document, self.progress) as kernel:
            hello = kernel.load()
            if Workspace(store_of(hello)).read_only:
                raise StoreReadOnly(store_of(hello))
            self.leftovers.noted(store_of(hello), str(hello["session"]))
            self._run_cells(kernel)
            variable = chosen(self.wish.variable, kernel.ask(verb="models"))
            finding = self.failures.finding(variable)
            made: dict[str, Any] = kernel.ask(
                self._export_step,
                verb="export",
                variable=variable,
                name=self.wish.name or variable,
                to=None if self.wish.to is None else str(self.wish.to.resolve()),
                refit=self.wish.refit,
                notes=[finding] if finding else [],
                wait=True,
            )
        return made, store_of(hello)

    def _run_cells(self, kernel: FreshKernel) -> None:
        deadline = monotonic_deadline(self.wish.timeout)
        total = len(self.document.cells)
        for cell in self.document.cells:
            done = (cell.number - 1) / total
            fraction = _CELLS_BEGIN + (_CELLS_END - _CELLS_BEGIN) * done
            nothing = self.failures.reason_against(cell)
            if nothing is not None:
                self.progress.step(fraction, f"cell {cell.number} of {total} needs cell {nothing}")
                kernel.pass_over(cell, f"it depends on cell [{nothing}], which came to nothing.")
                self.failures.left_out.append(cell.number)
                continue
            self.progress.step(fraction, f"running cell {cell.number} of {total}: {cell.headline}")
            failure = kernel.run(cell, deadline)
            if failure is not None:
                self._look_past(failure, kernel)

    def _look_past(self, failure: CellFailed, kernel: FreshKernel) -> None:
        """Go on after a failed cell where the model was made before it; raise it otherwise."""
        models = [self.wish.variable] if self.wish.variable else []
        models = models or [str(model["variable"]) for model in kernel.ask(verb="models")]
        if not self.failures.may_go_on(failure, models):
            raise failure
        self.failures.failed.append(failure)

    def _export_step(self, fraction: float, message: str) -> None:
        self.progress.step(_CELLS_END + (1 - _CELLS_END) * fraction, message)


def chosen(wanted: str | None, models: list[dict[str, Any]]) -> str:
    """Return the variable to export.

    Parameters
    ----------
    wanted : str or None
        What was asked for.
    models : list of dict
        The fitted models there are, the last one first. Variables of one `object` count once.

    Raises
    ------
    NothingFitted, SeveralModels
        If nothing was asked for, and there is not exactly one.
    """
    if wanted is not None:
        return wanted
    names = [str(model["variable"]) for model in models]
    if not names:
        raise NothingFitted
    if len({model["object"] for model in models}) > 1:
        raise SeveralModels(names)
    return names[0]
