"""Two models over the same folds of a repeated cross-validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from notewright.experiments.statistics.normal import LEVEL


class ResampledT(NamedTuple):
    """What the differences by fold say.

    Parameters
    ----------
    value : float
        Mean difference.
    low, high : float
        95 % interval.
    error : float
        Standard error, corrected for folds that share training rows.
    p_value : float
        Two-sided.
    """

    value: float
    low: float
    high: float
    error: float
    p_value: float


def resampled_t(
    differences: ArrayLike,
    train_rows: int | Sequence[int],
    test_rows: int | Sequence[int],
) -> ResampledT:
    """Test whether the mean difference over folds is zero, by the corrected resampled t-test.

    Models trained on overlapping rows give scores that rise and fall together,
    so a plain t-test over folds claims far too much. With J differences of
    mean `m` and sample variance `s²`, the corrected statistic is

        t = m / sqrt((1/J + n_test/n_train) s²),   J - 1 degrees of freedom,

    which is exact where the differences are normal and any two of them have
    the correlation n_test / (n_train + n_test).

    Parameters
    ----------
    differences : array-like of shape (J,)
        Score of the one model less that of the other, one a fold of every
        repetition; two at least.
    train_rows, test_rows : int or sequence of int
        Rows that each fold trained on and was judged by. Where folds differ
        in size, the mean of their ratios counts.

    Raises
    ------
    ValueError
        If there are fewer than two differences, or no rows to train on.

    Notes
    -----
    Nadeau and Bengio (2003), Machine Learning 52, 239-281, section 4.1. For
    repeated cross-validation: Bouckaert and Frank (2004), PAKDD, 3-12.

    Examples
    --------
    >>> found = resampled_t([0.02, 0.01, 0.03, 0.02, 0.00], train_rows=80, test_rows=20)
    >>> round(found.value, 3), round(found.error, 5), round(found.p_value, 4)
    (0.016, 0.00765, 0.1046)
    """
    from scipy.stats import t

    given = np.asarray(differences, dtype=np.float64)
    train, test = (np.asarray(rows, dtype=np.float64) for rows in (train_rows, test_rows))
    if given.ndim != 1 or len(given) < 2 or train.min() < 1:
        raise ValueError("two folds at least, each with rows to train on, are needed")
    count = len(given)
    value = float(given.mean())
    error = math.sqrt((1 / count + float((test / train).mean())) * float(given.var(ddof=1)))
    if error <= 1e-15 * max(1.0, abs(value)):
        return ResampledT(value, value, value, 0.0, 1.0 if abs(value) <= 1e-15 else 0.0)
    reach = error * float(t.ppf(1 - (1 - LEVEL) / 2, count - 1))
    p = float(2 * t.sf(abs(value) / error, count - 1))
    return ResampledT(value, value - reach, value + reach, error, p)
