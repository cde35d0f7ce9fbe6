"""Two classifiers on the same rows: McNemar's test and intervals for accuracies."""

from __future__ import annotations

import math
from typing import NamedTuple

from notewright.experiments.statistics.normal import Z

#: Below this many disagreeing rows the exact test is used.
_SMALL = 25


class McNemar(NamedTuple):
    """What the disagreeing rows say.

    Parameters
    ----------
    p_value : float
    exact : bool
        Whether the binomial test was used.
    """

    p_value: float
    exact: bool


def mcnemar(only_a: int, only_b: int) -> McNemar:
    """Test whether two classifiers are right equally often.

    Parameters
    ----------
    only_a, only_b : int
        Rows that only the one, or only the other, got right.

    Notes
    -----
    McNemar (1947), Psychometrika 12, 153-157; with fewer than 25 disagreements
    the exact binomial test.

    Examples
    --------
    >>> mcnemar(1, 8)
    McNemar(p_value=0.0390625, exact=True)
    """
    disagree = only_a + only_b
    if disagree < _SMALL:
        fewer = min(only_a, only_b)
        tail = sum(math.comb(disagree, k) for k in range(fewer + 1)) / 2**disagree
        return McNemar(min(1.0, 2 * tail), True)
    statistic = (only_a - only_b) ** 2 / disagree
    return McNemar(math.erfc(math.sqrt(statistic / 2)), False)


def proportion_interval(right: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a proportion (Wilson 1927, JASA 22, 209-212)."""
    share = right / count
    denominator = 1 + Z * Z / count
    middle = (share + Z * Z / (2 * count)) / denominator
    half = Z * math.sqrt(share * (1 - share) / count + Z * Z / (4 * count**2)) / denominator
    return max(0.0, middle - half), min(1.0, middle + half)


def paired_interval(only_a: int, only_b: int, count: int) -> tuple[float, float, float]:
    """Return the 95 % interval of accuracy(b) - accuracy(a), and its standard error.

    Bonett and Price (2012), Psychological Methods 17, 175-196: adjusted Wald
    interval for a difference of paired proportions.
    """
    gain = (only_b + 1) / (count + 2)
    loss = (only_a + 1) / (count + 2)
    difference = gain - loss
    error = math.sqrt((gain + loss - difference**2) / (count + 2))
    return max(-1.0, difference - Z * error), min(1.0, difference + Z * error), error
