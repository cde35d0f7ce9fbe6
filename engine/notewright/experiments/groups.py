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


@dataclass(frozen=True, eq=False)
class Groups:
    """The group of each of n rows.

    Parameters
    ----------
    names : tuple of str
        The groups' names, in order; of each there is a row.
    codes : array of int, shape (n,)
        The place among the names of each row's group.
    """

    names: tuple[str, ...]
    codes: np.ndarray

    @classmethod
    def of(cls, membership: Any) -> Groups:
        """Return the groups of an array of names, one a row.

        Examples
        --------
        >>> Groups.of(["b", "a", "b"]).codes.tolist()
        [1, 0, 1]
        """
        import numpy as np
        import pandas as pd

        codes, names = pd.factorize(np.asarray(membership, dtype=object), sort=True)
        return cls(tuple(str(name) for name in names), codes)

    def by_row(self) -> np.ndarray:
        """Return the name of each row's group, an array of str of shape (n,)."""
        import numpy as np

        names: np.ndarray = np.asarray(self.names, dtype=object)[self.codes]
        return names

    def sizes(self) -> list[int]:
        """Return how many rows each group has."""
        import numpy as np

        sizes: list[int] = np.bincount(self.codes, minlength=len(self.names)).tolist()
        return sizes

    def and_of(self, other: Groups) -> Groups:
        """Return the groups by both: those of `other` inside of each of these.

        Examples
        --------
        >>> Groups.of(["f", "m", "f"]).and_of(Groups.of(["x", "y", "x"])).names
        ('f and x', 'm and y')
        """
        both = self.codes * len(other.names) + other.codes
        return _numbered([f"{one} and {two}" for one in self.names for two in other.names], both)


def _numbered(names: Sequence[str], codes: np.ndarray) -> Groups:
    """Return the groups of rows by numbered names: in order, and only those that have a row."""
    import numpy as np

    held = np.bincount(codes, minlength=len(names)) > 0
    kept = sorted(np.flatnonzero(held).tolist(), key=lambda place: names[place])
    places = np.zeros(len(names), dtype=np.int64)
    places[kept] = np.arange(len(kept))
    return Groups(tuple(names[place] for place in kept), places[codes])


def rates(outcome: Any, groups: Groups, among: Any = None) -> Rates:
    """Count how often `outcome` is true in each group.

    Parameters
    ----------
    outcome : array of bool, shape (n,)
        What is counted: that somebody was selected, for instance.
    groups : Groups
        The group of each.
    among : array of bool, shape (n,), optional
        Who counts: those who deserve it, for the true positive rate.

    Examples
    --------
    >>> found = rates([True, False, True, True], Groups.of(["a", "a", "b", "b"]))
    >>> found.counts, found.difference()
    (((1, 2), (2, 2)), 0.5)
    """
    import numpy as np

    outcome, codes = np.asarray(outcome, dtype=bool), groups.codes
    counted = codes if among is None else codes[np.asarray(among, dtype=bool)]
    hit = codes[outcome if among is None else outcome & np.asarray(among, dtype=bool)]
    trials, hits = (np.bincount(c, minlength=len(groups.names)).tolist() for c in (counted, hit))
    return Rates(groups.names, tuple(zip(hits, trials, strict=True)))


def grouped(column: pd.Series, bands: Sequence[float]) -> Groups:
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
    >>> grouped(pd.Series([19, 25, 61, None]), [25, 60]).by_row().tolist()
    ['below 25', '25 to below 60', '60 and above', 'missing']
    """
    import numpy as np
    import pandas as pd

    if not bands:
        codes, found = pd.factorize(column)
        values = [*(str(value) for value in found), "missing"]
        return _named_alike(values, np.where(codes < 0, len(found), codes))
    labels = [*band_names(bands), "missing"]
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    places = np.searchsorted(np.asarray(bands, dtype=float), numbers, side="right")
    places = np.minimum(places, len(bands))
    return _numbered(labels, np.where(np.isnan(numbers), len(bands) + 1, places))


def _named_alike(values: Sequence[str], codes: np.ndarray) -> Groups:
    """Return the groups of rows by numbered values, of which several may read alike."""
    import numpy as np

    names = list(dict.fromkeys(values))
    place = {name: n for n, name in enumerate(names)}
    return _numbered(names, np.asarray([place[value] for value in values])[codes])


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
