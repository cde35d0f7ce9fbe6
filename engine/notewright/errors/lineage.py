"""Errors of the history."""

from __future__ import annotations

from pathlib import Path

from notewright.errors.base import NotewrightError


class NeverRun(NotewrightError):
    """A notebook without a single recorded execution."""

    code = "never_run"

    def __init__(self) -> None:
        super().__init__(
            "No cell has been recorded yet.",
            "Run `%load_ext notewright` in the notebook's first cell, then run its cells.",
        )


class NotRecorded(NotewrightError):
    """A variable that was made before Notewright was loaded."""

    code = "not_recorded"

    def __init__(self, variable: str, notebook: str | None) -> None:
        shown = Path(notebook).name if notebook else "NOTEBOOK.ipynb"
        super().__init__(
            f"'{variable}' was made before Notewright was loaded, so the cells behind it are not "
            "recorded.",
            f"Save the notebook, then `%nw export {shown} {variable}`: it "
            "runs the notebook from top to bottom in a fresh kernel first.",
        )
