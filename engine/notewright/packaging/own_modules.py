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
        tree = _tree(directory / f"{waiting.pop()}.py")
        if tree is None:
            continue
        names = {name.partition(".")[0] for node in ast.walk(tree) for name in _imported(node)}
        waiting += names - found
        found |= names
    return found - {"__future__"}


def _tree(file: Path) -> ast.Module | None:
    return ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else None


def optional(code: Iterable[ast.AST], modules: Iterable[str], directory: Path) -> set[str]:
    """Return the top-level modules that are imported where an ``ImportError`` is caught.

    Parameters
    ----------
    code : iterable of ast.AST
        The notebook's statements.
    modules : iterable of str
        What they import; the notebook's own files among it are looked at as well.
    directory : Path
        The notebook's folder.
    """
    files = (_tree(directory / f"{name}.py") for name in modules)
    trees = [*code, *(tree for tree in files if tree is not None)]
    return {
        name.partition(".")[0]
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any(_catches(h.type) for h in node.handlers)
        for statement in node.body
        for inner in ast.walk(statement)
        for name in _imported(inner)
    }


def _catches(kind: ast.expr | None) -> bool:
    """Tell whether a handler catches that a module is not there."""
    if kind is None:
        return True
    caught = {n.id for n in ast.walk(kind) if isinstance(n, ast.Name)}
    return bool(caught & {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []
