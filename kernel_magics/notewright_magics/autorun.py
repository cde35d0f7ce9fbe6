"""``%nw autorun on``: every cell that fits an estimator becomes a run of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from notewright.experiments import hooks
from notewright.experiments.active import ActiveRun
from notewright.experiments.assembly import Ending
from notewright.experiments.drafting import (
    Draft,
    drafted,
    fits_in,
    fitted_unseen,
    scored_earlier,
    scored_in,
)
from notewright.lineage.writes import touched_names
from notewright_magics.cells import plain_code
from notewright_magics.figures import Figures

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from notewright.experiments.run import Run
    from notewright.experiments.runs import Runs
    from notewright.lineage.cell import Cell
    from notewright.lineage.past import Past
    from notewright.state.namespace import Namespace


#: What the name of a run ends with that only scored what an earlier cell had fitted.
SCORED = ", scored"


class AutoRuns:
    """Records cells as runs while it is on; the hooks stay in place for as long.

    Parameters
    ----------
    shell : InteractiveShell
        Shows the figures.
    runs : Runs
    namespace : Namespace
    session : str
        The kernel session the runs belong to.
    finished : callable
        Called with every finished run, on another thread.
    past : callable
        Gives what ran up to a cell that has just ended, as far as it is known.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        runs: Runs,
        namespace: Namespace,
        session: str,
        finished: Callable[[Run], object],
        past: Callable[[Cell], Past],
    ) -> None:
        self._past = past
        self._runs = runs
        self._namespace = namespace
        self._session = session
        self._finished = finished
        self._shell = shell
        self._active: ActiveRun | None = None
        self._figures: Figures | None = None
        hooks.install()

    def close(self) -> None:
        """Take the hooks out again."""
        self.ends()
        hooks.uninstall()

    def begins(self) -> None:
        """Begin to watch a cell."""
        self._active = self._runs.start("", session=self._session, origin="auto")
        self._figures = Figures(self._shell, self._active)
        self._active.watch()

    def ends(self) -> ActiveRun | None:
        """Stop watching the cell; return what was seen."""
        active, self._active = self._active, None
        if active is not None:
            active.unwatch()
        if self._figures is not None:
            self._figures.close()
        return active

    def follower(self, active: ActiveRun, cell: Cell) -> AutoRun | None:
        """Return what makes a run of a cell that fitted or scored something, else None."""
        fitted = fits_in(active.recorder)
        # What a run inside recorded is not recorded twice.
        if fitted is None and not active.encloses and ".fit" in cell.source:
            fitted = fitted_unseen(self._namespace.dict, plain_code(cell.source))
        scored = None if fitted or active.encloses else self._scored(active, cell)
        if fitted is None and scored is None and not active.logged_by_hand:
            return None
        words = fitted or (f"{scored}{SCORED}" if scored else "run")
        runs = self._runs if scored else None
        return AutoRun(active, self._namespace, cell, words, self._finished, runs)

    def _scored(self, active: ActiveRun, cell: Cell) -> str | None:
        """Return the type of the model that was scored, if one was."""
        seen = scored_in(active.recorder)
        if seen is None and active.recorder.looks_back:
            cell.code = plain_code(cell.source)
            seen = scored_earlier(active.recorder, self._past(cell), self._namespace.variables())
        return seen


class AutoRun:
    """Makes the run of one cell; see `notewright.lineage.recorder.Follower`."""

    def __init__(
        self,
        active: ActiveRun,
        namespace: Namespace,
        cell: Cell,
        words: str,
        finished: Callable[[Run], object],
        fitted_in: Runs | None = None,
    ) -> None:
        self.message = f"run: {words}"
        self.looks_back = active.recorder.looks_back
        self._active = active
        #: Where the run is that fitted what this one only scored.
        self._fitted_in = fitted_in
        self._namespace = namespace
        self._cell = cell
        self._finished = finished

    def observe(self, past: Past | None) -> Any:
        """Return the draft of the run, from the variables as the cell left them."""
        try:
            return self._draft(self._namespace.variables(), past)
        except Exception as error:  # noqa: BLE001 - the cell's own record must not be lost by it
            return f"{type(error).__name__}: {error}"

    def finish(self, observed: Any, cell: Cell, snapshot: str | None) -> None:
        """Commit the run."""
        draft = observed if isinstance(observed, Draft) else self._draft({})
        if not isinstance(observed, Draft):
            why = f": {observed}" if observed else ""
            draft.notes.append(f"The cell's variables could not be looked at{why}.")
        if self._fitted_in is not None:
            self._link(draft, self._fitted_in)
        execution = None if cell.execution is None else cell.execution.id
        ending = Ending(
            status=_status(cell), execution=execution, snapshot_after=snapshot, error=cell.error
        )
        self._finished(self._active.end(lambda: draft, ending))

    def _link(self, draft: Draft, runs: Runs) -> None:
        """Name a run that only scored a model, and say which run had fitted it."""
        self._active.name = f"{draft.name}{SCORED}"
        model = None if draft.chosen is None else draft.models.get(draft.chosen)
        fitted = None if model is None else runs.of_model(model.fingerprint)
        if fitted is not None:
            self._active.parent = fitted.parent if fitted.name.endswith(SCORED) else fitted.id

    def _draft(self, variables: dict[str, Any], past: Past | None = None) -> Draft:
        recorder = self._active.recorder
        fitted = [name for name, value in variables.items() if recorder.fits.of(value) is not None]
        changed = dict.fromkeys([*fitted, *touched_names(self._cell.code)])
        return drafted(recorder, variables, list(changed), self._cell.code, past)


def _status(cell: Cell) -> Any:
    if cell.status == "ok":
        return "finished"
    return "interrupted" if (cell.error or "").startswith("KeyboardInterrupt") else "failed"
