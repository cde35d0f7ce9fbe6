"""Take pictures of the panel, in both themes of JupyterLab and in Notebook 7.

``python scripts/screenshots.py FOLDER`` runs the credit risk demo from top to bottom in a real
JupyterLab, opens the panel beside it, and leaves ``panel-light.png`` and ``panel-dark.png`` (and
``panel-notebook.png`` of Notebook 7) in the folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from demo import ROOT, prepare
from jupyter_session import (
    Server,
    browser,
    jupyter_server,
    open_notebook,
    run_all_cells,
    show_panel,
    what_failed,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NOTEBOOK = "credit_risk.ipynb"
#: The cell that is shown beside the panel.
_CELL = '%nw compare "logistic regression"'


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, browser() as chromium:
        project = Path(scratch) / "project"
        prepare(ROOT / "demo_notebooks", project)
        with jupyter_server(project, Path(scratch) / "state") as server:
            run(chromium, server)
            for name, theme, kind in (
                ("panel-light", "JupyterLab Light", "lab"),
                ("panel-dark", "JupyterLab Dark", "lab"),
                ("panel-notebook", "JupyterLab Light", "notebook"),
            ):
                picture = options.folder / f"{name}.png"
                take(chromium, server, picture, theme, kind)
                print(picture)


def run(browser_: Browser, server: Server) -> None:
    """Run the notebook, and save it with what it shows."""
    page = browser_.new_page()
    open_notebook(page, server, "lab", _NOTEBOOK)
    run_all_cells(page)
    failed = what_failed(page)
    if failed:
        sys.exit("\n".join(failed))
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.close()


def take(browser_: Browser, server: Server, picture: Path, theme: str, kind: str) -> None:
    """Take one picture, high enough for several sections."""
    page = browser_.new_page(viewport={"width": 1440, "height": 1280})
    page.set_default_timeout(60_000)
    open_notebook(page, server, kind, _NOTEBOOK)
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme
    )
    show_panel(page)
    page.evaluate(_MAKE_ROOM)
    page.evaluate(_SHOW_CELL, _CELL)
    page.get_by_label("Notewright is on in this kernel").wait_for()
    page.get_by_role("group", name="Gate production").wait_for()
    page.screenshot(path=picture)
    page.close()


#: JupyterLab gives side panels little width at first; close its file list, widen ours.
_MAKE_ROOM = """() => {
  const { shell } = window.jupyterapp;
  if (shell.collapseLeft) { shell.collapseLeft(); }
  const split = document.querySelector('#jp-main-split-panel');
  const widget = [...shell.children()].flatMap(function all(w) {
    return [w, ...(w.children ? [...w.children()].flatMap(all) : [])];
  }).find(w => w.node === split);
  if (widget) { widget.setRelativeSizes([0, 2, 1]); }
}"""

_SHOW_CELL = """async words => {
  const panel = window.jupyterapp.shell.currentWidget;
  const index = panel.content.widgets.findIndex(
    cell => cell.model.sharedModel.getSource().startsWith(words));
  panel.content.activeCellIndex = index;
  await panel.content.scrollToItem(index, 'start');
}"""


if __name__ == "__main__":
    main()
