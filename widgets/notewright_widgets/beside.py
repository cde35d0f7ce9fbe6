"""Widgets with a static form beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from notewright.store.ids import new_id

if TYPE_CHECKING:
    from notewright.views.base import View

_HERE = Path(__file__).parent


class Beside(anywidget.AnyWidget):
    """A widget that hides the static form of its view while it is shown itself."""

    #: What is written where neither widgets nor HTML are shown.
    _without_widgets = ""

    #: The class of the static form that this widget stands in for.
    replaces = traitlets.Unicode("").tag(sync=True)

    @traitlets.default("replaces")
    def _new_class(self) -> str:
        return f"nw-static-{new_id()}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/plain": self._without_widgets}, metadata


def static(view: View, widget: Beside) -> dict[str, str]:
    """Return the display of `view` that is seen wherever `widget` is not.

    It is an output of its own, before the widget's: nbconvert shows a saved widget in
    place of any other form in the same output, and nothing where its scripts cannot be
    fetched. The widget hides it while it is shown itself.
    """
    return {
        "text/plain": view.text(),
        "text/html": f'<div class="{widget.replaces}">{view.html()}</div>',
    }


def script(*names: str) -> str:
    """Return these files as one module: a widget's script can import no other file."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)
