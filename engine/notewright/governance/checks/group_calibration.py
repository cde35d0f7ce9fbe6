"""Whether a probability means the same in all groups."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.experiments.groups import Groups
from notewright.experiments.measures import positive_probabilities
from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.material import Material

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Group:
    """How far the probabilities of one group are off, on average.

    Parameters
    ----------
    name : str
    rows : int
    gap : float
        Mean probability less the share of rows where it came true: above zero the group is
        promised too much.
    error : float
        Standard error of `gap`.
    """

    name: str
    rows: int
    gap: float
    error: float


class CalibrationDifference(Check):
    """Compares how far probabilities are off, on average, between all groups.

    The difference of two groups has a Welch interval; all pairs, over all sensitive columns
    and every two of them together, hold together (Bonferroni).
    """

    name = "bias.calibration_difference"
    summary = "A probability promises no group more than another."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "at_most": Option(0.1, "Largest difference that passes.", minimum=0, maximum=1),
        "min_group": Option(
            20, "Smaller groups are named, but no verdict is drawn from them.", minimum=2
        ),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the two groups that are furthest apart, by each sensitive column."""
        members = material.groups
        given = positive_probabilities(material.evaluation)
        if given is None:
            yield self.finding(True, "The run recorded no probabilities, so none can mislead.")
            return
        came_true, said = given
        tables = {
            column: calibration_by_group(said, came_true, groups, options["min_group"])
            for column, groups in members.items()
        }
        single = {rule.column for rule in material.policy.data.sensitive}
        tables = {c: table for c, table in tables.items() if c in single or len(table) > 1}
        comparisons = max(1, sum(len(t) * (len(t) - 1) // 2 for t in tables.values()))
        for column, table in tables.items():
            yield self._judge(column, table, comparisons, options)

    def _judge(
        self, column: str, table: list[Group], comparisons: int, options: Mapping[str, Any]
    ) -> Finding:
        if len(table) < 2:
            raise CannotRun(
                f"By {column}, fewer than two groups have {options['min_group']} test rows.",
                "Use wider bands or a larger test set, or lower `min_group` in policy.yaml.",
            )
        least, most = min(table, key=lambda g: g.gap), max(table, key=lambda g: g.gap)
        value = most.gap - least.gap
        low, high = _interval(most, least, 0.05 / comparisons)
        passed = value <= options["at_most"]
        chance = not passed and low <= options["at_most"]
        return self.finding(
            passed,
            f"By {column}: what the model promises '{most.name}' is {_words(most.gap)}, what it "
            f"promises '{least.name}' {_words(least.gap)} (difference {value:.2f}; the policy "
            f"wants at most {options['at_most']:g}; 95 % interval {low:.2f} to {high:.2f})."
            + (" With so few rows it may be chance." if chance else ""),
            remedy="Calibrate by group or with the column's proxies as features, or use the order "
            "and not the probabilities.",
            subject=column,
            metric="calibration_difference",
            value=value,
            interval=(low, high),
            threshold=float(options["at_most"]),
            details={
                "groups": [{"group": g.name, "rows": g.rows, "gap": g.gap} for g in table],
                "comparisons": comparisons,
            },
        )


def calibration_by_group(
    said: np.ndarray, came_true: np.ndarray, groups: Groups, least: int
) -> list[Group]:
    """Return how far the probabilities of each large enough group are off.

    Parameters
    ----------
    said : array of float, shape (n,)
        Probabilities.
    came_true : array of bool, shape (n,)
    groups : Groups
    least : int
        Smaller groups are left out.
    """
    missed = said - came_true
    found = []
    for place, name in enumerate(groups.names):
        own = missed[groups.codes == place]
        if len(own) >= max(2, least):
            error = float(own.std(ddof=1) / math.sqrt(len(own)))
            found.append(Group(name, len(own), float(own.mean()), error))
    return found


def _interval(one: Group, other: Group, alpha: float) -> tuple[float, float]:
    """Return Welch's interval for the difference of two means."""
    from scipy.stats import t

    gap = one.gap - other.gap
    a, b = one.error**2, other.error**2
    if a + b == 0:
        return gap, gap
    freedom = (a + b) ** 2 / (a**2 / (one.rows - 1) + b**2 / (other.rows - 1))
    half = float(t.ppf(1 - alpha / 2, freedom)) * math.sqrt(a + b)
    return gap - half, gap + half


def _words(gap: float) -> str:
    return f"{abs(gap):.2f} too {'much' if gap > 0 else 'little'}"
