"""What is shown under a cell that was recorded as a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.display import display

if TYPE_CHECKING:
    from notewright.experiments.active import ActiveRun
    from notewright.experiments.run import Run


def show_run(run: Run) -> None:
    """Show a finished run's parameters and metrics."""
    from notewright.views.experiments import run_view

    display(run_view(run))


def show_autorun(active: ActiveRun, words: str) -> None:
    """Say in one line that a cell is being recorded as a run.

    It is printed: to display it, ipykernel would wait until all streams are
    flushed, which takes longer than all that recording does meanwhile.
    """
    print(f"{words} (`%nw runs {active.id[:6]}`)")
