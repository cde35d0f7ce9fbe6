"""What is shown under a cell that was recorded as a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.display import display

if TYPE_CHECKING:
    from notewright.experiments.run import Run


def show_run(run: Run) -> None:
    """Show a finished run's parameters and metrics."""
    from notewright.views.experiments import run_view

    display(run_view(run))
