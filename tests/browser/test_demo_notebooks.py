"""The demo notebooks in JupyterLab, run as a visitor runs them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo import NOTEBOOKS, ROOT, prepare
from jupyter_session import (
    Server,
    jupyter_server,
    open_notebook,
    run_all_cells,
    show_panel,
    what_failed,
)
from playwright.sync_api import Page, expect


@pytest.fixture
def demo_server(tmp_path: Path) -> Iterator[Server]:
    """A server over a fresh copy of the demo notebooks, which may deploy."""
    folder = tmp_path / "project"
    prepare(ROOT / "demo_notebooks", folder)
    with jupyter_server(folder, tmp_path / "state") as started:
        yield started
        stop = [sys.executable, "-m", "notewright", "stop", "credit_risk"]
        subprocess.run(stop, cwd=folder, env=started.environment, capture_output=True, check=False)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_every_cell_of_a_demo_notebook_ends_well(
    page: Page, demo_server: Server, notebook: str
) -> None:
    open_notebook(page, demo_server, "lab", notebook)
    show_panel(page)
    run_all_cells(page)
    assert what_failed(page) == []
    panel = page.get_by_role("region", name="Notewright")
    expect(panel.get_by_label("Notewright is on in this kernel")).to_be_visible()
    expect(panel.get_by_role("alert")).to_have_count(0)
    expect(panel.get_by_role("list", name="Snapshots, newest first")).to_be_visible()
