"""Whether predicted probabilities come true as often as they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from notewright.experiments.evaluation import Evaluation
from notewright.experiments.measures import positive_probabilities
from notewright.experiments.statistics.mcnemar import proportion_interval

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Rows whose predicted probability is in one band.

    Parameters
    ----------
    low, high : float
        Ends of the band; a value at a border belongs to the upper band.
    rows : int
    predicted : float
        Mean predicted probability.
    observed : float
        Share of positive rows.
    interval : (float, float)
        95 % interval of that share, after Wilson.
    """

    low: float
    high: float
    rows: int
    predicted: float
    observed: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Calibration:
    """How one run's probabilities of the positive class compare with what happened.

    Parameters
    ----------
    bins : tuple of Bin
        Bands of equal width that hold rows.
    ece : float
        Expected calibration error: mean over rows of |observed - predicted| of
        their band. Luck alone makes it positive: with few rows a band, a
        perfectly calibrated model does not reach 0.
    brier : float
        Equals ``reliability - resolution + uncertainty + within``.
    reliability : float
        Mean squared gap between predicted and observed of the bands; 0 is best.
    resolution : float
        Mean squared gap between the bands' observed shares and that of all
        rows; higher is better.
    uncertainty : float
        Variance of the outcome; the same for every model.
    within : float
        What differences between predictions inside one band add: their
        variance less twice their covariance with the outcome.
    """

    bins: tuple[Bin, ...]
    ece: float
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def calibration(evaluation: Evaluation, bins: int = BINS) -> Calibration | None:
    """Return how well an evaluation's probabilities are calibrated, or None without any.

    Parameters
    ----------
    bins : int, default 10
        Bands of equal width between 0 and 1.

    Notes
    -----
    ECE: Naeini, Cooper and Hauskrecht (2015), AAAI, 2901-2907, with the
    probability of the positive class. Decomposition: Murphy (1973), Journal of
    Applied Meteorology 12, 595-600, with the term within bands of Stephenson,
    Coelho and Jolliffe (2008), Weather and Forecasting 23, 752-757, which
    makes it exact.

    Examples
    --------
    >>> said = [0.25, 0.25, 0.25, 0.25, 0.75, 0.75]
    >>> found = calibration(Evaluation.of([0, 0, 0, 1, 1, 0], y_score=said, probability=True))
    >>> round(found.ece, 4), [b.rows for b in found.bins]
    (0.0833, [4, 2])
    """
    given = positive_probabilities(evaluation)
    if given is None:
        return None
    positive, scores = given
    count = len(scores)
    place = np.minimum((scores * bins).astype(np.int64), bins - 1)
    rows = np.bincount(place, minlength=bins)
    held = np.flatnonzero(rows)
    hits = np.bincount(place, weights=positive, minlength=bins)[held]
    rows = rows[held]
    predicted = np.bincount(place, weights=scores, minlength=bins)[held] / rows
    observed = hits / rows
    base = float(positive.mean())
    centred = scores - predicted[np.searchsorted(held, place)]
    # The observed share of a band drops out: centred scores sum to zero in it.
    within = float(np.mean(centred**2) - 2 * np.mean(centred * positive))
    return Calibration(
        bins=tuple(
            Bin(k / bins, (k + 1) / bins, n, p, o, proportion_interval(round(h), n))
            for k, n, p, o, h in zip(
                held.tolist(), rows.tolist(), predicted.tolist(), observed.tolist(), hits.tolist(),
                strict=True,
            )
        ),
        ece=float(np.sum(rows * np.abs(observed - predicted)) / count),
        brier=float(np.mean((scores - positive) ** 2)),
        reliability=float(np.sum(rows * (observed - predicted) ** 2) / count),
        resolution=float(np.sum(rows * (observed - base) ** 2) / count),
        uncertainty=base * (1 - base),
        within=within,
    )  # fmt: skip
