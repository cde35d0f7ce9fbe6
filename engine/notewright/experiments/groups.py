"""Groups of people: who belongs to which, and how each fares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class Rates:
    """One proportion by group.

    Parameters
    ----------
    groups : tuple of str
        The groups' names.
    counts : tuple of (int, int)
        Successes and trials of each; trials may be 0.
    """

    groups: tuple[str, ...]
    counts: tuple[tuple[int, int], ...]

    def rate(self, index: int) -> float:
        """Return a group's proportion."""
        successes, trials = self.counts[index]
        return successes / trials

    def least(self, trials: int) -> Rates:
        """Return only the groups with at least so many trials."""
        kept = [i for i, (_, n) in enumerate(self.counts) if n >= max(1, trials)]
        return Rates(tuple(self.groups[i] for i in kept), tuple(self.counts[i] for i in kept))

    def lowest(self) -> int:
        """Return the index of the group with the smallest proportion."""
        return min(range(len(self.groups)), key=self.rate)

    def highest(self) -> int:
        """Return the index of the group with the largest proportion."""
        return max(range(len(self.groups)), key=self.rate)

    def difference(self) -> float:
        """Return the largest difference between two groups.

        Of selection rates this is the demographic parity difference; of true
        positive rates the equal opportunity difference.
        """
        return self.rate(self.highest()) - self.rate(self.lowest())

    def ratio(self) -> float:
        """Return the smallest ratio between two groups (the demographic parity ratio)."""
        top = self.rate(self.highest())
        return self.rate(self.lowest()) / top if top else float("nan")


def rates(outcome: Any, membership: Any, among: Any = None) -> Rates:
    """Count how often `outcome` is true in each group.

    Parameters
    ----------
    outcome : array of bool, shape (n,)
        What is counted: that somebody was selected, for instance.
    membership : array of str, shape (n,)
        The group of each.
    among : array of bool, shape (n,), optional
        Who counts: those who deserve it, for the true positive rate.

    Examples
    --------
    >>> found = rates([True, False, True, True], ["a", "a", "b", "b"])
    >>> found.counts, found.difference()
    (((1, 2), (2, 2)), 0.5)
    """
    import numpy as np
    import pandas as pd

    outcome = np.asarray(outcome, dtype=bool)
    chosen = np.ones(len(outcome), dtype=bool) if among is None else np.asarray(among, dtype=bool)
    codes, groups = pd.factorize(np.asarray(membership, dtype=object), sort=True)
    trials = np.bincount(codes, weights=chosen, minlength=len(groups)).astype(int)
    hits = np.bincount(codes, weights=outcome & chosen, minlength=len(groups)).astype(int)
    return Rates(tuple(groups.tolist()), tuple(zip(hits.tolist(), trials.tolist(), strict=True)))


def group_names(column: pd.Series, bands: Sequence[float]) -> np.ndarray:
    """Return the group of each row.

    Parameters
    ----------
    column : Series
        A sensitive column.
    bands : sequence of float
        Where to cut a numeric column, rising; a value at a cut belongs to the
        upper band. Empty for one group a value.

    Examples
    --------
    >>> import pandas as pd
    >>> group_names(pd.Series([19, 25, 61, None]), [25, 60]).tolist()
    ['below 25', '25 to below 60', '60 and above', 'missing']
    """
    import numpy as np
    import pandas as pd

    if not bands:
        codes, found = pd.factorize(column)
        names = np.asarray([*(str(value) for value in found), "missing"], dtype=object)
        return names[codes]  # a missing value has the code -1, which is the last
    labels = band_names(bands)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    places = np.searchsorted(np.asarray(bands, dtype=float), values, side="right")
    result = np.asarray(labels, dtype=object)[np.minimum(places, len(bands))]
    result[np.isnan(values)] = "missing"
    return result


def band_names(cuts: Sequence[float]) -> list[str]:
    """Return how the bands between rising cuts read.

    Examples
    --------
    >>> band_names([25, 60])
    ['below 25', '25 to below 60', '60 and above']
    """
    words = [f"{cut:g}" for cut in cuts]
    between = (f"{low} to below {high}" for low, high in pairwise(words))
    return [f"below {words[0]}", *between, f"{words[-1]} and above"]
