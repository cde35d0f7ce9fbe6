"""A Jupyter server with Notewright's part, over a folder with one workspace.

pytest-jupyter's fixtures are taken in here and not for all tests: they start
event loops of their own, which the browser tests must not meet.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403

from notewright.state.namespace import Namespace
from notewright.workspace import Workspace

NOTEBOOK = "work/analysis.ipynb"


@pytest.fixture
def jp_server_config() -> dict[str, object]:
    return {"ServerApp": {"jpserver_extensions": {"notewright_lab": True}}}


@pytest.fixture
def project(jp_root_dir: Path) -> Workspace:
    """A workspace with two snapshots, in a folder that the server serves."""
    folder = jp_root_dir / "project"
    (folder / "notebooks").mkdir(parents=True)
    workspace = Workspace(folder)
    variables: dict[str, object] = {"rows": [1, 2, 3]}
    namespace = Namespace(variables)
    session = workspace.history.begin_session(folder).id
    workspace.snapshots.take(namespace, session=session, message="as loaded")
    variables["total"] = 6
    workspace.snapshots.take(namespace, session=session, message="<b>summed</b>")
    return workspace


@pytest.fixture
def write(jp_root_dir: Path):
    """Return a function that writes the notebook that is exported."""

    def write_(*cells: str) -> Path:
        file = jp_root_dir / NOTEBOOK
        file.parent.mkdir(exist_ok=True)
        code = [nbformat.v4.new_code_cell(source) for source in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=code), file)
        return file

    return write_
