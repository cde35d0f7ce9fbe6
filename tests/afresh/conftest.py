"""Notebooks on disk, that are run from top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a notebook with these code cells."""

    def write_(*cells: str, kernel: str = "python3", **tags: list[str]) -> Path:
        code = [nbformat.v4.new_code_cell(source) for source in cells]
        for place, names in tags.items():
            code[int(place.removeprefix("cell"))].metadata["tags"] = names
        file = tmp_path / "analysis.ipynb"
        spec = {"name": kernel, "display_name": kernel, "language": "python"}
        document = nbformat.v4.new_notebook(cells=code, metadata={"kernelspec": spec})
        nbformat.write(document, file)
        return file

    return write_
