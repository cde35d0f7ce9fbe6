"""Parameters of many runs against a metric: parallel coordinates and panels of dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from notewright.errors import BadRecord
from notewright.experiments.filter import SYNONYMS
from notewright.experiments.plots import style
from notewright.experiments.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_PARAMETERS = 8
#: Positive numbers that span more than this are shown on a logarithmic axis.
_WIDE = 50
#: Numbers of a vertical axis are all written beside it if they are no more than this.
_FEW_VALUES = 6
_BEHIND = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1}


@dataclass(frozen=True, eq=False)
class _Axis:
    """One parameter of all runs.

    Parameters
    ----------
    name : str
    values : array of shape (runs,)
        Numbers, or places among `words`; NaN where a run lacks it.
    words : tuple of str
        The different values, unless they are numbers.
    logarithmic : bool
    """

    name: str
    values: NDArray[np.float64]
    words: tuple[str, ...] = ()
    logarithmic: bool = False

    def heights(self) -> NDArray[np.float64]:
        """Return where each value is between 0 and 1."""
        scaled = np.log10(self.values) if self.logarithmic else self.values
        low, high = np.nanmin(scaled), np.nanmax(scaled)
        if high == low:
            return np.where(np.isnan(scaled), np.nan, 0.5)
        return np.asarray((scaled - low) / (high - low))


def parallel(runs: Sequence[Run], metric: str) -> Figure:
    """Return parallel coordinates: a line a run, through its parameters to its metric.

    Parameters
    ----------
    runs : sequence of Run
        Those without the metric are left out.
    metric : str
        The right-most axis, which also colours the lines.

    Raises
    ------
    BadRecord
        If fewer than two runs have the metric, or no parameter differs.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    kept, scores, axes = _told(runs, metric)
    axes = [*axes, _Axis(metric, scores)]
    made, [panel] = style.figure(1.5 * len(axes) + 1.6, 4.2)
    heights = np.stack([axis.heights() for axis in axes])
    norm = Normalize(float(scores.min()), float(scores.max()))
    palette = colormaps["viridis"]
    # The best and the worst are drawn last, where they can be seen.
    for run in np.argsort(np.abs(scores - np.median(scores))):
        panel.plot(
            range(len(axes)), heights[:, run], color=palette(norm(scores[run])),
            linewidth=1.4, alpha=0.85, marker="o", markersize=3,
        )  # fmt: skip
    for place, axis in enumerate(axes):
        panel.axvline(place, color=style.GREY, linewidth=0.8, zorder=0)
        for height, words in _marks(axis):
            panel.annotate(
                words, (place, height), xytext=(4, 0), textcoords="offset points", fontsize=8,
                va="center", bbox=_BEHIND,
            )  # fmt: skip
    panel.set_xticks(range(len(axes)), [_heading(axis) for axis in axes])
    panel.set_yticks([])
    panel.grid(False)
    panel.spines[["left", "bottom"]].set_visible(False)
    panel.set(xlim=(-0.1, len(axes) - 0.6), ylim=(-0.06, 1.06))
    panel.set_title(f"{len(kept)} runs: parameters and {metric}")
    made.colorbar(ScalarMappable(norm, palette), ax=panel, label=metric, shrink=0.85, pad=0.01)
    return made


def scatter(runs: Sequence[Run], metric: str) -> Figure:
    """Return a panel for each parameter that differs: its value against the metric, a dot a run.

    Raises
    ------
    BadRecord
        If fewer than two runs have the metric, or no parameter differs.
    """
    _, scores, axes = _told(runs, metric)
    across = min(3, len(axes))
    down = -(-len(axes) // across)
    made, panels = style.figure(3.2 * across + 0.6, 2.9 * down, down, across)
    for place, (panel, axis) in enumerate(zip(panels, axes, strict=False)):
        panel.plot(axis.values, scores, "o", markersize=5, alpha=0.6, color=style.colour(0))
        panel.set(xlabel=style.short_name(axis.name, 28))
        if place % across == 0:
            panel.set(ylabel=metric)
        if axis.logarithmic:
            panel.set_xscale("log")
        if axis.words:
            _name_ticks(panel, axis)
    for spare in panels[len(axes) :]:
        spare.set_visible(False)
    return made


def differing(runs: Sequence[Run]) -> list[str]:
    """Return the parameters whose values are not the same in all runs, those set first."""
    names = {name for run in runs for name in run.params}
    told = {name for run in runs for name in run.changed_params}
    found = [n for n in names if len({_key(run.params.get(n)) for run in runs}) > 1]
    return sorted(found, key=lambda name: (name not in told, name))


def _told(runs: Sequence[Run], metric: str) -> tuple[list[Run], NDArray[np.float64], list[_Axis]]:
    known = SYNONYMS.get(metric, (metric,))
    scored = [
        (run, value)
        for run in runs
        if (value := next((run.metrics[n] for n in known if n in run.metrics), None)) is not None
        and math.isfinite(value)
    ]
    if len(scored) < 2:
        raise BadRecord(
            f"Fewer than two of these runs have the metric '{metric}'.",
            "`%nw runs` lists runs with their metrics.",
        )
    kept = [run for run, _ in scored]
    axes = [_axis(kept, name) for name in differing(kept)[:_MOST_PARAMETERS]]
    if not axes:
        raise BadRecord("No parameter differs between these runs.", "Choose other runs.")
    return kept, np.array([value for _, value in scored]), axes


def _axis(runs: Sequence[Run], name: str) -> _Axis:
    values = [run.params.get(name) for run in runs]
    given = [value for value in values if value is not None]
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in given) and given:
        numbers = np.array([math.nan if v is None else float(v) for v in values])
        finite = numbers[np.isfinite(numbers)]
        if len(finite) == len(given):
            wide = bool(finite.min() > 0 and finite.max() / finite.min() > _WIDE)
            return _Axis(name, numbers, (), wide)
    # A parameter that is None is a value of its own; one that is not there is none.
    words = sorted({str(run.params[name]) for run in runs if name in run.params})
    places = [words.index(str(r.params[name])) if name in r.params else math.nan for r in runs]
    return _Axis(name, np.array(places, dtype=np.float64), tuple(words))


def _marks(axis: _Axis) -> list[tuple[float, str]]:
    """Return what stands beside a vertical axis: heights and words."""
    heights = axis.heights()
    if axis.words:
        told = {}
        for height, value in zip(heights, axis.values, strict=True):
            if not math.isnan(value):
                told[float(height)] = style.short_name(axis.words[int(value)], 14)
        return sorted(told.items())[:: max(1, len(told) // 12)]
    # Unique leaves one NaN at the end, which has no height.
    values, places = np.unique(axis.values, return_index=True)
    told_places = places[~np.isnan(values)]
    if len(told_places) > _FEW_VALUES:
        told_places = told_places[[0, -1]]
    return [(float(heights[n]), f"{axis.values[n]:.4g}") for n in told_places]


def _heading(axis: _Axis) -> str:
    return style.short_name(axis.name, 18) + ("\n(logarithmic)" if axis.logarithmic else "")


def _name_ticks(panel: Axes, axis: _Axis) -> None:
    every = max(1, len(axis.words) // 6)
    places = range(0, len(axis.words), every)
    names = [style.short_name(axis.words[n], 12) for n in places]
    crowded = sum(map(len, names)) > 28
    panel.set_xticks(list(places), names, rotation=25 if crowded else 0)
    panel.set_xlim(-0.5, len(axis.words) - 0.5)


def _key(value: Any) -> tuple[str, str]:
    # True is not 1, and an absent value is none of them.
    return type(value).__name__ if isinstance(value, bool) else "", str(value)
