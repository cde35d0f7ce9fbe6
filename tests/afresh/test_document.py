"""What is read of a notebook before it is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from notewright.afresh.document import names_fitted, read_document
from notewright.errors import NotebookUnusable


def test_cells_are_numbered_as_the_notebook_shows_them_when_it_is_run(write) -> None:
    file = write("a = 1", "  ", "# why\nb = 2", "c = 3", cell3=["skip-execution"])
    cells = read_document(file).cells
    assert [(cell.number, cell.headline) for cell in cells] == [(1, "a = 1"), (2, "b = 2")]
    assert all(cell.id for cell in cells)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"nbformat": 4}', "\udcff", "print(1)"])
def test_what_is_no_notebook_is_refused_in_words(tmp_path: Path, content: str) -> None:
    file = tmp_path / "odd.ipynb"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(NotebookUnusable) as refused:
        read_document(file)
    assert "odd.ipynb cannot be run" in refused.value.problem


def test_a_notebook_that_is_missing_or_of_another_language_is_refused(write) -> None:
    file = write("1 + 1")
    with pytest.raises(NotebookUnusable, match="no such file"):
        read_document(file.with_name("other.ipynb"))
    file.write_text(file.read_text().replace('"language": "python"', '"language": "R"'))
    with pytest.raises(NotebookUnusable, match="its language is R"):
        read_document(file)


def test_names_that_are_fitted_are_offered_the_last_one_first(write) -> None:
    file = write(
        "%matplotlib inline\nscaler = StandardScaler().fit(X)",
        '%%nw run "both"\nfirst = Ridge()\nfirst.fit(X, y)',
        "for depth in (1, 2):\n    tree = Tree(depth).fit(X, y)",
        "def helper():\n    inner = Ridge().fit(X, y)\n    return inner",
        "first.fit(X, z)",
        "this is no Python",
    )
    assert names_fitted(read_document(file).cells) == ["first", "tree", "scaler"]
