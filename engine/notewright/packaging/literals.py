"""Texts that can be told from the code: literals, names for them, and what is put together."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from notewright.packaging.effects import Effects, Imports
from notewright.packaging.source import Statement


class Code(Protocol):
    """Statements in the order they ran, and what each does to names."""

    body: list[Statement]
    imports: Imports
    effects: list[Effects]


def literal(code: Code, node: ast.expr | None, before: int) -> str | None:
    """Return the text that an expression is at a statement, or None if that cannot be told."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        assigned = _assigned(code, node.id, before)
        return literal(code, assigned[1], assigned[0]) if assigned else None
    if isinstance(node, ast.Call) and (code.imports.dotted(node.func) or "").endswith("Path"):
        return literal(code, node.args[0], before) if node.args else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add):
        left, right = literal(code, node.left, before), literal(code, node.right, before)
        if left is not None and right is not None:
            return f"{left}/{right}" if isinstance(node.op, ast.Div) else left + right
    if isinstance(node, ast.JoinedStr):
        parts = [literal(code, part, before) for part in _parts(node)]
        if all(p is not None for p in parts):
            return "".join(p for p in parts if p is not None)
    return None


def is_literal(node: ast.expr) -> bool:
    """Tell whether an expression is a value that is written out."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return False
    return True


def assigned(node: ast.stmt) -> list[tuple[str, ast.expr]]:
    """Return the names that a plain assignment binds, with its value."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    value = getattr(node, "value", None)
    names = [t.id for t in targets if isinstance(t, ast.Name)]
    return [(name, value) for name in names] if value is not None else []


def entries(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a dictionary that is written out has under names.

    Examples
    --------
    >>> [name for name, _ in entries(ast.parse("{'a': 1, b: 2}", mode="eval").body)]
    ['a']
    """
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dict":
        yield from ((k.arg, k.value) for k in node.keywords if k.arg is not None)


def written(value: Any) -> str | None:
    """Return a value as it is written in code, or None if it cannot be.

    Examples
    --------
    >>> from pathlib import Path
    >>> written(Path("data") / "a.csv"), written({"a": [1.5, None]}), written(object())
    ("'data/a.csv'", "{'a': [1.5, None]}", None)
    """
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    elif hasattr(value, "tolist"):
        value = value.tolist()
    text = repr(value)
    try:
        return text if ast.literal_eval(text) == value else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def from_environment(code: Code, node: ast.expr | None, before: int) -> bool:
    """Tell whether an expression is made with a variable of the environment."""
    for item in ast.walk(node) if node is not None else ():
        if isinstance(item, ast.Attribute | ast.Name):
            path = code.imports.dotted(item) or ""
            if path in ("os.environ", "os.getenv"):
                return True
        if isinstance(item, ast.Name):
            assigned = _assigned(code, item.id, before)
            if assigned and from_environment(code, assigned[1], assigned[0]):
                return True
    return False


def _assigned(code: Code, name: str, before: int) -> tuple[int, ast.expr] | None:
    """Return the last value that a name was assigned before a statement."""
    for index in range(before - 1, -1, -1):
        statement = code.body[index].node
        if isinstance(statement, ast.Assign) and name in code.effects[index].binds:
            return index, statement.value
    return None


def _parts(node: ast.JoinedStr) -> Sequence[ast.expr]:
    return [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
