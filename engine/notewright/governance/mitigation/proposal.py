"""What a mitigation would change, measured on rows that it was not fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from notewright.experiments.groups import Groups, Rates, rates
from notewright.governance.checks import intervals
from notewright.governance.checks.base import CannotRun

if TYPE_CHECKING:
    import numpy as np

Aim = Literal["demographic_parity", "equalized_odds"]
AIMS: tuple[Aim, ...] = ("demographic_parity", "equalized_odds")
#: Groups of fewer rows are not judged.
_LEAST = 20


@dataclass(frozen=True)
class Standing:
    """How a model fares on some rows.

    Parameters
    ----------
    gap : float
        Of demographic parity, the largest difference of two groups' selection rates; of
        equalized odds, of their true or false positive rates.
    gap_interval : (float, float)
        95 %, of all pairs of groups together.
    accuracy : float
        Balanced: the mean of the recalls of both outcomes.
    accuracy_interval : (float, float)
        95 %.
    """

    gap: float
    gap_interval: tuple[float, float]
    accuracy: float
    accuracy_interval: tuple[float, float]


@dataclass(frozen=True)
class Proposal:
    """A way to make a model fairer.

    Parameters
    ----------
    name : str
    column : str
        The sensitive column.
    aim : {"demographic_parity", "equalized_odds"}
    rows : int
        On how many rows it was judged.
    before, after : Standing
        On the same rows.
    uses_column : bool
        Whether the answer depends on the sensitive column: people who differ in nothing else
        are then treated differently.
    code : str
        What to write in a cell.
    """

    name: str
    column: str
    aim: Aim
    rows: int
    before: Standing
    after: Standing
    uses_column: bool
    code: str

    @property
    def sentence(self) -> str:
        """What it gains and costs, in words."""
        cost = self.before.accuracy - self.after.accuracy
        words = f"costs {cost:.3f} of" if cost > 0 else f"gains {-cost:.3f} of"
        vain = " Here that narrows nothing." if self.after.gap >= self.before.gap else ""
        return (
            f"By {self.column}, {self.name} bring the {self.aim.replace('_', ' ')} difference "
            f"from {self.before.gap:.2f} to {self.after.gap:.2f} (95 % interval "
            f"{self.after.gap_interval[0]:.2f} to {self.after.gap_interval[1]:.2f}) and the "
            f"balanced accuracy from {self.before.accuracy:.3f} to {self.after.accuracy:.3f}: it "
            f"{words} it, on {self.rows} rows.{vain}"
        )

    @property
    def warning(self) -> str:
        """What to know before it is used."""
        if self.uses_column:
            return (
                f"The answer then depends on '{self.column}' itself: two people who differ in "
                "nothing else get different answers. That can itself be unlawful. Ask first."
            )
        return f"The answer does not look at '{self.column}'; only the training did."


def standing(selected: np.ndarray, deserving: np.ndarray, groups: np.ndarray, aim: Aim) -> Standing:
    """Return how answers fare.

    Parameters
    ----------
    selected, deserving : array of bool, shape (n,)
        Who is given the favourable outcome, and whose true label it is.
    groups : array of str, shape (n,)
    aim : {"demographic_parity", "equalized_odds"}
    """
    by = Groups.of(groups)
    if aim == "demographic_parity":
        tables = [rates(selected, by)]
    else:
        tables = [rates(selected, by, deserving), rates(selected, by, ~deserving)]
    tables = [table.least(_LEAST) for table in tables]
    if any(len(table.groups) < 2 for table in tables):
        raise CannotRun(
            f"Fewer than two groups have {_LEAST} rows of each kind to judge by.",
            "Use wider bands in policy.yaml, or a larger test set.",
        )
    gap, interval = max((_gap(table, _pairs(tables)) for table in tables), key=lambda g: g[0])
    everyone = Groups.of(["all"] * len(selected))
    recalls = [rates(selected, everyone, deserving)]
    recalls += [rates(~selected, everyone, ~deserving)]
    parts = [(r.rate(0), intervals.wilson(*r.counts[0])) for r in recalls]
    accuracy = sum(value for value, _ in parts) / 2
    return Standing(gap, interval, accuracy, intervals.mean_of(parts))


def _pairs(tables: list[Rates]) -> int:
    return sum(len(t.groups) * (len(t.groups) - 1) // 2 for t in tables)


def _gap(table: Rates, comparisons: int) -> tuple[float, tuple[float, float]]:
    low, high = table.lowest(), table.highest()
    ends = intervals.difference(table.counts[high], table.counts[low], 0.05 / comparisons)
    return table.difference(), ends
