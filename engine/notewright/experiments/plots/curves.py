"""Curves of classifiers over each other: ROC, precision and recall, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from notewright.experiments.calibration import Calibration
from notewright.experiments.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
#: Which rows are positive, and their scores.
Scored = tuple[NDArray[np.bool_], Floats]
#: More points than this a line cannot show.
_POINTS = 2000


def roc(names: Sequence[str], scored: Sequence[Scored | None], areas: Sequence[float]) -> Figure:
    """Return the ROC curves of runs, with their areas in the legend.

    Parameters
    ----------
    names : sequence of str
    scored : sequence of (positive, scores) or None
        None for a run without scores.
    areas : sequence of float
    """
    made, [axes] = style.figure(5.2, 4.8)
    axes.plot([0, 1], [0, 1], color=style.GREY, linewidth=1, linestyle=":")
    for place, one in enumerate(scored):
        if one is not None:
            alarms, hits = roc_points(*one)
            label = f"{style.short_name(names[place])}, AUC {areas[place]:.3f}"
            axes.plot(*_thinned(alarms, hits), label=label, **style.line_style(place))
    axes.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC curves")
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    style.legend(axes, loc="lower right")
    return made


def precision_recall(names: Sequence[str], scored: Sequence[Scored | None]) -> Figure:
    """Return the precision-recall curves of runs, with the precision of guessing."""
    made, [axes] = style.figure(5.2, 4.8)
    base = next(float(one[0].mean()) for one in scored if one is not None)
    axes.axhline(base, color=style.GREY, linewidth=1, linestyle=":")
    axes.annotate(
        f"guessing: {base:.2f}", (0.0, base), xytext=(3, 3), textcoords="offset points",
        fontsize=8, color=style.GREY,
    )  # fmt: skip
    for place, one in enumerate(scored):
        if one is not None:
            recall, precision = precision_recall_points(*one)
            mean = float(np.sum(np.diff(recall, prepend=0.0) * precision))
            label = f"{style.short_name(names[place])}, average precision {mean:.3f}"
            axes.plot(
                *_thinned(recall, precision), label=label, drawstyle="steps-pre",
                **style.line_style(place),
            )  # fmt: skip
    axes.set(xlabel="recall", ylabel="precision", title="Precision and recall")
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.03))
    style.legend(axes, loc="best")
    return made


def calibration(names: Sequence[str], found: Sequence[Calibration | None]) -> Figure:
    """Return reliability diagrams over each other, with 95 % intervals and where rows lie."""
    from matplotlib.ticker import MaxNLocator

    made, [axes, below] = style.figure(5.2, 6.0, rows=2, heights=(4, 1))
    axes.plot([0, 1], [0, 1], color=style.GREY, linewidth=1, linestyle=":")
    known = [(place, one) for place, one in enumerate(found) if one is not None]
    for order, (place, one) in enumerate(known):
        predicted = np.array([b.predicted for b in one.bins])
        observed = np.array([b.observed for b in one.bins])
        ends = np.array([b.interval for b in one.bins]).T
        # Side by side, so that intervals of one band do not hide each other.
        aside = 0.008 * (order - (len(known) - 1) / 2)
        axes.errorbar(
            predicted + aside, observed, yerr=np.abs(ends - observed), marker="o", markersize=4,
            capsize=2, elinewidth=1, label=f"{style.short_name(names[place])}, ECE {one.ece:.3f}",
            **style.line_style(place),
        )  # fmt: skip
        width = (one.bins[0].high - one.bins[0].low) / (len(known) + 0.5)
        left = np.array([b.low for b in one.bins]) + width * (order + 0.25)
        rows = [b.rows for b in one.bins]
        below.bar(left, rows, width=width, align="edge", color=style.colour(place))
    axes.set(ylabel="share that is positive", title="Calibration (95 % intervals)")
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    below.set(xlabel="predicted probability", ylabel="rows", xlim=(-0.01, 1.01))
    below.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    style.legend(axes, loc="upper left")
    return made


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


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    if len(x) <= _POINTS:
        return x, y
    kept = np.unique(np.linspace(0, len(x) - 1, _POINTS).round().astype(int))
    return x[kept], y[kept]
