"""``from library import *`` as an import of the names that the notebook uses."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from notewright.packaging.known import leaves_arguments
from notewright.packaging.source import CellSource

#: Where one of these is asked, a text may say the name.
_BY_TEXT = frozenset({"eval", "exec", "get_ipython", "globals", "locals", "vars"})


def without_stars(cells: Sequence[CellSource]) -> list[CellSource]:
    """Return cells whose star imports from known libraries name what is used.

    A library that is not imported in this process is left as it is, and so is every one where a
    name may be made up while the notebook runs.

    Examples
    --------
    >>> import math
    >>> cells = [CellSource("from math import *", "cell 1"), CellSource("y = sqrt(pi)", "cell 2")]
    >>> without_stars(cells)[0].code
    'from math import pi, sqrt'
    """
    trees = [ast.parse(cell.code) for cell in cells]
    used = {n.id for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Name)}
    if used & _BY_TEXT:
        return list(cells)
    return [
        replace(cell, code=_named(cell.code, list(_stars(tree)), used))
        for cell, tree in zip(cells, trees, strict=True)
    ]


def _stars(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    """Yield the star imports from libraries whose names are known, the last first."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.names[0].name == "*"
        and not node.level
        and leaves_arguments(node.module or "")
        and node.module in sys.modules
    ]
    yield from sorted(found, key=lambda node: (node.lineno, node.col_offset), reverse=True)


def _named(code: str, stars: Sequence[ast.ImportFrom], used: set[str]) -> str:
    """Return the code with names in the places of the stars."""
    lines = [line.encode() for line in code.splitlines()]
    for node in stars:
        names = sorted(used & _exported(node.module or ""))
        star = node.names[0]
        assert star.end_col_offset is not None
        line = lines[star.lineno - 1]
        if names:
            begin, new = star.col_offset, ", ".join(names)
        else:  # nobody would see that it is not there
            begin, new = node.col_offset, "pass"
        if node.lineno == star.lineno:
            lines[star.lineno - 1] = line[:begin] + new.encode() + line[star.end_col_offset :]
    return "\n".join(line.decode() for line in lines)


def _exported(module: str) -> set[str]:
    """Return the names that a star import binds."""
    names = vars(sys.modules[module])
    return set(names.get("__all__", (name for name in names if not name.startswith("_"))))
