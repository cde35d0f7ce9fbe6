"""A table that can be searched and sorted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import traitlets

from notewright_widgets.beside import Beside, script

if TYPE_CHECKING:
    from notewright.views.base import Table


class TableWidget(Beside):
    """Rows under headings, with a search box and headings that sort."""

    _esm = script("shared.js", "table.js")
    _css = Path(__file__).parent / "table.css"
    _without_widgets = "(Where widgets are shown, this table can be searched and sorted.)"

    caption = traitlets.Unicode("").tag(sync=True)
    columns = traitlets.List(traitlets.Unicode()).tag(sync=True)
    rows = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)

    @classmethod
    def of(cls, view: Table) -> TableWidget:
        """Return the widget that shows `view`."""
        return cls(
            caption=view.caption,
            columns=[str(column) for column in view.columns],
            rows=[[str(cell) for cell in row] for row in view.rows],
        )
