"""Confidence intervals for proportions, their differences and their ratios.

All are closed forms that hold their level at small counts and at 0 and 1,
where the textbook interval (estimate ± 1.96 standard errors) does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Interval = tuple[float, float]


def normal_quantile(alpha: float) -> float:
    """Return z with ``P(|N(0,1)| > z) = alpha``."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(1 - alpha / 2)


def wilson(successes: int, n: int, alpha: float = 0.05) -> Interval:
    """Return Wilson's score interval for a proportion (Wilson 1927).

    Examples
    --------
    >>> [round(end, 4) for end in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if n == 0:
        return 0.0, 1.0
    z = normal_quantile(alpha)
    p = successes / n
    centre = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # The ends at 0 and at n are 0 and 1; rounding must not move them.
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == n else (centre + half) / scale
    return low, high


def difference(a: tuple[int, int], b: tuple[int, int], alpha: float = 0.05) -> Interval:
    """Return Newcombe's hybrid score interval for ``p_a - p_b`` (Newcombe 1998, method 10).

    Parameters
    ----------
    a, b : tuple of int
        Successes and trials of two independent samples.
    """
    pa, pb = a[0] / a[1], b[0] / b[1]
    (la, ua), (lb, ub) = wilson(*a, alpha), wilson(*b, alpha)
    gap = pa - pb
    low = gap - math.sqrt((pa - la) ** 2 + (ub - pb) ** 2)
    high = gap + math.sqrt((ua - pa) ** 2 + (pb - lb) ** 2)
    return max(-1.0, low), min(1.0, high)


def ratio(a: tuple[int, int], b: tuple[int, int], alpha: float = 0.05) -> Interval:
    """Return the MOVER-R interval for ``p_a / p_b`` from Wilson limits (Donner and Zou 2012).

    The upper end is infinite where `b` has no success.
    """
    pa, pb = a[0] / a[1], b[0] / b[1]
    (la, ua), (lb, ub) = wilson(*a, alpha), wilson(*b, alpha)
    product = pa * pb
    under = math.sqrt(max(0.0, product**2 - la * ub * (2 * pa - la) * (2 * pb - ub)))
    over = math.sqrt(max(0.0, product**2 - ua * lb * (2 * pa - ua) * (2 * pb - lb)))
    # The usual form divides by ub * (2 pb - ub), which can be 0; this one is the same number.
    low = 0.0 if la == 0 else la * (2 * pa - la) / (product + under)
    divisor = lb * (2 * pb - lb)
    high = math.inf if divisor <= 0 else (product + over) / divisor
    return low, high


def mean_of(parts: Sequence[tuple[float, Interval]]) -> Interval:
    """Return the interval of the mean of independent estimates (MOVER, Zou and Donner 2008)."""
    k = len(parts)
    centre = sum(estimate for estimate, _ in parts) / k
    low = math.sqrt(sum((estimate - ends[0]) ** 2 for estimate, ends in parts)) / k
    high = math.sqrt(sum((ends[1] - estimate) ** 2 for estimate, ends in parts)) / k
    return centre - low, centre + high


def pairwise(
    counts: Sequence[tuple[int, int]],
    interval: Callable[[tuple[int, int], tuple[int, int], float], Interval],
    comparisons: int | None = None,
    alpha: float = 0.05,
) -> dict[tuple[int, int], Interval]:
    """Return intervals for all pairs ``(i, j)``, ``i != j``, that hold together.

    Each is at level ``alpha / comparisons`` (Bonferroni), so with probability
    ``1 - alpha`` none of them misses, and the interval of whichever pair turns
    out to be the worst can be read like any other. Ordered pairs of the same
    two groups say the same thing and count once.
    """
    k = len(counts)
    each = alpha / (comparisons or max(1, k * (k - 1) // 2))
    return {
        (i, j): interval(counts[i], counts[j], each) for i in range(k) for j in range(k) if i != j
    }
