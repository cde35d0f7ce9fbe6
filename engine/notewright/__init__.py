"""Notewright: the whole machine-learning lifecycle inside the notebook.

>>> import notewright as nw
>>> workspace = nw.open_workspace()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from notewright.experiments.active import ActiveRun
    from notewright.workspace import Workspace

__version__ = "0.1.0"
__all__ = ["__version__", "log_artifact", "log_metric", "log_param", "open_workspace", "run"]


def open_workspace(path: Path | str | None = None) -> Workspace:
    """Open the workspace that `path` is in, or start one there.

    Parameters
    ----------
    path : path, optional
        A folder; the current one by default. The nearest folder upward that
        has a ``.notewright/`` store is the workspace.
    """
    from notewright.workspace import Workspace

    return Workspace.find(path)


def load_ipython_extension(shell: Any) -> None:
    """Start Notewright in a notebook: ``%load_ext notewright``."""
    from notewright_magics import load_ipython_extension as load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Stop it again: ``%unload_ext notewright``."""
    from notewright_magics import unload_ipython_extension as unload

    unload(shell)
