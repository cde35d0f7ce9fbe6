"""Charts that can be pointed at, zoomed and filtered."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

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
from notewright_widgets.beside import Beside, script

if TYPE_CHECKING:
    from notewright.views.figures import Figures

_SHADES = 17


class ChartWidget(Beside):
    """The charts of a view."""

    _esm = script("shared.js", "drawing.js", "panel.js", "parallel.js", "chart.js")
    _css = Path(__file__).parent / "chart.css"
    _without_widgets = "(Where widgets are shown, these charts can be zoomed and pointed at.)"

    charts = traitlets.List(traitlets.Dict()).tag(sync=True)
    #: Colours and dashes of runs by their place, and colours from the lowest metric up.
    look = traitlets.Dict().tag(sync=True)

    @classmethod
    def of(cls, view: Figures) -> ChartWidget:
        """Return the widget that shows `view`."""
        look = {
            "colours": list(style.COLOURS),
            "dashes": list(style.DASHES),
            "shades": style.shades(_SHADES),
        }
        return cls(charts=[chart_state(chart) for chart in view.charts.values()], look=look)


def chart_state(chart: Chart) -> dict[str, Any]:
    """Return a chart as JSON values: what the widget's script reads."""
    if isinstance(chart, Parallel):
        return {
            "kind": "parallel",
            "title": chart.title,
            "runs": list(chart.runs),
            "scales": [_scale(scale) for scale in chart.scales],
        }
    return _panels(chart)


def _panels(chart: Panels) -> dict[str, Any]:
    return {
        "kind": "panels",
        "title": chart.title,
        "columns": chart.columns,
        "choice": chart.choice,
        "panels": [_panel(panel) for panel in chart.panels],
    }


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "title": panel.title,
        "x": _axis(panel.x),
        "y": _axis(panel.y),
        "series": [_series(series) for series in panel.series],
        "references": [_reference(reference) for reference in panel.references],
        "height": panel.height,
        "square": panel.square,
    }


def _axis(axis: Axis) -> dict[str, Any]:
    return {
        "label": axis.label,
        "limits": None if axis.limits is None else _numbers(axis.limits),
        "categories": list(axis.categories),
        "logarithmic": axis.logarithmic,
    }


def _series(series: Series) -> dict[str, Any]:
    return {
        "name": series.name,
        "note": series.note,
        "kind": series.kind,
        "place": series.place,
        "x": _numbers(series.x),
        "y": _numbers(series.y),
        "low": None if series.low is None else _numbers(series.low),
        "high": None if series.high is None else _numbers(series.high),
        "hover": list(series.hover),
        "width": series.width,
        "marked": series.marked,
        "ink": series.ink,
    }


def _reference(reference: Reference) -> dict[str, Any]:
    return {
        "x": None if reference.x is None else _numbers(reference.x),
        "y": _numbers(reference.y),
        "label": reference.label,
    }


def _scale(scale: Scale) -> dict[str, Any]:
    return {
        "name": scale.name,
        "logarithmic": scale.logarithmic,
        "values": _numbers(scale.values),
        "words": list(scale.words),
        "told": scale.told(),
        "heights": _numbers(scale.heights()),
        "marks": [[_number(height), words] for height, words in scale.marks()],
    }


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [_number(value) for value in values]


def _number(value: float) -> float | None:
    # JSON has no NaN; nobody sees the eighth digit, but of a step every one.
    if not math.isfinite(value):
        return None
    return float(value) if float(value).is_integer() else float(f"{value:.7g}")
