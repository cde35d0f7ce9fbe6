"""Charts as figures, shown in a notebook or written to files."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from notewright.experiments.plots.chart import Chart
from notewright.experiments.plots.drawing import draw
from notewright.experiments.plots.style import png
from notewright.views.base import View, escape


class Figures(View):
    """Charts: images in HTML, names or files in text.

    Parameters
    ----------
    charts : mapping
        By name; a presenter can show them better than as images.
    folder : Path, optional
        Where they are also written, as `NAME.png`.
    """

    def __init__(self, charts: Mapping[str, Chart], folder: Path | None = None) -> None:
        self.charts = dict(charts)
        self._images = {name: png(draw(chart)) for name, chart in self.charts.items()}
        self._files: dict[str, Path] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for name, image in self._images.items():
                self._files[name] = folder / f"{name}.png"
                self._files[name].write_bytes(image)

    def text(self) -> str:
        if not self._images:
            return "There is nothing to draw."
        if self._files:
            return "Figures written: " + ", ".join(map(str, self._files.values())) + "."
        names = ", ".join(self._images)
        return f"Figures: {names}. A notebook shows them; `--plots-to FOLDER` writes them."

    def html(self) -> str:
        if not self._images:
            return f"<div>{escape(self.text())}</div>"
        images = (
            f'<img alt="{escape(name)}" style="max-width:100%;margin:2px" '
            f'src="data:image/png;base64,{base64.b64encode(image).decode()}">'
            for name, image in self._images.items()
        )
        return "<div>" + "".join(images) + "</div>"

    def data(self) -> Any:
        return [
            {"name": name, "file": str(self._files[name]) if name in self._files else None}
            for name in self._images
        ]
