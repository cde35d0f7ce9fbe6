"""Charts as static figures of matplotlib, the one place that draws with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from notewright.experiments.plots import style
from notewright.experiments.plots.chart import (
    Axis,
    Chart,
    Panel,
    Panels,
    Parallel,
    Reference,
    Scale,
    Series,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: More dots than this are drawn small and faint.
_MANY_DOTS = 200
_BEHIND = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1}


def draw(chart: Chart) -> Figure:
    """Return a chart as a figure of matplotlib, which pyplot does not know.

    ``draw(chart).savefig(path)`` writes one.
    """
    return _parallel(chart) if isinstance(chart, Parallel) else _panels(chart)


def _panels(chart: Panels) -> Figure:
    across = chart.columns
    down = -(-len(chart.panels) // across)
    heights = [panel.height for panel in chart.panels[::across]]
    made, axes = style.figure(*chart.size, down, across, heights)
    for place, (one, panel) in enumerate(zip(axes, chart.panels, strict=False)):
        _panel(one, panel, first=place % across == 0)
    if across == 1 and not chart.panels[0].title:
        axes[0].set_title(chart.title)
    for spare in axes[len(chart.panels) :]:
        spare.set_visible(False)
    return made


def _panel(axes: Axes, panel: Panel, *, first: bool) -> None:
    for reference in panel.references:
        _reference(axes, reference)
    for series in panel.series:
        _series(axes, series)
    axes.set(title=panel.title, xlabel=style.short_name(panel.x.label, 28))
    if first:
        axes.set(ylabel=panel.y.label)
    _shape_x(axes, panel.x)
    if panel.y.limits is not None:
        axes.set_ylim(*panel.y.limits)
    if panel.square:
        axes.set_aspect("equal")
    if panel.legend:
        style.legend(axes, loc=panel.legend)


def _shape_x(axes: Axes, x: Axis) -> None:
    if x.logarithmic:
        axes.set_xscale("log")
    if x.categories:
        _name_ticks(axes, x.categories)
    if x.limits is not None:
        axes.set_xlim(*x.limits)


def _name_ticks(axes: Axes, words: tuple[str, ...]) -> None:
    places = range(0, len(words), max(1, len(words) // 6))
    names = [style.short_name(words[n], 12) for n in places]
    crowded = sum(map(len, names)) > 28
    axes.set_xticks(list(places), names, rotation=25 if crowded else 0)


def _reference(axes: Axes, reference: Reference) -> None:
    look: dict[str, Any] = {"color": style.GREY, "linewidth": 1, "linestyle": ":"}
    if reference.x is not None:
        axes.plot(reference.x, reference.y, **look)
        return
    axes.axhline(reference.y[0], **look)
    axes.annotate(
        reference.label, (0.0, reference.y[0]), xytext=(3, 3), textcoords="offset points",
        fontsize=8, color=style.GREY,
    )  # fmt: skip


def _series(axes: Axes, series: Series) -> None:
    if series.kind == "bars":
        _bars(axes, series)
    elif series.kind == "points":
        many = len(series.x) > _MANY_DOTS
        axes.plot(
            series.x, series.y, "o", markersize=2 if many else 5, alpha=0.35 if many else 0.6,
            color=style.colour(series.place), markeredgewidth=0,
        )  # fmt: skip
    else:
        _line(axes, series)


def _bars(axes: Axes, series: Series) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.bar(series.x, series.y, width=series.width, color=style.colour(series.place))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _line(axes: Axes, series: Series) -> None:
    look = style.line_style(series.place)
    if series.ink:
        look = {"color": style.INK, "linewidth": 1.6}
    label = ", ".join(filter(None, [style.short_name(series.name), series.note]))
    look |= {"label": label, "marker": "o" if series.marked else "", "markersize": 3}
    if series.low is not None and series.high is not None:
        ends = np.abs(np.stack([series.low, series.high]) - series.y)
        axes.errorbar(series.x, series.y, yerr=ends, capsize=2, elinewidth=1, **look)
        return
    how = "steps-pre" if series.kind == "steps" else "default"
    axes.plot(series.x, series.y, drawstyle=how, **look)


def _parallel(chart: Parallel) -> Figure:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scales, metric = chart.scales, chart.scales[-1]
    scores = metric.values
    made, [axes] = style.figure(1.5 * len(scales) + 1.6, 4.2)
    heights = np.stack([scale.heights() for scale in scales])
    norm = Normalize(float(scores.min()), float(scores.max()))
    palette = colormaps[style.PALETTE]
    # The best and the worst are drawn last, where they can be seen.
    for run in np.argsort(np.abs(scores - np.median(scores))):
        axes.plot(
            range(len(scales)), heights[:, run], color=palette(norm(scores[run])),
            linewidth=1.4, alpha=0.85, marker="o", markersize=3,
        )  # fmt: skip
    for place, scale in enumerate(scales):
        _upright(axes, place, scale)
    axes.set_xticks(range(len(scales)), [_heading(scale) for scale in scales])
    axes.set_yticks([])
    axes.grid(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set(xlim=(-0.1, len(scales) - 0.6), ylim=(-0.06, 1.06))
    axes.set_title(chart.title)
    made.colorbar(ScalarMappable(norm, palette), ax=axes, label=metric.name, shrink=0.85, pad=0.01)
    return made


def _upright(axes: Axes, place: int, scale: Scale) -> None:
    axes.axvline(place, color=style.GREY, linewidth=0.8, zorder=0)
    for height, words in scale.marks():
        axes.annotate(
            style.short_name(words, 14), (place, height), xytext=(4, 0),
            textcoords="offset points", fontsize=8, va="center", bbox=_BEHIND,
        )  # fmt: skip


def _heading(scale: Scale) -> str:
    return style.short_name(scale.name, 18) + ("\n(logarithmic)" if scale.logarithmic else "")
