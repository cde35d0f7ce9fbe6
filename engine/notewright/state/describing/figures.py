"""How two figures differ: by what is drawn in them, without drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk


def figures(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two matplotlib figures differ."""
    walk.compare(walk.keep(_figure(old)), walk.keep(_figure(new)), where)


def axes(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two axes of matplotlib differ."""
    walk.compare(walk.keep(_axes(old)), walk.keep(_axes(new)), where)


def _figure(figure: Any) -> dict[str, Any]:
    title = figure._suptitle
    return {
        "size": tuple(float(side) for side in figure.get_size_inches()),
        "dpi": float(figure.dpi),
        "title": "" if title is None else title.get_text(),
        "axes": [_axes(each) for each in figure.axes],
    }


def _axes(axes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"title": axes.get_title()}
    for axis in ("x", "y"):
        found[f"{axis}label"] = getattr(axes, f"get_{axis}label")()
        found[f"{axis}scale"] = getattr(axes, f"get_{axis}scale")()
        # Asking the axes for limits would settle those that wait for the data.
        low, high = getattr(axes._viewLim, f"interval{axis}")
        found[f"{axis}lim"] = (float(low), float(high))
    found["lines"] = [
        {
            "label": str(line.get_label()),
            "color": str(line.get_color()),
            "x": np.asarray(line.get_xdata(orig=True)),
            "y": np.asarray(line.get_ydata(orig=True)),
        }
        for line in axes.lines
    ]
    found["patches"] = [_patch(patch) for patch in axes.patches]
    found["collections"] = [np.ma.getdata(each.get_offsets()) for each in axes.collections]
    found["images"] = [np.ma.getdata(each.get_array()) for each in axes.images]
    found["texts"] = [text.get_text() for text in axes.texts]
    return found


def _patch(patch: Any) -> dict[str, Any]:
    # Bars and wedges are one unit shape, moved to their places.
    shape = patch.get_patch_transform().transform(patch.get_path().vertices)
    color = tuple(float(part) for part in patch.get_facecolor())
    return {"type": type(patch).__name__, "color": color, "shape": np.asarray(shape)}
