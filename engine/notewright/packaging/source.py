"""The notebook's code as a list of top-level statements that know where they came from."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CellSource:
    """The Python code of one execution.

    Parameters
    ----------
    code : str
        The code, without magics.
    label : str
        How to name the cell to a person: ``"cell 3"``.
    execution : str, optional
        The id of the execution.
    stopped : int, optional
        The line on which it stopped with an error.
    places : tuple of str
        For each line where the author wrote it, where the code is not the author's own.
    stands_for : str
        The notebook's module that the function in it asks, where the export wrote the cell.
    """

    code: str
    label: str
    execution: str | None = None
    stopped: int | None = None
    places: tuple[str, ...] = ()
    stands_for: str = ""

    def place(self, line: int) -> str:
        """Return where a line of the code was written, for a person: ``"cell 3, line 2"``."""
        return self.places[line - 1] if self.places else f"{self.label}, line {line}"


@dataclass(frozen=True)
class Statement:
    """One top-level statement of a cell.

    Parameters
    ----------
    index : int
        Its position in the order of execution.
    node : ast.stmt
        Its syntax tree, with positions inside the cell.
    cell : CellSource
        The cell it stands in.
    comments : tuple of str
        The comment lines right above it.
    failed : bool
        Whether it stopped with an error.
    """

    index: int
    node: ast.stmt
    cell: CellSource
    comments: tuple[str, ...] = ()
    failed: bool = False
    _text: list[str] = field(default_factory=list, repr=False, compare=False)

    @property
    def text(self) -> str:
        """The statement as the author wrote it, with a comment at its end."""
        if not self._text:
            self._text.append(_text(self.cell.code, self.node))
        return self._text[0]

    @property
    def place(self) -> str:
        """Where it is, for a person: ``"cell 3, line 2"``."""
        return self.cell.place(self.node.lineno)


def statements(cells: Sequence[CellSource]) -> list[Statement]:
    r"""Return the top-level statements of `cells` in the order they ran.

    Examples
    --------
    >>> [s.text for s in statements([CellSource("a = 1\nb = a  # next", "cell 1")])]
    ['a = 1', 'b = a  # next']
    """
    found: list[Statement] = []
    ours = _our_names(cells)
    for cell in cells:
        lines = cell.code.splitlines()
        previous = 0
        for node in _unwrapped(ast.parse(cell.code).body, ours):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            if cell.stopped is not None and first > cell.stopped:
                break  # it was not reached
            last = node.end_lineno or node.lineno
            failed = cell.stopped is not None and last >= cell.stopped
            comments = _comments(lines[previous : first - 1])
            found.append(Statement(len(found), node, cell, comments, failed))
            previous = last
    return found


def before_error(code: str, line: int | None) -> str:
    r"""Return what ran to its end of a cell that stopped with an error on a line.

    Examples
    --------
    >>> before_error("a = 1\nb = a / 0\nc = 2", 2)
    'a = 1'
    """
    if line is None:
        return ""
    ran = [s.node for s in statements([CellSource(code, "", stopped=line)]) if not s.failed]
    last = max((node.end_lineno or node.lineno for node in ran), default=0)
    return "\n".join(code.splitlines()[:last])


def _our_names(cells: Sequence[CellSource]) -> set[str]:
    """Return the names that stand for Notewright itself, which no package imports."""
    return {
        alias.asname or alias.name
        for cell in cells
        for node in ast.walk(ast.parse(cell.code))
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "notewright"
    }


def _unwrapped(body: Sequence[ast.stmt], ours: set[str]) -> Iterator[ast.stmt]:
    """Yield the statements, those inside ``with nw.run(...):`` as if it were not there."""
    for node in body:
        if isinstance(node, ast.With) and all(_is_ours(i.context_expr, ours) for i in node.items):
            yield from _unwrapped(node.body, ours)
        else:
            yield node


def _is_ours(node: ast.expr, ours: set[str]) -> bool:
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id in ours


def _comments(lines: Sequence[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for line in reversed(lines):
        words = line.strip()
        if not words.startswith("#"):
            break
        # Lines that were magics, and the marks between cells, are not the author's comments.
        if not words.startswith(("# %", "#%", "# !", "#!")):
            kept.append(words)
    return tuple(reversed(kept))


def _text(code: str, node: ast.stmt) -> str:
    lines = code.splitlines()
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    last = node.end_lineno or node.lineno
    whole = "\n".join(lines[first - 1 : last])
    segment = ast.get_source_segment(code, node) or ast.unparse(node)
    if whole.lstrip() != whole or ";" in whole:
        return segment
    rest = lines[last - 1].encode()[node.end_col_offset :].decode().strip()
    if rest and not rest.startswith("#"):
        return segment
    return whole
