"""Notebooks that are run, and read where there is no script."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import nbformat
import pytest
from nbclient import NotebookClient


class _Shown(HTMLParser):
    """Collects what is seen of a page without its scripts and styles: offline."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("script", "style")
        if tag == "img":
            self.text += f"[image {dict(attrs).get('alt')}]"

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += data


@pytest.fixture(scope="session")
def seen() -> Callable[[str], str]:
    """Return what a reader sees of a page whose scripts do not run."""

    def read(html: str) -> str:
        page = _Shown()
        page.feed(html)
        return page.text

    return read


@pytest.fixture(scope="session")
def execute(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., nbformat.NotebookNode]:
    """Run cells as a notebook, with the state of its widgets as nbclient saves it."""

    def run(*cells: str) -> nbformat.NotebookNode:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        folder = str(tmp_path_factory.mktemp("notebook"))
        NotebookClient(notebook, resources={"metadata": {"path": folder}}).execute()
        return notebook

    return run
