"""Take pictures of the panel beside a notebook, in the light and the dark theme.

``python scripts/screenshots.py FOLDER`` runs a small credit notebook in a real
JupyterLab, opens the panel beside it, and leaves ``panel-light.png`` and
``panel-dark.png`` (and ``panel-notebook.png`` of Notebook 7) in the folder.
``--notebook FILE`` takes another notebook; its folder is copied.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_session import (
    browser,
    jupyter_server,
    open_notebook,
    run_all_cells,
    show_panel,
    write_notebook,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_DATA = Path(__file__).resolve().parents[1] / "demo_notebooks" / "data" / "german_credit.csv"
_NAME = "credit.ipynb"
_CELLS = (
    "%load_ext notewright",
    "import pandas as pd\n\ncredit = pd.read_csv('german_credit.csv')\ncredit.head(3)",
    '%nw snapshot -m "as loaded"',
    "target = credit.columns[-1]\n"
    "y = (credit[target] == credit[target].iloc[0]).astype(int)\n"
    "X = pd.get_dummies(credit.drop(columns=target), dtype=float).fillna(0)\n"
    "cursor = (row for row in X.itertuples())",
    '%nw snapshot -m "features ready"',
    '%%nw run "logistic regression"\n'
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import roc_auc_score\n"
    "from sklearn.model_selection import train_test_split\n\n"
    "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
    "logit = LogisticRegression(C=0.1, max_iter=2000).fit(X_train, y_train)\n"
    "roc_auc_score(y_test, logit.predict_proba(X_test)[:, 1])",
    '%%nw run "gradient boosting, depth 2"\n'
    "from sklearn.ensemble import GradientBoostingClassifier\n\n"
    "boosted = GradientBoostingClassifier(max_depth=2, random_state=0).fit(X_train, y_train)\n"
    "roc_auc_score(y_test, boosted.predict_proba(X_test)[:, 1])",
    '%nw snapshot -m "two models fitted"',
)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--notebook", type=Path, help="instead of a small one of its own")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with browser() as chromium:
        for name, theme, kind in (
            ("panel-light", "JupyterLab Light", "lab"),
            ("panel-dark", "JupyterLab Dark", "lab"),
            ("panel-notebook", "JupyterLab Light", "notebook"),
        ):
            picture = options.folder / f"{name}.png"
            take(chromium, picture, theme, kind, options.notebook)
            print(picture)


def take(browser_: Browser, picture: Path, theme: str, kind: str, notebook: Path | None) -> None:
    """Take one picture."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "project"
        name = prepare(folder, notebook)
        with jupyter_server(folder, Path(scratch) / "state", theme=theme) as server:
            page = browser_.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(60_000)
            open_notebook(page, server, kind, name)
            show_panel(page)
            page.evaluate(_MAKE_ROOM)
            run_all_cells(page)
            page.get_by_label("Notewright is on in this kernel").wait_for()
            boxes = page.locator(".nw-Run-choose")
            boxes.nth(1).wait_for()
            boxes.nth(0).check()
            boxes.nth(1).check()
            page.get_by_role("button", name="Compare").click()
            page.locator(".nw-Chart").first.wait_for()
            page.screenshot(path=picture)
            page.close()


def prepare(folder: Path, notebook: Path | None) -> str:
    """Fill the folder that is served and return the notebook's name."""
    if notebook is not None:
        ignored = shutil.ignore_patterns(".notewright", "packages", "executed")
        shutil.copytree(notebook.resolve().parent, folder, ignore=ignored)
        return notebook.name
    write_notebook(folder / _NAME, _CELLS)
    shutil.copy(_DATA, folder)
    return _NAME


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


if __name__ == "__main__":
    main()
