"""Metrics that were logged step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from notewright.experiments.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Metric, step (None where none was given) and value, as `Runs.steps` gives them.
Steps = Sequence[tuple[str, int | None, float]]
_MOST_PANELS = 6


def stepped(steps: Sequence[Steps]) -> list[str]:
    """Return the metrics that some run logged at two steps or more."""
    names: dict[str, None] = {}
    for run in steps:
        seen: dict[str, int] = {}
        for name, _, _ in run:
            seen[name] = seen.get(name, 0) + 1
        names |= dict.fromkeys(name for name, count in seen.items() if count > 1)
    return list(names)


def learning_curves(names: Sequence[str], steps: Sequence[Steps]) -> Figure:
    """Return a panel for each metric that was logged with steps, a line a run.

    Values without a step count as 0, 1, 2, …
    """
    metrics = stepped(steps)[:_MOST_PANELS]
    across = min(2, len(metrics))
    down = -(-len(metrics) // across)
    made, axes = style.figure(4.6 * across + 0.4, 3.2 * down, down, across)
    for panel, metric in zip(axes, metrics, strict=False):
        for place, run in enumerate(steps):
            values = [(step, value) for name, step, value in run if name == metric]
            points = [
                (order if step is None else step, value)
                for order, (step, value) in enumerate(values)
                if math.isfinite(value)
            ]
            if points:
                marker = "o" if len(points) <= 12 else ""
                panel.plot(
                    *zip(*sorted(points), strict=True), marker=marker, markersize=3,
                    label=style.short_name(names[place]), **style.line_style(place),
                )  # fmt: skip
        panel.set(title=metric, xlabel="step")
    for spare in axes[len(metrics) :]:
        spare.set_visible(False)
    style.legend(axes[0], loc="best")
    return made
