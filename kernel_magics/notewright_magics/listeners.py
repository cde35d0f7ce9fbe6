"""Who wants to know that something was added: the panel's comms, widgets."""

from __future__ import annotations

from collections.abc import Callable


class Listeners:
    """A list of callables, told what changed: "snapshots", "runs", "checks", …"""

    def __init__(self) -> None:
        self._all: list[Callable[[str], None]] = []

    def add(self, listener: Callable[[str], None]) -> None:
        """Tell `listener` from now on."""
        self._all.append(listener)

    def remove(self, listener: Callable[[str], None]) -> None:
        """Do not tell `listener` any more."""
        if listener in self._all:
            self._all.remove(listener)

    def tell(self, what: str) -> None:
        """Tell everyone that something of kind `what` changed."""
        for listener in list(self._all):
            listener(what)

    def close(self) -> None:
        """Forget everyone."""
        self._all.clear()
