"""How all figures look: colours that colour-blind readers tell apart, on white."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Okabe and Ito (2008), Color Universal Design, in the order of contrast to each other.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", ":")
MOST_RUNS = len(COLOURS)
GREY = "#888888"
INK = "#222222"
#: Of matplotlib: from low to high, for those who see no red or green too.
PALETTE = "viridis"


def figure(
    width: float,
    height: float,
    rows: int = 1,
    columns: int = 1,
    heights: Sequence[float] | None = None,
) -> tuple[Figure, Any]:
    """Return a figure of this size in inches, and its axes in a list.

    It belongs to nobody else: pyplot does not know it and its state stays as
    it is.
    """
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    axes = made.subplots(rows, columns, squeeze=False, height_ratios=heights).ravel().tolist()
    for one in axes:
        _plain(one)
    return made, axes


def line_style(place: int) -> dict[str, Any]:
    """Return colour and dashes of the run at this place."""
    return {
        "color": COLOURS[place % len(COLOURS)],
        "linestyle": DASHES[place % len(DASHES)],
        "linewidth": 1.8,
    }


def colour(place: int) -> str:
    """Return the colour of the run at this place."""
    return COLOURS[place % len(COLOURS)]


def shades(count: int) -> list[str]:
    """Return so many colours from the lowest value to the highest."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    palette = colormaps[PALETTE]
    return [to_hex(palette(place / (count - 1))) for place in range(count)]


def short_name(name: str, most: int = 34) -> str:
    """Return a name that fits a legend."""
    return name if len(name) <= most else name[: most - 1] + "…"


def legend(axes: Axes, **more: Any) -> None:
    """Show which line is which run."""
    axes.legend(fontsize=9, frameon=True, framealpha=0.9, edgecolor="none", **more)


def png(made: Figure, dots: int = 120) -> bytes:
    """Return a figure as the bytes of a PNG file with so many dots an inch."""
    buffer = io.BytesIO()
    made.savefig(buffer, format="png", dpi=dots)
    return buffer.getvalue()


def _plain(axes: Axes) -> None:
    axes.set_facecolor("white")
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(GREY)
    axes.tick_params(colors=INK, labelsize=9)
    axes.grid(True, color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    for part in (axes.xaxis.label, axes.yaxis.label, axes.title):
        part.set_color(INK)
        part.set_fontsize(10)
