"""Quantiles, tails and the words they mean."""

from __future__ import annotations

from statistics import NormalDist

_STANDARD = NormalDist()
LEVEL = 0.95
#: Two-sided 5 % quantile of the standard normal distribution.
Z = _STANDARD.inv_cdf(1 - (1 - LEVEL) / 2)
#: A true difference of this many standard errors is found 80 times of 100.
POWER_FACTOR = Z + _STANDARD.inv_cdf(0.8)


def two_sided(z: float) -> float:
    """Return the two-sided p-value of a standard normal statistic.

    Examples
    --------
    >>> round(two_sided(1.959964), 4)
    0.05
    """
    import math

    return math.erfc(abs(z) / math.sqrt(2))
