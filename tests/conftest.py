"""What all tests share: a workspace, a user's folder of their own, one thread a library."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast this machine is today is no matter of a property's.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(autouse=True)
def own_config(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the tests' keys out of the developer's own folders, and no Hub in between."""
    folder = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.delenv("JUPYTERHUB_API_URL", raising=False)
    return folder


@pytest.fixture(autouse=True)
def stores_closed():
    """Keep no connection to a store for the tests that follow."""
    yield
    from notewright.store import sqlite

    sqlite._kept_open.clear()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="what keeps the records of the stores that tests begin",
    )


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL server, for all tests that ask for one."""
    from tests.postgresql import Server, binaries

    folder = binaries()
    if folder is None:
        pytest.skip("PostgreSQL's server (initdb, postgres) is not installed here")
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(autouse=True)
def records(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let new stores keep their records where `--store` says; return that."""
    kind: str = request.config.getoption("--store")
    if kind == "postgresql":
        if request.node.get_closest_marker("sqlite"):
            pytest.skip("about SQLite's file")
        monkeypatch.setenv("NOTEWRIGHT_STORE", request.getfixturevalue("postgresql").address)
    else:
        monkeypatch.delenv("NOTEWRIGHT_STORE", raising=False)
    return kind


@pytest.fixture
def in_india(monkeypatch: pytest.MonkeyPatch):
    """Let the machine stand where it is five and a half hours later than UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "IST-5:30")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def workspace(tmp_path: Path):
    from notewright.workspace import Workspace

    return Workspace(tmp_path)


@pytest.fixture
def hub():
    """A JupyterHub's answers, on this machine."""
    from tests.hub import LocalHub

    up = LocalHub()
    yield up
    up.stop()


@pytest.fixture
def on_hub(hub, monkeypatch: pytest.MonkeyPatch):
    """Return a function after which this process, and kernels it starts, are somebody's server."""

    def become(name: str) -> None:
        for variable, value in hub.starts(name).items():
            monkeypatch.setenv(variable, value)

    return become


class PlainNotebook:
    """Cells run in a dictionary and recorded, without IPython: what the engine alone sees."""

    def __init__(self, workspace, directory: Path) -> None:
        from notewright.lineage.recorder import Recorder
        from notewright.state.namespace import Namespace

        self.workspace = workspace
        self.variables: dict = {"__name__": "__main__", "__builtins__": __builtins__}
        self.namespace = Namespace(self.variables, folders=[directory])
        self.recorder = Recorder(workspace.history, workspace.snapshots, self.namespace, directory)

    def run(self, code: str):
        """Run a cell; return its recorded execution. An error in it is recorded, not raised."""
        import contextlib

        from notewright.lineage.cell import Cell

        cell = Cell(code, code)
        with contextlib.suppress(Exception), self.recorder.running(cell):
            exec(compile(code, "<cell>", "exec"), self.variables)
        return cell.execution

    def close(self) -> None:
        """End the thread that takes results in, with its connection, unless a test left it busy."""
        if not self.recorder._keeper.busy:
            self.recorder.close()

    def slice(self, name: str) -> list[int]:
        """Return the ordinals of the cells that made `name`."""
        found = self.workspace.history.slice(self.recorder.execution(), name)
        return [execution.ordinal for execution in found.executions]

    def __getitem__(self, name: str):
        return self.variables[name]


@pytest.fixture
def notebook(workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    made = PlainNotebook(workspace, tmp_path)
    yield made
    made.close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that writes the user's own modules; they are forgotten afterwards."""
    from types import ModuleType

    from notewright.state.modules import module_contents

    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(**files: str) -> None:
        for name, text in files.items():
            path = tmp_path / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    yield write
    for name in set(sys.modules) - before:
        module = sys.modules[name]
        if issubclass(type(module), ModuleType):
            file = module_contents(module).get("__file__")
            if isinstance(file, str) and file.startswith(str(tmp_path)):
                del sys.modules[name]


@pytest.fixture
def open_notebook():
    """Return a function that opens a plain notebook in a folder of its own."""

    def opened(root: Path) -> PlainNotebook:
        from notewright.workspace import Workspace

        return PlainNotebook(Workspace(root), root)

    return opened
