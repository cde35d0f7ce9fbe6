"""What models' mistakes cost, where a cost matrix is given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from notewright.errors import BadRecord
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.measures import Floats, mean_measure
from notewright.experiments.pairs import Difference, Estimate, estimates

#: A cost for each pair of true and predicted label.
Matrix = Mapping[tuple[Any, Any], float]
CELLS = ("tn", "fp", "fn", "tp")


@dataclass(frozen=True)
class Costs:
    """What each run costs a row, and by how much runs differ.

    Parameters
    ----------
    names : tuple of str
    matrix : tuple of (str, str, float)
        True label, predicted label, cost; what is left out costs nothing.
    estimates : tuple of Estimate
        Cost a row with 95 % intervals.
    differences : tuple of Difference
        Pairwise, by the paired bootstrap, Holm-corrected.
    rows : int
    """

    names: tuple[str, ...]
    matrix: tuple[tuple[str, str, float], ...]
    estimates: tuple[Estimate, ...]
    differences: tuple[Difference, ...]
    rows: int

    @property
    def sentences(self) -> tuple[str, ...]:
        """One plain sentence for each difference."""
        return tuple(difference.sentence(self.names) for difference in self.differences)


def binary_matrix(evaluation: Evaluation, cells: Mapping[str, float]) -> Matrix:
    """Return the costs of true and false positives and negatives as a matrix of labels.

    Parameters
    ----------
    cells : mapping
        Some of ``tn``, ``fp``, ``fn``, ``tp``; those left out cost nothing.

    Raises
    ------
    BadRecord
        If a name is none of these, or there are not two classes.
    """
    unknown = sorted(set(cells) - set(CELLS))
    if unknown:
        raise BadRecord(
            f"'{unknown[0]}' is no cell of a cost matrix.", "Give some of tn, fp, fn and tp."
        )
    if evaluation.task == "regression":
        raise BadRecord(
            "These runs predict numbers, not classes, so nothing is a false positive.",
            "Leave the costs out: errors are compared by the metrics.",
        )
    labels = np.unique(evaluation.y_true)
    if evaluation.y_pred is not None:
        labels = np.unique(np.concatenate([labels, np.unique(evaluation.y_pred)]))
    if evaluation.positive is None or len(labels) != 2:
        raise BadRecord(
            "There are not two classes, so there are no false positives and negatives.",
            "Give a cost for each pair of labels: `comparison.costs({(true, predicted): cost})`.",
        )
    [negative] = [label for label in labels.tolist() if label != evaluation.positive]
    sides = {"n": negative, "p": evaluation.positive}
    other = {"n": "p", "p": "n"}
    return {
        (sides[cell[1] if cell[0] == "t" else other[cell[1]]], sides[cell[1]]): cost
        for cell, cost in cells.items()
    }


def costs(evaluations: Sequence[Evaluation], names: Sequence[str], matrix: Matrix) -> Costs:
    """Return costs a row on the same rows in the same order, with intervals and tests.

    Raises
    ------
    BadRecord
        If a cost is no finite number, or a run recorded no labels.
    """
    if not matrix or not all(math.isfinite(cost) for cost in matrix.values()):
        raise BadRecord("A cost is missing or no finite number.", "Give costs such as fp=1, fn=10.")
    for name, evaluation in zip(names, evaluations, strict=True):
        if _row_costs(evaluation, matrix) is None:
            raise BadRecord(
                f"{name} recorded no predicted labels, so its mistakes cannot be counted.",
                "Call a metric of labels, such as `accuracy_score`, inside the recorded cell.",
            )
    cost = mean_measure("cost", "cost a row", lambda evaluation: _row_costs(evaluation, matrix))
    found, differences = estimates(evaluations, [cost], paired=True)
    shown = tuple((str(true), str(pred), float(value)) for (true, pred), value in matrix.items())
    return Costs(tuple(names), shown, tuple(found), tuple(differences), len(evaluations[0]))


def _row_costs(evaluation: Evaluation, matrix: Matrix) -> Floats | None:
    true, pred = evaluation.y_true, evaluation.y_pred
    if evaluation.task != "classification" or pred is None or true.ndim != 1 or pred.ndim != 1:
        return None
    found = np.zeros(len(true))
    for (actual, said), cost in matrix.items():
        found[(true == actual) & (pred == said)] = cost
    return found
