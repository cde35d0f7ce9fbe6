"""Views as widgets, where the front end can show widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notewright.views.base import View

__all__ = ["present"]


def present(view: View) -> bool:
    """Show a table as a widget that can be searched and sorted; tell whether it was.

    Widgets need a kernel that can talk to a front end; in plain IPython, and for
    views that are no table, this declines.
    """
    import sys

    if "ipykernel" not in sys.modules:
        return False
    from notewright.views.base import Table

    if not isinstance(view, Table):
        return False
    from IPython.display import display

    from notewright_widgets.table import TableWidget, static

    widget = TableWidget.of(view)
    display(static(view, widget), raw=True)
    display(widget)
    return True
