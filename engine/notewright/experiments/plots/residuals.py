"""Errors of regressors against what they predicted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from notewright.experiments.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
#: More dots than this hide each other; as many are drawn, chosen by a fixed seed.
_DOTS = 3000


def residuals(names: Sequence[str], predicted: Sequence[Floats], true: Floats) -> Figure:
    """Return each run's residuals (true less predicted) against its predictions, side by side.

    A line shows their mean in ten bands of equally many rows: a model that is
    right on average everywhere has it at zero.
    """
    count = len(predicted)
    across = min(count, 3)
    down = -(-count // across)
    made, axes = style.figure(3.6 * across + 0.6, 3.4 * down, down, across)
    chosen = np.arange(len(true))
    if len(chosen) > _DOTS:
        chosen = np.random.Generator(np.random.PCG64(0)).choice(len(true), _DOTS, replace=False)
    errors = [true - said for said in predicted]
    reach = 1.02 * max(float(np.quantile(np.abs(e), 0.999)) for e in errors) or 1.0
    for place, (said, error) in enumerate(zip(predicted, errors, strict=True)):
        one = axes[place]
        one.axhline(0, color=style.GREY, linewidth=1)
        one.plot(
            said[chosen], error[chosen], ".", markersize=3, alpha=0.35, color=style.colour(place),
            markeredgewidth=0,
        )  # fmt: skip
        bands = np.array_split(np.argsort(said, kind="stable"), min(10, len(said)))
        middle = [(float(said[band].mean()), float(error[band].mean())) for band in bands]
        one.plot(*zip(*middle, strict=True), color="#222222", linewidth=1.6, marker="o", ms=3)
        root = float(np.sqrt(np.mean(error**2)))
        one.set(title=f"{style.short_name(names[place], 26)}, RMSE {root:.4g}")
        one.set(xlabel="predicted", ylim=(-reach, reach))
        one.title.set_fontsize(10)
        if place % across == 0:
            one.set(ylabel="residual (true − predicted)")
    for spare in axes[count:]:
        spare.set_visible(False)
    return made
