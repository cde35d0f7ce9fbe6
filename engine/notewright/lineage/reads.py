"""Which names a piece of code may read: every name it mentions, and those that code mentions."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import CodeType, FunctionType, MethodType
from typing import Any


def names_read(code: str, namespace: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of `namespace` that running `code` may read.

    Over-approximated: a name counts if the code mentions it, or if a function,
    method or class of the user's that the code can reach does.

    Parameters
    ----------
    code : str
        Python source; what does not parse reads everything.
    namespace : mapping
        The user's variables.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return tuple(namespace)
    mentioned = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]
    if {"globals", "eval", "exec", "vars", "locals"} & set(mentioned):
        return tuple(namespace)
    return tuple(sorted(_reached(mentioned, namespace)))


def names_through(code: str, namespace: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return, for each name `code` mentions, the names that the user's code behind it may read.

    A cell ``table = clean()`` reads ``table`` before it binds it, if ``clean``
    does; the cell's own text does not say so.

    Parameters
    ----------
    code : str
        Python source.
    namespace : mapping
        The user's variables.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return {}
    through = {}
    for name in sorted({n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}):
        inner = [m for c in _codes(namespace.get(name)) for m in _mentioned(c)]
        if found := _reached(inner, namespace):
            through[name] = tuple(sorted(found))
    return through


def _reached(names: list[str], namespace: Mapping[str, Any]) -> set[str]:
    """Return the variables among `names`, and those that code behind these mentions."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name in found or name not in namespace:
            continue
        found.add(name)
        for inner in _codes(namespace[name]):
            pending.extend(_mentioned(inner))
    return found


def _codes(value: Any) -> list[CodeType]:
    """Return the code of the user's own functions reachable from `value`."""
    if isinstance(value, FunctionType):
        return [value.__code__] if value.__module__ == "__main__" else []
    if isinstance(value, MethodType):
        return _codes(value.__func__) + _codes(value.__self__)
    kind = value if isinstance(value, type) else type(value)
    if kind.__module__ != "__main__":
        return []
    members = [
        m for base in kind.__mro__ if base.__module__ == "__main__" for m in vars(base).values()
    ]
    return [m.__code__ for m in members if isinstance(m, FunctionType)]


def _mentioned(code: CodeType) -> list[str]:
    inner = [name for c in code.co_consts if isinstance(c, CodeType) for name in _mentioned(c)]
    return [*code.co_names, *inner]
