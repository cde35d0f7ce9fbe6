"""The syntax tree of a cell's code."""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache(maxsize=8)
def tree_of(code: str) -> ast.Module | None:
    """Return the tree of some code, or None where that is no Python.

    Several look at the same cell, one after the other: none may change the tree.

    Examples
    --------
    >>> [type(statement).__name__ for statement in tree_of("x = 1").body]
    ['Assign']
    >>> tree_of("x =") is None
    True
    """
    try:
        return ast.parse(code)
    except SyntaxError:
        return None


@lru_cache(maxsize=8)
def nodes_of(code: str) -> tuple[ast.AST, ...] | None:
    """Return all nodes of the tree of some code, or None where that is no Python."""
    tree = tree_of(code)
    return None if tree is None else tuple(ast.walk(tree))
