"""Labels that a notebook makes of probabilities itself, where `predict` gives the model's own."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from notewright.packaging.effects import free_names
from notewright.packaging.roles import Metric, Roles
from notewright.packaging.slicing import Program

#: Methods whose answers become labels by a comparison.
_SCORES = frozenset({"predict_proba", "decision_function"})
#: Where a model itself parts two classes.
_OWN = 0.5


def own_labels(program: Program, roles: Roles) -> list[str]:
    """Return a sentence for each comparison that makes labels which metrics were told of.

    Comparisons with one half are those of a model of two classes itself.
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
            if not _is_one_half(sides) and any(_is_of_scores(program, s, index) for s in sides):
                yield index, node


def _is_score(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr in _SCORES for n in ast.walk(node))


def _is_of_scores(program: Program, node: ast.expr, index: int) -> bool:
    """Tell whether an expression is a model's scores, or a name that was bound to them."""
    return _is_score(node) or any(
        _is_of_scores(program, value, at)
        for name in free_names(node)
        for at, value in _bound(program, name, index)
    )


def _bound(program: Program, name: str, before: int) -> list[tuple[int, ast.expr]]:
    """Return the expression that a name was last bound to before a statement."""
    for index in range(before - 1, -1, -1):
        node = program.body[index].node
        if name in program.effects[index].binds:
            return [(index, node.value)] if isinstance(node, ast.Assign) else []
    return []


def _is_one_half(sides: Sequence[ast.expr]) -> bool:
    return any(isinstance(side, ast.Constant) and side.value == _OWN for side in sides)
