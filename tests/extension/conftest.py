"""A Jupyter server with Notewright's part, over a folder with one workspace.

pytest-jupyter's fixtures are taken in here and not for all tests: they start
event loops of their own, which the browser tests must not meet.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403

from notewright.state.namespace import Namespace
from notewright.workspace import Workspace


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
