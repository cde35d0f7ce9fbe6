"""Errors of regressors against what they predicted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from notewright.experiments.plots.chart import (
    MOST_POINTS,
    Axis,
    Floats,
    Panel,
    Panels,
    Reference,
    Series,
)
from notewright.experiments.plots.style import short_name


def residuals(names: Sequence[str], predicted: Sequence[Floats], true: Floats) -> Panels:
    """Return each run's residuals (true less predicted) against its predictions, side by side.

    A line shows their mean in ten bands of equally many rows: a model that is
    right on average everywhere has it at zero.
    """
    count = len(predicted)
    across = min(count, 3)
    down = -(-count // across)
    chosen = np.arange(len(true))
    if len(chosen) > MOST_POINTS:
        # More dots hide each other; the seed is fixed.
        generator = np.random.Generator(np.random.PCG64(0))
        chosen = generator.choice(len(true), MOST_POINTS, replace=False)
    errors = [true - said for said in predicted]
    reach = 1.02 * max(float(np.quantile(np.abs(e), 0.999)) for e in errors) or 1.0
    y = Axis("residual (true − predicted)", (-reach, reach))
    panels = []
    for place, (said, error) in enumerate(zip(predicted, errors, strict=True)):
        dots = Series(names[place], "points", said[chosen], error[chosen], place)
        root = float(np.sqrt(np.mean(error**2)))
        title = f"{short_name(names[place], 26)}, RMSE {root:.4g}"
        series = (dots, _means(names[place], said, error, place))
        panels.append(Panel(Axis("predicted"), y, series, title, (Reference((0.0, 0.0)),)))
    return Panels("Residuals", tuple(panels), (3.6 * across + 0.6, 3.4 * down), across)


def _means(name: str, said: Floats, error: Floats, place: int) -> Series:
    bands = np.array_split(np.argsort(said, kind="stable"), min(10, len(said)))
    x = np.array([said[band].mean() for band in bands])
    y = np.array([error[band].mean() for band in bands])
    hover = tuple(f"mean of {len(band)} rows" for band in bands)
    return Series(name, "line", x, y, place, hover=hover, marked=True, ink=True)
