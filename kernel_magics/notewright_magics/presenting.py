"""Hand a view to whatever can show it better than as static HTML."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from notewright.views.base import View


def present(view: View) -> bool:
    """Let an installed presenter show the view; tell whether one did.

    Presenters come from the entry points ``notewright.presenters``: callables
    that take a view, and show it and return True, or return False.
    """
    return any(presenter(view) for presenter in _presenters())


@cache
def _presenters() -> tuple[Callable[[View], bool], ...]:
    return tuple(entry.load() for entry in entry_points(group="notewright.presenters"))
