"""Progress of long work, and its cancellation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from notewright.errors import Cancelled


@dataclass
class Progress:
    """Reports steps and stops at the next step once cancelled.

    Parameters
    ----------
    report : callable, optional
        Called as ``report(fraction, message)`` at every step.
    what : str
        What is going on, for the message when it is cancelled.

    Examples
    --------
    >>> progress = Progress(lambda fraction, message: print(f"{fraction:.0%} {message}"))
    >>> progress.step(0.5, "building the wheel")
    50% building the wheel
    """

    report: Callable[[float, str], None] | None = None
    what: str = "The operation"
    _cancel: threading.Event = field(default_factory=threading.Event, repr=False)

    def step(self, fraction: float, message: str) -> None:
        """Report a step.

        Raises
        ------
        Cancelled
            If :meth:`cancel` was called.
        """
        self.check()
        if self.report is not None:
            self.report(fraction, message)

    def check(self) -> None:
        """Raise `Cancelled` if :meth:`cancel` was called."""
        if self._cancel.is_set():
            raise Cancelled(self.what)

    def cancel(self) -> None:
        """Ask the work to stop; safe from any thread."""
        self._cancel.set()
