"""The paired bootstrap for metrics that are functions of sums over rows.

Accuracy, F1, log loss, R² and their kin depend on the rows only through a few
sums (of losses, of confusion counts). So a resample needs the sums only, and
all resamples of all models are one product of matrices. The same resamples
serve every model, which makes the differences paired.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from notewright.experiments.statistics.normal import LEVEL, two_sided

Floats = NDArray[np.float64]
RESAMPLES = 2000
#: More rows than this are first summed in random groups of equal size, and
#: groups are resampled: the spread is then estimated within about 2 %.
_UNITS = 2000


class Spread(NamedTuple):
    """What resampling says about a value."""

    low: float
    high: float
    error: float


class Resampler:
    """Resamples of `count` rows, the same ones for every model.

    Parameters
    ----------
    count : int
        Rows.
    seed : int
        Of a generator of our own; the user's random state is not touched.
    """

    def __init__(self, count: int, seed: int = 20_260_301, resamples: int = RESAMPLES) -> None:
        generator = np.random.Generator(np.random.PCG64(seed))
        self.count = count
        units = min(count, _UNITS)
        self._order = generator.permutation(count) if count > units else None
        self._units = units
        drawn = generator.integers(0, units, size=(resamples, units))
        drawn += units * np.arange(resamples)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=resamples * units)
        self._counts = counts.reshape(resamples, units).astype(np.float64)

    def sums(self, contributions: Floats) -> Floats:
        """Return the sums of `contributions` over each resample.

        Parameters
        ----------
        contributions : array of shape (rows, k)

        Returns
        -------
        array of shape (resamples, k)
        """
        units = contributions
        if self._order is not None:
            rest = -self.count % self._units
            padded = np.zeros((self.count + rest, contributions.shape[1]))
            padded[: self.count] = contributions[self._order]
            units = padded.reshape(-1, self._units, contributions.shape[1]).sum(axis=0)
        return np.asarray(self._counts @ units)


def spread(resampled: Floats, count: int) -> Spread:
    """Return the 95 % percentile interval and the standard error.

    The percentiles are moved outwards as Student's t is wider than the normal
    distribution, which repairs the interval's narrowness on few rows
    (Hesterberg 2015, The American Statistician 69, 371-386).
    """
    values = resampled[np.isfinite(resampled)]
    if len(values) < len(resampled) / 2 or count < 2:
        return Spread(math.nan, math.nan, math.nan)
    tail = _wider((1 - LEVEL) / 2, count)
    low, high = np.quantile(values, [tail, 1 - tail])
    return Spread(float(low), float(high), float(values.std(ddof=1)))


def difference_p(resampled: Floats, observed: float, count: int) -> float:
    """Return the two-sided p-value that the percentile interval of a difference implies."""
    values = resampled[np.isfinite(resampled)]
    error = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    if error <= 1e-15 * max(1.0, abs(observed)):
        return 1.0 if abs(observed) <= 1e-15 else 0.0
    # Ties with zero are shared between the sides.
    below = (float(np.sum(values < 0)) + 0.5 * float(np.sum(values == 0))) / len(values)
    share = min(below, 1 - below)
    if share * len(values) < 5:
        # Too far out to be counted: by the normal distribution, but never
        # more certain than the resamples allow.
        return min(2 * 5 / len(values), _student(observed / error, count))
    return min(1.0, _student(NormalDist().inv_cdf(share), count))


def _student(z: float, count: int) -> float:
    from scipy.stats import t

    if count > 500:
        return two_sided(z)
    return float(2 * t.sf(abs(z) * math.sqrt((count - 1) / count), count - 1))


def _wider(tail: float, count: int) -> float:
    from scipy.stats import t

    reach = math.sqrt(count / (count - 1)) * float(t.ppf(1 - tail, count - 1))
    return NormalDist().cdf(-reach)
