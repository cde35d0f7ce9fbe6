"""Real JupyterLab and Notebook 7 in a real Chromium, for the tests of the panel."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from ensure_chromium import find_chromium
from jupyter_session import (
    Server,
    browser,
    jupyter_server,
    open_notebook,
    show_panel,
    write_notebook,
)
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Error, Page

#: Milliseconds that a machine with everything else to do may take for a step.
PATIENCE = 40_000
expect.set_options(timeout=PATIENCE)

Opener = Callable[..., "Page"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if find_chromium() is None:
        pytest.fail("No Chromium: `python scripts/ensure_chromium.py` says how to get one.")
    with browser() as found:
        yield found


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    with jupyter_server(folder, tmp_path_factory.mktemp("state")) as started:
        yield started


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where every test leaves a picture of how its page looked at the end."""
    folder = Path(__file__).parent / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)


@pytest.fixture
def page(chromium: Browser, pictures: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails its test when Notewright's script on it fails."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    failures: list[str] = []

    def on_error(error: Error) -> None:
        # Notebook 7 has failures of its own at the start, with or without us.
        if "/labextensions/notewright/" in (error.stack or ""):
            failures.append(str(error))

    opened.on("pageerror", on_error)
    yield opened
    opened.screenshot(path=pictures / f"{_plain(request.node.name)}.png")
    context.close()
    assert failures == []


@pytest.fixture
def open_cells(server: Server, page: Page, request: pytest.FixtureRequest) -> Opener:
    """Write a notebook into a project of its own, open it, and show the panel."""

    def open_(*cells: str, kind: str = "lab", at: Server = server) -> Page:
        name = _plain(request.node.name)
        write_notebook(at.folder / name / "analysis.ipynb", cells)
        open_notebook(page, at, kind, f"{name}/analysis.ipynb")
        show_panel(page)
        return page

    return open_
