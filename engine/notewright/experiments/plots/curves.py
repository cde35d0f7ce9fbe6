"""Curves of classifiers over each other: ROC, precision and recall, calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from notewright.experiments.calibration import Calibration
from notewright.experiments.plots.chart import (
    Axis,
    Floats,
    Panel,
    Panels,
    Reference,
    Series,
    thinned,
)

#: Which rows are positive, and their scores.
Scored = tuple[NDArray[np.bool_], Floats]
#: Of axes from 0 to 1.
_LIMITS = (-0.01, 1.01)
_DIAGONAL = Reference((0.0, 1.0), (0.0, 1.0))


def roc(names: Sequence[str], scored: Sequence[Scored | None], areas: Sequence[float]) -> Panels:
    """Return the ROC curves of runs, with their areas in the legend.

    Parameters
    ----------
    names : sequence of str
    scored : sequence of (positive, scores) or None
        None for a run without scores.
    areas : sequence of float
    """
    curves = []
    for place, one in enumerate(scored):
        if one is not None:
            alarms, hits = roc_points(*one)
            kept = thinned(len(alarms))
            hover = np.array(["above every score", *_thresholds(one[1])])[kept]
            curves.append(
                Series(
                    names[place], "line", alarms[kept], hits[kept], place,
                    note=f"AUC {areas[place]:.3f}", hover=tuple(hover.tolist()),
                )
            )  # fmt: skip
    x, y = Axis("false positive rate", _LIMITS), Axis("true positive rate", _LIMITS)
    panel = Panel(x, y, tuple(curves), "", (_DIAGONAL,), "lower right", square=True)
    return Panels("ROC curves", (panel,), (5.2, 4.8))


def precision_recall(names: Sequence[str], scored: Sequence[Scored | None]) -> Panels:
    """Return the precision-recall curves of runs, with the precision of guessing."""
    base = next(float(one[0].mean()) for one in scored if one is not None)
    curves = []
    for place, one in enumerate(scored):
        if one is not None:
            recall, precision = precision_recall_points(*one)
            mean = float(np.sum(np.diff(recall, prepend=0.0) * precision))
            kept = thinned(len(recall))
            hover = np.array(_thresholds(one[1]))[kept]
            curves.append(
                Series(
                    names[place], "steps", recall[kept], precision[kept], place,
                    note=f"average precision {mean:.3f}", hover=tuple(hover.tolist()),
                )
            )  # fmt: skip
    guessing = Reference((base, base), label=f"guessing: {base:.2f}")
    x, y = Axis("recall", _LIMITS), Axis("precision", (-0.01, 1.03))
    panel = Panel(x, y, tuple(curves), "", (guessing,), "best")
    return Panels("Precision and recall", (panel,), (5.2, 4.8))


def calibration(names: Sequence[str], found: Sequence[Calibration | None]) -> Panels:
    """Return reliability diagrams over each other, with 95 % intervals and where rows lie."""
    known = [(place, one) for place, one in enumerate(found) if one is not None]
    curves, bars = [], []
    for order, (place, one) in enumerate(known):
        predicted = np.array([b.predicted for b in one.bins])
        observed = np.array([b.observed for b in one.bins])
        low, high = np.array([b.interval for b in one.bins]).T
        # Side by side, so that intervals of one band do not hide each other.
        aside = 0.008 * (order - (len(known) - 1) / 2)
        curves.append(
            Series(
                names[place], "line", predicted + aside, observed, place,
                note=f"ECE {one.ece:.3f}", low=low, high=high, marked=True,
                hover=tuple(f"mean predicted probability: {p:.3f}" for p in predicted),
            )
        )  # fmt: skip
        width = (one.bins[0].high - one.bins[0].low) / (len(known) + 0.5)
        middle = np.array([b.low for b in one.bins]) + width * (order + 0.75)
        rows = np.array([b.rows for b in one.bins], dtype=np.float64)
        bands = tuple(f"predicted {b.low:.2g} to {b.high:.2g}" for b in one.bins)
        bars.append(Series(names[place], "bars", middle, rows, place, hover=bands, width=width))
    share, rows_axis = Axis("share that is positive", _LIMITS), Axis("rows")
    above = Panel(
        Axis("", _LIMITS), share, tuple(curves), "", (_DIAGONAL,), "upper left", height=4.0
    )
    below = Panel(Axis("predicted probability", _LIMITS), rows_axis, tuple(bars))
    return Panels("Calibration (95 % intervals)", (above, below), (5.2, 6.0))


def roc_points(positive: NDArray[np.bool_], scores: Floats) -> tuple[Floats, Floats]:
    """Return false and true positive rates as the threshold falls, from 0 to 1."""
    hits, alarms = _counts(positive, scores)
    hits, alarms = np.append(0, hits), np.append(0, alarms)
    return alarms / alarms[-1], hits / hits[-1]


def precision_recall_points(positive: NDArray[np.bool_], scores: Floats) -> tuple[Floats, Floats]:
    """Return recall and precision as the threshold falls."""
    hits, alarms = _counts(positive, scores)
    return hits / hits[-1], hits / (hits + alarms)


def _counts(positive: NDArray[np.bool_], scores: Floats) -> tuple[Floats, Floats]:
    """Return true and false positives at each different score, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits = np.cumsum(positive[order])[ends].astype(np.float64)
    return hits, ends + 1 - hits


def _thresholds(scores: Floats) -> list[str]:
    """Return in words the thresholds that `_counts` counts at."""
    return [f"threshold: {score:.4g}" for score in np.unique(scores)[::-1]]
