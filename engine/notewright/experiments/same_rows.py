"""What has the rows of an expression in the user's source, found without running it."""

from __future__ import annotations

import ast
import types
from typing import Any

import numpy as np

from notewright.experiments.given import Picked, is_held
from notewright.experiments.rows import is_frame, is_series
from notewright.experiments.sources import FITTING, Scope, call_at, package_of

#: Functions that return the rows they are given, in their order.
_SAME = {"asarray", "array", "ascontiguousarray", "asfortranarray", "DMatrix", "QuantileDMatrix"}
#: Methods that return the rows of their object.
_OWN = {"astype", "copy", "to_numpy", "toarray"}
#: Methods of fitted things that return the rows they are given.
_TRANSFORMING = {"transform", "fit_transform"}
#: So many assignments are followed.
_DEPTH = 4
_NOTHING = object()


def value_of(node: ast.AST, scope: Scope) -> Any:
    """Return the object that a plain name, or `models[name]` of plain names, stands for."""
    if isinstance(node, ast.Name):
        return scope.values.get(node.id)
    if isinstance(node, ast.Subscript):
        container = value_of(node.value, scope)
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if key is None and isinstance(node.slice, ast.Name):
            key = value_of(node.slice, scope)
        # Only plain containers: indexing anything else could run the user's code.
        if type(container) is dict and isinstance(key, str | int):
            return container.get(key)
        if type(container) in (list, tuple) and isinstance(key, int):
            return container[key] if -len(container) <= key < len(container) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        # `model.fit(X, y).predict(X)`: fit returns the model itself.
        return value_of(node.func.value, scope) if node.func.attr == "fit" else None
    return None


def rows_of(node: ast.AST, scope: Scope, line: int, depth: int = _DEPTH) -> Any:
    """Return an object with the rows that `node` has: an array, or what has their labels.

    Its columns may be others: `scaler.transform(X[test])` has the rows of `X[test]`.

    Parameters
    ----------
    node : ast.AST
    scope : Scope
        Where it stands.
    line : int
        Where it is; assignments above are followed.
    depth : int
        How many of them.
    """
    if isinstance(node, ast.Subscript):
        return _picked(node, scope, rows_of(node.value, scope, line, depth))
    if isinstance(node, ast.Attribute):
        return rows_of(node.value, scope, line, depth) if node.attr == "values" else None
    if isinstance(node, ast.Call):
        given = _given_back(node, scope)
        return None if given is None else rows_of(given, scope, line, depth)
    value = value_of(node, scope)
    if isinstance(node, ast.Name) and depth:
        return _before(node.id, value, scope, line, depth)
    return value


def given_first(frame: types.FrameType, X: Any) -> Any:
    """Return an object with the rows of `X`, which the call that `frame` makes was given first.

    `X` itself where the source does not say more.
    """
    call = None if is_frame(X) or package_of(frame) in FITTING else call_at(frame)
    if call is None:
        return X
    named = (keyword.value for keyword in call.keywords if keyword.arg == "X")
    node = call.args[0] if call.args else next(named, None)
    scope = Scope.of(frame)
    if node is None or (is_held(X) and _is_part_of_itself(node, scope, call.lineno)):
        return X
    found = rows_of(node, scope, call.lineno)
    return found if _as_long(found, X) else X


def _is_part_of_itself(node: ast.AST, scope: Scope, line: int) -> bool:
    """Tell whether `node` picks rows of something that was not transformed before."""
    if not isinstance(node, ast.Subscript):
        return False
    return rows_of(node.value, scope, line) is value_of(node.value, scope)


def _before(name: str, value: Any, scope: Scope, line: int, depth: int) -> Any:
    """Return what has the rows of a variable from before they were transformed."""
    made = next((each for each in scope.above(line) if name in each.names), None)
    expression = None if made is None else made.value_for(name)
    if made is None or not isinstance(expression, ast.Call):
        return value
    given = _given_back(expression, scope)
    found = None if given is None else rows_of(given, scope, made.line, depth - 1)
    return found if _as_long(found, value) else value


def _as_long(found: Any, value: Any) -> bool:
    lengths = [_length(each) for each in (found, value)]
    return None not in lengths and lengths[0] == lengths[1]


def _length(value: Any) -> int | None:
    """Return how many rows an object of a known kind has."""
    if isinstance(value, Picked):
        return value.count
    sparse = type(value).__module__.startswith("scipy.sparse")
    known = sparse or isinstance(value, np.ndarray) or is_frame(value) or is_series(value)
    return int(value.shape[0]) if known and value.ndim else None


def _given_back(call: ast.Call, scope: Scope) -> ast.expr | None:
    """Return the expression whose rows a call gives back."""
    function, first = call.func, call.args[0] if call.args else None
    name = getattr(function, "attr", getattr(function, "id", None))
    if name in _SAME:
        return first
    if isinstance(function, ast.Attribute):
        if name in _OWN:
            return function.value
        if name in _TRANSFORMING and hasattr(type(value_of(function.value, scope)), "fit"):
            return first
    return None


def _picked(node: ast.Subscript, scope: Scope, container: Any) -> Any:
    """Return the rows that a subscript picks of what has the rows of its container."""
    if type(container) is np.ndarray:
        key = _key(node.slice, scope)
        return None if key is _NOTHING or not container.ndim else Picked.of(container, key)
    if is_frame(container):
        columns = node.slice
        names = value_of(columns, scope) if isinstance(columns, ast.Name) else None
        listed = isinstance(columns, ast.List) or type(names) is list
        # A list of true and false picks rows.
        return container if listed and not _has_truths(columns, names) else None
    return value_of(node, scope)


def _has_truths(node: ast.AST, names: Any) -> bool:
    values = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return any(type(value) is not str for value in (values if names is None else names))


def _key(node: ast.AST | None, scope: Scope) -> Any:
    """Return a key that picks values of an array, or `_NOTHING`."""
    if node is None:
        return None
    if isinstance(node, ast.Tuple | ast.List):
        parts = [_key(part, scope) for part in node.elts]
        if any(part is _NOTHING for part in parts):
            return _NOTHING
        return tuple(parts) if isinstance(node, ast.Tuple) else parts
    if isinstance(node, ast.Slice):
        ends = [_key(end, scope) for end in (node.lower, node.upper, node.step)]
        whole = all(end is None or _is_whole(end) for end in ends)
        return slice(*ends) if whole else _NOTHING
    return _plain_key(node, scope)


def _plain_key(node: ast.AST, scope: Scope) -> Any:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert | ast.USub):
        value = _plain_key(node.operand, scope)
        if isinstance(node.op, ast.USub):
            return -value if _is_whole(value) else _NOTHING
        truths = type(value) is np.ndarray and value.dtype == bool
        return ~value if truths else _NOTHING
    value = node.value if isinstance(node, ast.Constant) else value_of(node, scope)
    if _is_whole(value) or type(value) is slice:
        return value
    if type(value) is np.ndarray and value.dtype.kind in "biu":
        return value
    if type(value) is list and all(type(each) is int for each in value):
        return value
    return _NOTHING


def _is_whole(value: Any) -> bool:
    return type(value) is int or isinstance(value, np.integer)
