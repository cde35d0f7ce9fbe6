"""A notebook's document, as far as running it from top to bottom needs it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notewright.errors import NotebookUnusable
from notewright.words import first_line_of

#: Lines of IPython's, which are no Python, and what else such lines give a value to.
_MAGIC = re.compile(r"(?m)^(\s*)[%!].*$")
_MAGIC_VALUE = re.compile(r"(?m)^(\s*[\w, ]+=\s*)[%!].*$")
#: What Jupyter's own tools call cells that are left out, and cells that may fail.
_SKIPPED, _MAY_FAIL = "skip-execution", "raises-exception"


#: What a file that is something else makes of the reader.
_DAMAGED = (AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True)
class CodeCell:
    """A cell that is run.

    Parameters
    ----------
    number : int
        Its place among those that are run, from 1: the number that the notebook shows then.
    id : str or None
        The cell's id, where the document gives one.
    source : str
        What is in it.
    may_fail : bool
        Whether it is tagged as one whose error does not matter.
    """

    number: int
    id: str | None
    source: str
    may_fail: bool = False

    @property
    def blank_lines(self) -> int:
        """How many empty lines are above the code: IPython does not count them."""
        lines = self.source.splitlines()
        return next(number for number, line in enumerate(lines) if line.strip())

    @property
    def headline(self) -> str:
        """The first line that says something."""
        return (first_line_of(self.source) or self.source.splitlines()[0].strip())[:60]


@dataclass(frozen=True)
class Document:
    """A notebook to run.

    Parameters
    ----------
    path : Path
        Where it is; its cells run in that folder.
    kernel : str
        The name of its kernel.
    cells : tuple of CodeCell
        The cells to run, in order.
    """

    path: Path
    kernel: str
    cells: tuple[CodeCell, ...]

    @property
    def folder(self) -> Path:
        """The notebook's folder."""
        return self.path.parent


def read_document(path: Path) -> Document:
    """Read a notebook; nothing is ever written to it.

    Raises
    ------
    NotebookUnusable
        If there is none, or it is not one of Python.
    """
    import nbformat

    path = path.resolve()
    try:
        content: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        cells = tuple(_code_cells(content.cells))
    except OSError as error:
        raise NotebookUnusable(path.name, (error.strerror or str(error)).lower()) from None
    except (*_DAMAGED, nbformat.ValidationError):
        raise NotebookUnusable(path.name, "it is not a notebook") from None
    spec = content.metadata.get("kernelspec", {})
    language = spec.get("language") or content.metadata.get("language_info", {}).get("name")
    if language not in (None, "python"):
        raise NotebookUnusable(path.name, f"its language is {language}, not Python")
    if not cells:
        raise NotebookUnusable(path.name, "it has no code")
    return Document(path, str(spec.get("name") or "python3"), cells)


def _code_cells(cells: Any) -> Iterator[CodeCell]:
    number = 0
    for cell in cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and cell.source.strip() and _SKIPPED not in tags:
            number += 1
            yield CodeCell(number, cell.get("id"), cell.source, _MAY_FAIL in tags)


def python_of(cell: CodeCell) -> str | None:
    r"""Return what is in a cell as Python, nothing in place of magics; None if it is no Python.

    Examples
    --------
    >>> print(python_of(CodeCell(1, None, "%nw status\nfiles = !ls\nx = 5")))
    pass
    files = None
    x = 5
    """
    code = _MAGIC_VALUE.sub(r"\1None", _MAGIC.sub(r"\1pass", cell.source))
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return None
    return code


def names_fitted(cells: tuple[CodeCell, ...]) -> list[str]:
    """Return the variables that the cells call ``fit`` on, going by the text, the last first.

    It is a help for who has to name a model before the cells are run; which of them
    are models only running them shows.
    """
    found: dict[str, None] = {}
    for cell in cells:
        code = python_of(cell)
        for node in _in_order(ast.parse(code or "")):
            for name in _fitted_by(node):
                found.pop(name, None)
                found[name] = None
    return list(reversed(found))


def _in_order(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what is run at the top of a cell, loops and conditions included."""
    waiting: list[ast.AST] = list(reversed(tree.body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _fitted_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Assign) and _is_fit(node.value):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    if isinstance(node, ast.Expr) and _is_fit(node.value):
        owner = node.value.func.value  # type: ignore[attr-defined]
        if isinstance(owner, ast.Name):
            yield owner.id


def _is_fit(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "fit"
    )
