"""IPython: the history of executions, and ``%nw``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notewright_magics.session import KernelSession

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["KernelSession", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Start history and ``%nw``; print one line; change nothing else."""
    from notewright import __version__
    from notewright_magics.magics import install

    session = KernelSession(shell)
    session.start()
    install(shell, session)
    where = f"{session.workspace.root.name}/"
    words = (
        f"the store of {where} is read-only, so nothing is recorded; `%nw timeline`, `show`, "
        "`diff` and `restore` work."
        if session.workspace.read_only
        else f"history is on for {where} (`%nw -h` lists what it can do)."
    )
    print(f"Notewright {__version__}: {words}")


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Stop what :func:`load_ipython_extension` started."""
    session = KernelSession.current
    if session is not None:
        session.off()
