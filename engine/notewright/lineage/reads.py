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
    found: dict[str, None] = {}
    pending = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]
    if {"globals", "eval", "exec", "vars", "locals"} & set(pending):
        return tuple(namespace)
    while pending:
        name = pending.pop()
        if name in found or name not in namespace:
            continue
        found[name] = None
        for inner in _codes(namespace[name]):
            pending.extend(_mentioned(inner))
    return tuple(sorted(found))


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
