"""From a notebook's path to its workspace, without leaving the server's folder."""

from __future__ import annotations

from pathlib import Path

from notewright.workspace import Workspace
from notewright_lab.errors import BadPath, BadQuestion, NoWorkspace


def workspace_root(served: Path, notebook: str) -> Path:
    """Return the folder of the workspace that a notebook belongs to.

    Parameters
    ----------
    served : Path
        The folder that the server serves.
    notebook : str
        The notebook's path relative to it, with ``/`` between the parts. The
        notebook need not exist (yet).

    Raises
    ------
    BadPath
        If the path, or a symbolic link on it, leads out of `served`.
    BadQuestion
        If there can be no such path.
    NoWorkspace
        If no folder from the notebook's up to `served` has a store.
    """
    top = served.resolve()
    folder = _folder_of(top, notebook)
    for candidate in (folder, *folder.parents):
        if Workspace.existing(candidate) == candidate:
            if not (candidate / ".notewright").resolve().is_relative_to(top):
                raise BadPath
            return candidate
        if candidate == top:
            break
    raise NoWorkspace


def notebook_file(served: Path, notebook: str) -> Path:
    """Return where a notebook's document is.

    Raises
    ------
    BadPath
        If the path, or a symbolic link on it, leads out of `served`.
    """
    top = served.resolve()
    return (_folder_of(top, notebook) / Path(notebook).name).resolve()


def served_path(served: Path, path: Path) -> str | None:
    """Return a path as the server's clients name it; None where the server does not show it."""
    top, real = served.resolve(), path.resolve()
    if not real.is_relative_to(top):
        return None
    inside = real.relative_to(top)
    return None if any(part.startswith(".") for part in inside.parts) else inside.as_posix()


def _folder_of(top: Path, notebook: str) -> Path:
    """Return the real folder of the notebook, which is `top` or inside it."""
    if "\0" in notebook:
        raise BadPath
    # A leading slash means the server's folder, as everywhere in Jupyter.
    named = top / notebook.lstrip("/")
    try:
        folder = named.resolve() if named.is_dir() else named.parent.resolve()
        inside = named.resolve().is_relative_to(top)
    except OSError as error:  # too long a name, say
        raise BadQuestion("path", "the path of a notebook") from error
    if not inside:
        raise BadPath
    if not folder.is_relative_to(top):
        raise BadPath
    return folder
