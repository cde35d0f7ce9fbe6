"""The modules that lie beside the notebook, and what they import in turn."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path


def imported_by(modules: Iterable[str], directory: Path) -> set[str]:
    """Return the top-level modules that the notebook's own files among `modules` import."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        file = directory / f"{waiting.pop()}.py"
        if not file.is_file():
            continue
        names = {
            name.partition(".")[0]
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            for name in _imported(node)
        }
        waiting += names - found
        found |= names
    return found - {"__future__"}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []
