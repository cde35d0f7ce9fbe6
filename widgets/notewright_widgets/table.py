"""A table that can be searched and sorted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

if TYPE_CHECKING:
    from notewright.views.base import Table

_HERE = Path(__file__).parent


class TableWidget(anywidget.AnyWidget):
    """Rows under headings, with a search box and headings that sort.

    Its display carries the static HTML and text of the view beside the widget,
    so that a notebook without a kernel (nbconvert, GitHub) still shows the table.
    """

    _esm = _HERE / "table.js"
    _css = _HERE / "table.css"

    caption = traitlets.Unicode("").tag(sync=True)
    columns = traitlets.List(traitlets.Unicode()).tag(sync=True)
    rows = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)

    @classmethod
    def of(cls, view: Table) -> TableWidget:
        """Return the widget that shows `view`."""
        widget = cls(
            caption=view.caption,
            columns=[str(column) for column in view.columns],
            rows=[[str(cell) for cell in row] for row in view.rows],
        )
        widget._static = {"text/plain": view.text(), "text/html": view.html()}
        return widget

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, **self._static}, metadata
