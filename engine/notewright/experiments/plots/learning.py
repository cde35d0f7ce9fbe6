"""Metrics that were logged step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from notewright.experiments.plots.chart import Axis, Panel, Panels, Series, thinned

#: Metric, step (None where none was given) and value, as `Runs.steps` gives them.
Steps = Sequence[tuple[str, int | None, float]]
_MOST_PANELS = 6
#: Lines of no more points than this have each of them marked.
_FEW_POINTS = 12


def stepped(steps: Sequence[Steps]) -> list[str]:
    """Return the metrics that some run logged at two steps or more."""
    names: dict[str, None] = {}
    for run in steps:
        seen: dict[str, int] = {}
        for name, _, _ in run:
            seen[name] = seen.get(name, 0) + 1
        names |= dict.fromkeys(name for name, count in seen.items() if count > 1)
    return list(names)


def learning_curves(names: Sequence[str], steps: Sequence[Steps]) -> Panels:
    """Return a panel for each metric that was logged with steps, a line a run.

    Values without a step count as 0, 1, 2, …
    """
    metrics = stepped(steps)[:_MOST_PANELS]
    across = min(2, len(metrics))
    down = -(-len(metrics) // across)
    panels = tuple(
        Panel(
            Axis("step"), Axis(), _lines(metric, names, steps), metric,
            legend="" if place else "best",
        )
        for place, metric in enumerate(metrics)
    )  # fmt: skip
    return Panels("Metrics by step", panels, (4.6 * across + 0.4, 3.2 * down), across)


def _lines(metric: str, names: Sequence[str], steps: Sequence[Steps]) -> tuple[Series, ...]:
    found = []
    for place, run in enumerate(steps):
        values = [(step, value) for name, step, value in run if name == metric]
        points = [
            (order if step is None else step, value)
            for order, (step, value) in enumerate(values)
            if math.isfinite(value)
        ]
        if points:
            x, y = np.array(sorted(points), dtype=np.float64).T
            kept = thinned(len(x))
            marked = len(points) <= _FEW_POINTS
            found.append(Series(names[place], "line", x[kept], y[kept], place, marked=marked))
    return tuple(found)
