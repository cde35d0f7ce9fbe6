"""How groups of people fare under each run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from notewright.errors import BadRecord
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.groups import Groups, Rates, rates


@dataclass(frozen=True)
class Fairness:
    """How the groups of one sensitive column fare under one run.

    Parameters
    ----------
    run : int
        Its place among the compared runs.
    column, favourable : str
        The sensitive column, and the outcome that is counted.
    selection, true_positives, false_positives : Rates
        By group: the share given the favourable outcome, of all, of those who
        deserve it, and of those who do not.
    """

    run: int
    column: str
    favourable: str
    selection: Rates
    true_positives: Rates
    false_positives: Rates

    @property
    def demographic_parity_difference(self) -> float:
        """Largest less smallest selection rate."""
        return _gap(self.selection)

    @property
    def equalized_odds_difference(self) -> float:
        """The larger of the gaps in true and in false positive rates.

        Groups without a row that a rate could count are left out of its gap.
        """
        return max(_gap(self.true_positives), _gap(self.false_positives))


def fairness(
    evaluations: Sequence[Evaluation],
    groups: Groups,
    column: str,
    favourable: Any = None,
) -> tuple[Fairness, ...]:
    """Return how groups fare under each of several runs on the same rows.

    Parameters
    ----------
    groups : Groups
        The group of each row.
    column : str
        What the groups are of.
    favourable : optional
        The label that people want; by default the positive one.

    Raises
    ------
    BadRecord
        If labels are missing, or the favourable one is not among them.
    """
    wanted = evaluations[0].positive if favourable is None else favourable
    known = sorted({str(label) for label in np.unique(evaluations[0].y_true)})
    if wanted is None or str(wanted) not in known:
        raise BadRecord(
            "Which outcome is the favourable one is not known."
            if wanted is None
            else f"The favourable outcome ({wanted}) is not among the labels {', '.join(known)}.",
            f"Name one of {', '.join(known)}.",
        )
    deserving = evaluations[0].y_true.astype(str) == str(wanted)
    found = []
    for place, evaluation in enumerate(evaluations):
        if evaluation.y_pred is None or evaluation.y_pred.ndim != 1:
            raise BadRecord(
                "A run recorded no predicted labels, so nobody is seen to be selected.",
                "Call a metric of labels, such as `accuracy_score`, inside the recorded cell.",
            )
        selected = evaluation.y_pred.astype(str) == str(wanted)
        found.append(
            Fairness(
                place,
                column,
                str(wanted),
                rates(selected, groups),
                rates(selected, groups, deserving),
                rates(selected, groups, ~deserving),
            )
        )
    return tuple(found)


def _gap(found: Rates) -> float:
    told = found.least(1)
    return told.difference() if told.groups else float("nan")
