"""What a plot shows, told without any library that draws: panels of series, or parallel axes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kind = Literal["line", "steps", "points", "bars"]

#: More points than this a line cannot show.
MOST_POINTS = 2000
#: Numbers of a vertical axis are all written beside it if they are no more than this.
_FEW_VALUES = 6


@dataclass(frozen=True)
class Axis:
    """One axis of a panel.

    Parameters
    ----------
    label : str
    limits : (low, high), optional
        By default what the points need.
    categories : tuple of str
        The names of the values 0, 1, 2, …, unless they are numbers.
    logarithmic : bool
    """

    label: str = ""
    limits: tuple[float, float] | None = None
    categories: tuple[str, ...] = ()
    logarithmic: bool = False


@dataclass(frozen=True, eq=False)
class Series:
    """Points of one run, or of one run each.

    Parameters
    ----------
    name : str
        The run; empty where each point is a run, which `hover` tells of.
    kind : {"line", "steps", "points", "bars"}
        Steps rise before each point; bars stand from zero to it.
    x, y : array of shape (points,)
        No NaN.
    place : int
        The run's place among those drawn, which gives colour and dashes.
    note : str
        What the legend says after the name.
    low, high : array of shape (points,), optional
        The ends of each point's interval.
    hover : tuple of str
        Lines of text for each point, besides its coordinates.
    width : float
        Of bars, in units of x.
    marked : bool
        Whether each point of a line is marked.
    ink : bool
        Drawn in the colour of text, over the others.
    """

    name: str
    kind: Kind
    x: Floats
    y: Floats
    place: int = 0
    note: str = ""
    low: Floats | None = None
    high: Floats | None = None
    hover: tuple[str, ...] = ()
    width: float = 0.0
    marked: bool = False
    ink: bool = False


@dataclass(frozen=True)
class Reference:
    """A dotted line to compare with: through two points, or at a height."""

    y: tuple[float, float]
    x: tuple[float, float] | None = None
    label: str = ""


@dataclass(frozen=True)
class Panel:
    """Series over two axes.

    Parameters
    ----------
    x, y : Axis
    series : tuple of Series
    title : str
    references : tuple of Reference
    legend : str
        Where matplotlib puts the legend; empty for none.
    height : float
        In proportion to the other panels of a column.
    square : bool
        Whether units of both axes are equally long.
    """

    x: Axis
    y: Axis
    series: tuple[Series, ...]
    title: str = ""
    references: tuple[Reference, ...] = ()
    legend: str = ""
    height: float = 1.0
    square: bool = False


@dataclass(frozen=True)
class Panels:
    """A chart of panels.

    Parameters
    ----------
    title : str
    panels : tuple of Panel
    size : (width, height)
        Inches of the static figure.
    columns : int
        Panels that stand side by side.
    choice : str
        What the panels differ in, where one at a time is enough and a reader
        can choose: "parameter".
    """

    title: str
    panels: tuple[Panel, ...]
    size: tuple[float, float]
    columns: int = 1
    choice: str = ""


@dataclass(frozen=True, eq=False)
class Scale:
    """One vertical axis of parallel coordinates: a value of each run.

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
    values: Floats
    words: tuple[str, ...] = ()
    logarithmic: bool = False

    def heights(self) -> Floats:
        """Return where each value is between 0 and 1."""
        scaled = np.log10(self.values) if self.logarithmic else self.values
        low, high = np.nanmin(scaled), np.nanmax(scaled)
        if high == low:
            return np.where(np.isnan(scaled), np.nan, 0.5)
        return np.asarray((scaled - low) / (high - low))

    def told(self) -> list[str]:
        """Return each run's value in words, empty where a run lacks it."""
        return ["" if math.isnan(value) else self._words_of(value) for value in self.values]

    def marks(self) -> list[tuple[float, str]]:
        """Return what stands beside the axis: heights and words."""
        heights = self.heights()
        # Unique leaves one NaN at the end, which has no height.
        values, places = np.unique(self.values, return_index=True)
        places = places[~np.isnan(values)]
        if self.words:
            places = places[:: max(1, len(places) // 12)]
        elif len(places) > _FEW_VALUES:
            places = places[[0, -1]]
        return [(float(heights[n]), self._words_of(self.values[n])) for n in places]

    def _words_of(self, value: float) -> str:
        return self.words[int(value)] if self.words else f"{value:.4g}"


@dataclass(frozen=True)
class Parallel:
    """A chart of parallel coordinates: a line a run, through every scale.

    Parameters
    ----------
    title : str
    runs : tuple of str
        What each line is called.
    scales : tuple of Scale
        The last is the metric, which also colours the lines.
    """

    title: str
    runs: tuple[str, ...]
    scales: tuple[Scale, ...]


Chart = Panels | Parallel


def thinned(count: int) -> NDArray[np.intp]:
    """Return which of so many points are drawn: evenly spread, with the first and the last."""
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, MOST_POINTS).round().astype(np.intp))
