"""Views as widgets, where the front end can show widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notewright.views.base import View

__all__ = ["present"]


def present(view: View) -> bool:
    """Show `view` as a widget; return False where static HTML serves as well.

    Widgets need a kernel that can talk to a front end; in plain IPython, and for
    views that nothing can be done with, this declines.
    """
    import sys

    if "ipykernel" not in sys.modules:
        return False
    from notewright.views.base import Table

    if not (isinstance(view, Table) and len(view.rows) > _SHORT):
        return False
    from IPython.display import display

    from notewright_widgets.table import TableWidget

    display(TableWidget.of(view))
    return True


#: A table of up to this many rows needs no search and no sorting.
_SHORT = 5
