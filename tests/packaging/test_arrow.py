"""Where PyArrow is installed pandas keeps text in it, and a package then needs it too.

`make test-all` runs these with PyArrow; elsewhere most are skipped.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
import pytest
from recorded import CORPUS, Notebook

from notewright.packaging.arrow import text_is_in_arrow, uses_arrow

installed = importlib.util.find_spec("pyarrow") is not None
with_arrow = pytest.mark.skipif(not installed, reason="pyarrow is not installed")


def test_what_is_plainly_kept_is_not_in_arrow() -> None:
    numbers = pd.DataFrame([[1.5, 2.5]], columns=pd.Index([1, 2]))
    for value in (numbers, numbers[1], numbers.columns, [1], "text", None):
        assert not uses_arrow(value)
    assert text_is_in_arrow() <= installed


@with_arrow
def test_text_is_noticed_in_cells_labels_and_names() -> None:
    text = pd.array(["a", "b"], dtype=pd.StringDtype("pyarrow"))
    for value in (
        pd.Series(text),
        pd.Series([1, 2], index=pd.Index(text)),
        pd.DataFrame([[1, 2]], columns=pd.Index(text)),
        pd.Series(pd.Categorical(text)),
        pd.MultiIndex.from_arrays([text, [1, 2]]),
        pd.Series([1], dtype="int64[pyarrow]"),
    ):
        assert uses_arrow(value)


@with_arrow
def test_the_package_of_a_notebook_with_arrow_depends_on_it_and_is_proved(project: Path) -> None:
    notebook = Notebook(project).run((CORPUS / "credit_scaled.py").read_text(encoding="utf-8"))
    package = notebook.export("model")
    assert package.equivalence["result"] == "equal"
    for file in ("pyproject.toml", "requirements.txt", "pylock.toml"):
        assert "pyarrow" in (package.path / file).read_text(encoding="utf-8")


@pytest.mark.skipif(installed, reason="pyarrow is installed")
def test_without_arrow_no_package_asks_for_it(exported) -> None:
    _, package = exported
    assert "pyarrow" not in (package.path / "requirements.txt").read_text(encoding="utf-8")
