"""Warnings that the recorded code raised, seen where Python is about to show them.

Filters, `warnings.showwarning` and what is shown stay as they are: what shows
a warning at the very end tells the observer first.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from notewright.experiments.observers import observer

#: The function that shows a warning unless the user has put another in place.
_SHOWS = "_showwarnmsg_impl"


def put_in_place() -> Callable[[], None]:
    """Begin to tell the observer of warnings; return what undoes it."""
    shown: Callable[[Any], None] | None = getattr(warnings, _SHOWS, None)
    if shown is None:
        return lambda: None

    def tell_and_show(message: Any) -> None:
        watching = observer.get()
        if watching is not None:
            watching.warned(f"{message.category.__name__}: {message.message}")
        shown(message)

    def undo() -> None:
        # Leave alone what somebody else has put there since.
        if getattr(warnings, _SHOWS) is tell_and_show:
            setattr(warnings, _SHOWS, shown)

    setattr(warnings, _SHOWS, tell_and_show)
    return undo
