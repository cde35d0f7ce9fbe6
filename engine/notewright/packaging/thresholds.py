"""Labels that a notebook makes of probabilities itself, where `predict` gives the model's own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from notewright.packaging.effects import free_names
from notewright.packaging.roles import Metric, Roles
from notewright.packaging.slicing import Program

#: Methods whose answers become labels by a comparison, and where a model itself parts two classes.
_SCORES = {"predict_proba": 0.5, "decision_function": 0}


def own_labels(program: Program, roles: Roles) -> list[str]:
    """Return a sentence for each comparison that makes labels which metrics were told of.

    A model of two classes itself compares probabilities with one half, decisions with zero.
    """
    found = {
        (index, ast.unparse(compared)): None
        for metric in roles.metrics
        for index, compared in _comparisons(program, metric)
    }
    return [
        f"{program.body[index].place} makes labels of probabilities, `{text}`: metrics were told "
        "of those, but `predict` gives the model's own labels, and says nothing of this limit. "
        "Write instead: the model in scikit-learn's `FixedThresholdClassifier(model, "
        "threshold=...)`, or compare the probabilities that `predict` gives beside the labels."
        for index, text in found
    ]


def _comparisons(program: Program, metric: Metric) -> Iterator[tuple[int, ast.Compare]]:
    """Yield the comparisons of scores behind the labels that a metric was told of, with where."""
    labels = [*metric.call.args[1:2], *(k.value for k in metric.call.keywords)]
    pending = [(metric.index, label) for label in labels]
    seen: set[str] = set()
    while pending:
        index, expression = pending.pop()
        # What the model was asked about is not behind its answers.
        names = set() if _is_score(expression) else free_names(expression) - seen
        seen |= names
        pending += [bound for name in names for bound in _bound(program, name, index)]
        compared = (node for node in ast.walk(expression) if isinstance(node, ast.Compare))
        for node in compared:
            sides = [node.left, *node.comparators]
            own = {limit for side in sides for limit in _own_limits(program, side, index)}
            given = {side.value for side in sides if isinstance(side, ast.Constant)}
            if own and not own & given:
                yield index, node


def _is_score(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr in _SCORES for n in ast.walk(node))


def _own_limits(program: Program, node: ast.expr, index: int) -> set[float]:
    """Return where a model parts what an expression holds of its scores; empty if it holds none."""
    if _is_score(node):
        named = (n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute))
        return {_SCORES[name] for name in named if name in _SCORES}
    bound = (b for name in free_names(node) for b in _bound(program, name, index))
    return {limit for at, value in bound for limit in _own_limits(program, value, at)}


def _bound(program: Program, name: str, before: int) -> list[tuple[int, ast.expr]]:
    """Return the expression that a name was last bound to before a statement."""
    for index in range(before - 1, -1, -1):
        node = program.body[index].node
        if name in program.effects[index].binds:
            return [(index, node.value)] if isinstance(node, ast.Assign) else []
    return []
