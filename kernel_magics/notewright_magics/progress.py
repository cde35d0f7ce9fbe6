"""One line that says how far long work has come."""

from __future__ import annotations

import html
import time
from typing import Any

from IPython.display import display

#: Seconds before progress is worth a line.
_PATIENCE = 0.5


class ProgressLine:
    """A display that is updated in place; what is done at once never shows one."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._handle: Any = None

    def show(self, fraction: float, message: str) -> None:
        """Show `message` and the share that is done."""
        if self._handle is None and time.perf_counter() - self._began < _PATIENCE:
            return
        percent = f"{fraction:.0%}"
        bar = (
            f'<progress max="1" value="{fraction:.3f}" aria-label="progress"></progress> '
            f"{percent} {html.escape(message)}"
        )
        self._update({"text/plain": f"{percent:>4} {message}", "text/html": bar})

    def clear(self) -> None:
        """Take the line away."""
        if self._handle is not None:
            self._update({"text/plain": "", "text/html": ""})
            self._handle = None

    def _update(self, bundle: dict[str, str]) -> None:
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)
