"""The charts that fit a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from notewright.experiments.measures import auc_scores
from notewright.experiments.plots import curves, learning, parameters, style
from notewright.experiments.plots.chart import Chart
from notewright.experiments.plots.residuals import residuals

if TYPE_CHECKING:
    from notewright.experiments.compared import Comparison
    from notewright.experiments.runs import Runs

#: Parameters against a metric say something from so many runs on.
_MANY = 3


def charts_of(comparison: Comparison, service: Runs) -> dict[str, Chart]:
    """Return the charts of a comparison by name: those for which there is something to show.

    ``roc``, ``precision_recall``, ``calibration`` and ``residuals`` where rows
    were scored; ``learning`` where metrics were logged with steps;
    ``parameters`` and ``scatter`` from three runs on. Of more runs than can be
    told apart, curves show the first.
    """
    most = style.MOST_RUNS
    names = [name.strip("'") for name in comparison.names]
    found: dict[str, Chart] = {}
    evaluations = comparison.evaluations[:most]
    scored = [None if e is None else auc_scores(e) for e in evaluations]
    if any(one is not None for one in scored):
        areas = [_area(one) for one in scored]
        found["roc"] = curves.roc(names, scored, areas)
        found["precision_recall"] = curves.precision_recall(names, scored)
    calibrations = comparison.calibration()[:most]
    if any(one is not None for one in calibrations):
        found["calibration"] = curves.calibration(names, calibrations)
    regressions = [
        (name, e)
        for name, e in zip(names, evaluations, strict=False)
        if e is not None and e.task == "regression" and e.y_pred is not None and e.y_pred.ndim == 1
    ]
    if regressions and comparison.same_rows:
        predicted = [np.asarray(e.y_pred, dtype=np.float64) for _, e in regressions]
        true = np.asarray(regressions[0][1].y_true, dtype=np.float64)
        found["residuals"] = residuals([name for name, _ in regressions], predicted, true)
    steps = [service.steps(run) for run in comparison.runs[:most]]
    if learning.stepped(steps):
        found["learning"] = learning.learning_curves(names, steps)
    metric = _shared_metric(comparison)
    if len(comparison.runs) >= _MANY and metric and parameters.differing(comparison.runs):
        found["parameters"] = parameters.parallel(comparison.runs, metric)
        found["scatter"] = parameters.scatter(comparison.runs, metric)
    return found


def _area(scored: curves.Scored | None) -> float:
    if scored is None:
        return float("nan")
    alarms, hits = curves.roc_points(*scored)
    return float(np.trapezoid(hits, alarms))


def _shared_metric(comparison: Comparison) -> str | None:
    shared = set.intersection(*[set(run.metrics) for run in comparison.runs])
    tested = [estimate.metric for estimate in comparison.estimates]
    return next((name for name in [*tested, *sorted(shared)] if name in shared), None)
