"""Cells as statements with what each does to names, before it is followed how they depend."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from notewright.packaging.effects import Effects, Imports, effects
from notewright.packaging.source import CellSource, Statement, statements


class Reading:
    """The statements of some cells, in the order they ran.

    Parameters
    ----------
    cells : sequence of CellSource
        The cells.
    """

    def __init__(self, cells: Sequence[CellSource]) -> None:
        self.cells = list(cells)
        self.body: list[Statement] = statements(cells)
        self.imports = Imports()
        for statement in self.body:
            for node in ast.walk(statement.node):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    self.imports.add(node)
        self.effects: list[Effects] = [effects(s.node, self.imports) for s in self.body]
        self.taken = {n for effect in self.effects for n in effect.binds | effect.reads}

    def binds(self, index: int) -> frozenset[str]:
        """Return the names that a statement binds."""
        return self.effects[index].binds

    def last_binding(self, name: str, before: int | None = None) -> int | None:
        """Return the last statement that binds a name."""
        end = len(self.body) if before is None else before
        return next((i for i in reversed(range(end)) if name in self.binds(i)), None)
