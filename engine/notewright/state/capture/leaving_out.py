"""When copies of the process are made without memory that nobody has to look at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class LeavingOut:
    """Whether copies are made without what need not be looked at.

    Not for some time after one has crashed: for twice as many views each time.
    """

    _again: int = 0
    _pause: int = 8

    def at(self, number: int) -> bool:
        """Tell whether the copy for this view is."""
        return number >= self._again

    def crashed(self, number: int) -> None:
        """Take in that the copy for this view has crashed."""
        self._pause *= 2
        self._again = number + self._pause
