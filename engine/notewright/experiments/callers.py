"""Who called a metric, and whose predictions it was given: read from frames, never guessed.

Nothing is patched for this: the calling frame says where in which source the
call stands, and the source says that `p` came from `model.predict_proba(X)`.
"""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from notewright.experiments.same_rows import given_first, rows_of, value_of
from notewright.experiments.sources import FITTING, Scope, call_at, package_of

PREDICTING = {
    "predict",
    "predict_proba",
    "decision_function",
    "predict_log_proba",
    "score_samples",
    "fit_predict",
}
#: What metrics call the predictions that they are given by name.
_PREDICTED = {"y_pred", "y_score", "y_proba", "y_prob", "pred_decision"}
_DEPTH = 4


@dataclass(frozen=True)
class Unread:
    """A variable of the notebook that predictions were made of, and that no line above binds.

    Parameters
    ----------
    name : str
    whole : bool
        Whether all of its rows were used.
    object : int
        Which object it was, by its id.
    """

    name: str
    whole: bool
    object: int


@dataclass(frozen=True)
class Caller:
    """Where a metric was called from.

    Parameters
    ----------
    y_name : str or None
        The variable that the true values were passed as.
    model : object or None
        The estimator whose predictions were passed.
    X : object or None
        What they were made from, or what has its rows.
    unread : tuple of Unread
        Where neither is known: what an earlier cell may have made.
    """

    y_name: str | None = None
    model: Any = None
    X: Any = None
    unread: tuple[Unread, ...] = ()


def caller_of(frame: types.FrameType | None) -> Caller | None:
    """Return who called a metric from `frame`; None if a library did for itself.

    `estimator.score(X, y)` counts as the user's call, and so does a scorer
    object; folds of a search or a cross-validation do not.
    """
    outermost = None
    walk = frame
    while walk is not None:
        if package_of(walk) in FITTING:
            outermost = walk
        walk = walk.f_back
    if outermost is None:
        return Caller() if frame is None else _direct(frame)
    local = outermost.f_locals
    if outermost.f_code.co_name == "score" and hasattr(local.get("self"), "fit"):
        return _through_score(outermost, local["self"])
    if outermost.f_code.co_name == "__call__" and "_score_func" in vars(local.get("self", object)):
        return _through_score(outermost, local.get("estimator"))
    return None


def _through_score(frame: types.FrameType, model: Any) -> Caller:
    """Return the caller behind `model.score(X, y)`."""
    call = None if frame.f_back is None else call_at(frame.f_back)
    name = None
    if call is not None:
        arguments = {keyword.arg: keyword.value for keyword in call.keywords}
        last = call.args[-1] if len(call.args) > 1 else None
        name = _plain_name(arguments.get("y", last))
    X = frame.f_locals.get("X")
    return Caller(name, model, X if frame.f_back is None else given_first(frame.f_back, X))


def _direct(frame: types.FrameType) -> Caller:
    call = call_at(frame)
    if call is None:
        return Caller()
    arguments = {keyword.arg: keyword.value for keyword in call.keywords}
    true = arguments.get("y_true", call.args[0] if call.args else None)
    predictions = [node for name, node in arguments.items() if name not in ("y_true", None)]
    predictions += call.args[1:2] if "y_true" not in arguments else call.args[:1]
    scope = Scope.of(frame)
    for node in predictions:
        model, X = _predictor(node, scope, call.lineno, _DEPTH)
        if model is not None:
            return Caller(_plain_name(true), model, X)
    if frame.f_code.co_name != "<module>" or frame.f_globals.get("__name__") != "__main__":
        return Caller(_plain_name(true))
    named = [node for name, node in arguments.items() if name in _PREDICTED]
    unread = (_unread(node, scope, call.lineno) for node in named or call.args[1:2])
    return Caller(_plain_name(true), unread=tuple(chain.from_iterable(unread)))


def _predictor(
    node: ast.AST, scope: Scope, line: int, depth: int, whole: bool = True
) -> tuple[Any, Any]:
    """Return the object whose `predict…` made the value of `node`, and what of.

    What of is None where not `whole`: rows were picked from the predictions.
    """
    parts = list(parts_of(node, whole))
    for part, kept in parts:
        if (call := prediction(part)) is not None:
            X = rows_of(call.of, scope, line) if call.of is not None and kept else None
            return value_of(call.by, scope), X
    if depth == 0:
        return None, None
    names = {part.id: kept for part, kept in reversed(parts) if isinstance(part, ast.Name)}
    for made in scope.above(line):
        if names.keys() & made.names:
            kept = all(names[name] for name in names.keys() & made.names)
            found, X = _predictor(made.value, scope, made.line, depth - 1, kept)
            if found is not None:
                return found, X
    return None, None


def _unread(
    node: ast.AST, scope: Scope, line: int, whole: bool = True, depth: int = _DEPTH
) -> Iterator[Unread]:
    """Yield the variables behind an expression that no line above binds."""
    for part, kept in parts_of(node, whole):
        if not isinstance(part, ast.Name):
            continue
        made = next((each for each in scope.above(line) if part.id in each.names), None)
        if made is None and part.id in scope.values:
            yield Unread(part.id, kept, id(scope.values[part.id]))
        elif made is not None and depth:
            yield from _unread(made.value, scope, made.line, kept, depth - 1)


@dataclass(frozen=True)
class Prediction:
    """A call that predicts: the expressions of the model, and of what it predicts of."""

    by: ast.expr
    of: ast.expr | None


def prediction(node: ast.AST) -> Prediction | None:
    """Return what predicts in a call, if it is one that does."""
    called = node.func if isinstance(node, ast.Call) else None
    if not isinstance(called, ast.Attribute) or called.attr not in PREDICTING:
        return None
    assert isinstance(node, ast.Call)
    return Prediction(called.value, node.args[0] if node.args else None)


def parts_of(node: ast.AST, whole: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Yield the parts of an expression, and whether what it says of them is of all their rows."""
    yield node, whole
    picks = isinstance(node, ast.Subscript) and not _takes_columns(node.slice)
    for child in ast.iter_child_nodes(node):
        yield from parts_of(child, whole and not picks)


def _takes_columns(key: ast.AST) -> bool:
    """Tell whether a key leaves all rows: `[:, 1]`."""
    rows = key.elts[0] if isinstance(key, ast.Tuple) and key.elts else key
    return isinstance(rows, ast.Slice) and not (rows.lower or rows.upper or rows.step)


def _plain_name(node: ast.AST | None) -> str | None:
    """Return `y_test` for `y_test`, and `test_y` for `test["y"]` or `test.y`."""
    if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        return None
    if isinstance(node, ast.Subscript) and not (
        isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
    ):
        return None
    words = re.sub(r"\W+", "_", ast.unparse(node)).strip("_")
    return words if len(words) <= 40 else None
