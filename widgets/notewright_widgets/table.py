"""A table that can be searched and sorted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from notewright.store.ids import new_id

if TYPE_CHECKING:
    from notewright.views.base import Table

_HERE = Path(__file__).parent
_WITHOUT_WIDGETS = "(Where widgets are shown, this table can be searched and sorted.)"


class TableWidget(anywidget.AnyWidget):
    """Rows under headings, with a search box and headings that sort."""

    _esm = _HERE / "table.js"
    _css = _HERE / "table.css"

    caption = traitlets.Unicode("").tag(sync=True)
    columns = traitlets.List(traitlets.Unicode()).tag(sync=True)
    rows = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    #: The class of the static table that this one stands in for.
    replaces = traitlets.Unicode("").tag(sync=True)

    @classmethod
    def of(cls, view: Table) -> TableWidget:
        """Return the widget that shows `view`."""
        return cls(
            caption=view.caption,
            columns=[str(column) for column in view.columns],
            rows=[[str(cell) for cell in row] for row in view.rows],
            replaces=f"nw-static-{new_id()}",
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/plain": _WITHOUT_WIDGETS}, metadata


def static(view: Table, widget: TableWidget) -> dict[str, str]:
    """Return the display of `view` that is seen wherever `widget` is not.

    It is an output of its own, before the widget's: nbconvert shows a saved widget in
    place of any other form in the same output, and nothing where its scripts cannot be
    fetched. The widget hides it while it is shown itself.
    """
    return {
        "text/plain": view.text(),
        "text/html": f'<div class="{widget.replaces}">{view.html()}</div>',
    }
