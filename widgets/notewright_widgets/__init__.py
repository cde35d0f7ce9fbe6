"""Views as widgets, where the front end can show widgets."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notewright.views.base import Page, View
    from notewright_widgets.beside import Beside

__all__ = ["present"]


def present(view: View) -> bool:
    """Show tables and charts as widgets; tell whether something was shown.

    A table can be searched and sorted; charts can be pointed at, zoomed and
    filtered, also where they are a part of a page. Widgets need a kernel that can
    talk to a front end; in plain IPython, and for all other views, this declines.
    """
    import sys

    if "ipykernel" not in sys.modules:
        return False
    from notewright.views.base import Page

    return _present_page(view) if isinstance(view, Page) else _present(view)


def _present(view: View) -> bool:
    widget = _widget(view)
    if widget is None:
        return False
    from IPython.display import display

    from notewright_widgets.beside import static

    display(static(view, widget), raw=True)
    display(widget)
    return True


def _widget(view: View) -> Beside | None:
    """Return the widget that shows a view, or None if there is none for it."""
    from notewright.views.base import Table
    from notewright.views.figures import Figures
    from notewright_widgets.chart import ChartWidget
    from notewright_widgets.table import TableWidget

    if isinstance(view, Table):
        return TableWidget.of(view)
    if isinstance(view, Figures) and view.charts:
        return ChartWidget.of(view)
    return None


def _present_page(page: Page) -> bool:
    """Show the charts of a page as widgets, and what is around them as it is."""
    from IPython.display import display

    from notewright.views.base import Page
    from notewright.views.figures import Figures

    if not any(isinstance(part, Figures) and part.charts for part in page.parts):
        return False
    for figures, parts in groupby(page.parts, lambda part: isinstance(part, Figures)):
        if not figures:
            display(Page(list(parts)))
            continue
        for part in parts:
            if not _present(part):
                display(part)
    return True
