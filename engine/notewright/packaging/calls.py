"""Questions about a call in the notebook's code: its name, its keywords, what it is about."""

from __future__ import annotations

import ast
import copy
from typing import Any

from notewright.packaging.effects import Imports

_REDUCTIONS = frozenset(
    [
        "mean",
        "median",
        "mode",
        "min",
        "max",
        "std",
        "var",
        "sum",
        "quantile",
        "nunique",
        "unique",
        "value_counts",
        "count",
    ]
)


def method(call: ast.expr) -> str:
    """Return the method's or function's last name of a call, or ``""``."""
    if not isinstance(call, ast.Call):
        return ""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def is_split(imports: Imports, node: ast.expr) -> bool:
    """Tell whether `node` is a call of ``train_test_split``."""
    return isinstance(node, ast.Call) and (imports.dotted(node.func) or "").endswith(
        "train_test_split"
    )


def is_schema_call(node: ast.Call) -> bool:
    """Tell whether the call depends on the table's columns only: ``len(df.columns)``."""
    return method(node) == "keys" and isinstance(node.func, ast.Attribute)


def is_reduction(node: ast.expr) -> bool:
    """Tell whether `node` reduces a column to a value, by its name alone."""
    if isinstance(node, ast.Subscript):
        return method(node.value) == "mode"
    return method(node) in _REDUCTIONS and not keyword(node, "axis")


def keyword(node: ast.expr, name: str) -> ast.expr | None:
    """Return the value of a call's keyword, or None."""
    if not isinstance(node, ast.Call):
        return None
    return next((k.value for k in node.keywords if k.arg == name), None)


def constant(node: ast.expr | None) -> Any:
    """Return the value of a literal, or None."""
    return node.value if isinstance(node, ast.Constant) else None


def columnwise(node: ast.Call) -> bool:
    """Tell whether the call is about columns, not about rows."""
    if constant(keyword(node, "axis")) in (1, "columns"):
        return True
    if method(node) == "drop":
        second = node.args[1] if len(node.args) > 1 else None
        return constant(second) in (1, "columns") or keyword(node, "columns") is not None
    return False


def replaced(node: Any, **changes: Any) -> Any:
    """Return `node` if nothing differs, else a copy with the changes."""
    if all(
        getattr(node, k) is v
        or (
            isinstance(v, list)
            and len(v) == len(getattr(node, k))
            and all(a is b for a, b in zip(v, getattr(node, k), strict=True))
        )
        for k, v in changes.items()
    ):
        return node
    new = copy.copy(node)
    for name, value in changes.items():
        setattr(new, name, value)
    return new
