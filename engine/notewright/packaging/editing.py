"""Changes to a cell's text, after which every line still knows where its author wrote it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from notewright.packaging.source import CellSource


class Editing:
    r"""Collects changes to one cell.

    Parameters
    ----------
    cell : CellSource
        The cell as it is.

    Examples
    --------
    >>> edit = Editing(CellSource("a = 1\nb = a", "cell 1"))
    >>> edit.put(edit.body[1], ["c = a", "b = c"])
    >>> new = edit.done()
    >>> new.code.splitlines(), new.place(3)
    (['a = 1', 'c = a', 'b = c'], 'cell 1, line 2')
    """

    def __init__(self, cell: CellSource) -> None:
        self.cell = cell
        self.body = ast.parse(cell.code).body
        self._lines = cell.code.splitlines()
        self._edits: list[tuple[int, int, list[str], list[str]]] = []
        self._parts: list[tuple[int, int, int, str]] = []

    def whole_lines(self, node: ast.stmt) -> bool:
        """Tell whether no other statement shares a line with `node`."""
        first, last = node.lineno, node.end_lineno or node.lineno
        return not any(
            other is not node
            and other.lineno <= last
            and (other.end_lineno or other.lineno) >= first
            for other in self.body
        )

    def put(
        self, node: ast.stmt, lines: Sequence[str], places: Sequence[str] | None = None
    ) -> None:
        """Put lines in the place of a statement that has its lines for itself."""
        last = node.end_lineno or node.lineno
        where = [self.cell.place(node.lineno)] * len(lines) if places is None else list(places)
        self._edits.append((node.lineno, last, list(lines), where))

    def before(self, node: ast.stmt, lines: Sequence[str]) -> None:
        """Put lines before a statement."""
        where = [self.cell.place(node.lineno)] * len(lines)
        self._edits.append((node.lineno, node.lineno - 1, list(lines), where))

    def after(self, node: ast.stmt, lines: Sequence[str]) -> None:
        """Put lines after a statement."""
        last = node.end_lineno or node.lineno
        self._edits.append((last + 1, last, list(lines), [self.cell.place(last)] * len(lines)))

    def part(self, node: ast.expr, text: str) -> None:
        """Put `text` in the place of an expression that stands in one line."""
        end = node.end_col_offset
        if end is not None and node.lineno == node.end_lineno:
            self.part_at(node.lineno, node.col_offset, end, text)

    def part_at(self, line: int, start: int, end: int, text: str) -> None:
        """Put `text` in the place of some bytes of a line."""
        self._parts.append((line, start, end, text))

    def done(self) -> CellSource:
        """Return the changed cell; where nothing was changed, the cell itself."""
        if not self._edits and not self._parts:
            return self.cell
        lines = list(self._lines)
        places = [self.cell.place(n) for n in range(1, len(lines) + 1)]
        for number, first, last, text in sorted(self._parts, reverse=True):
            raw = lines[number - 1].encode()
            lines[number - 1] = (raw[:first] + text.encode() + raw[last:]).decode()
        for first, last, new, where in sorted(self._edits, key=lambda e: e[:2], reverse=True):
            lines[first - 1 : last] = new
            places[first - 1 : last] = where
        return replace(self.cell, code="\n".join(lines), places=tuple(places))
