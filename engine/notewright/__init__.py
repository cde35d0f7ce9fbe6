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
__all__ = [
    "__version__",
    "autorun",
    "log_artifact",
    "log_metric",
    "log_param",
    "open_workspace",
    "run",
]


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


def run(name: str, tags: dict[str, str] | None = None) -> ActiveRun:
    """Record a block of code as a run.

    Parameters
    ----------
    name : str
        Your words for it.
    tags : dict, optional
        Labels.

    Examples
    --------
    >>> with nw.run("tuned") as tuned:  # doctest: +SKIP
    ...     model.fit(X, y)
    ...     tuned.log_metric("profit", 12.5)
    """
    import sys

    from notewright.state.namespace import Namespace

    namespace = Namespace(vars(sys.modules["__main__"]))
    return open_workspace().runs.start(name, tags, namespace=namespace, origin="code")


def autorun(on: bool = True) -> None:
    """Make a run of every cell of this notebook that fits an estimator, or stop doing so.

    Parameters
    ----------
    on : bool, default True

    Raises
    ------
    NeedsKernel
        Outside a notebook in which Notewright is loaded.
    """
    import sys

    from notewright.afresh.mark import is_afresh

    if is_afresh():
        return  # the cells run for an export, or for one run again
    magics = sys.modules.get("notewright_magics.session")
    session = None if magics is None else magics.KernelSession.current
    if session is None:
        from notewright.errors import NeedsKernel

        raise NeedsKernel("autorun")
    session.autorun = on


def log_metric(name: str, value: float, step: int | None = None) -> None:
    """Log a number with the run under way; with `step`, as a point of a curve."""
    from notewright.experiments.active import current_run

    current_run().log_metric(name, value, step)


def log_param(name: str, value: Any) -> None:
    """Log a parameter with the run under way."""
    from notewright.experiments.active import current_run

    current_run().log_param(name, value)


def log_artifact(source: Path | str | bytes, name: str | None = None) -> None:
    """Keep a file's contents of this moment, or some bytes, with the run under way."""
    from notewright.experiments.active import current_run

    current_run().log_artifact(source, name)


def load_ipython_extension(shell: Any) -> None:
    """Start Notewright in a notebook: ``%load_ext notewright``."""
    from notewright_magics import load_ipython_extension as load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Stop it again: ``%unload_ext notewright``."""
    from notewright_magics import unload_ipython_extension as unload

    unload(shell)
