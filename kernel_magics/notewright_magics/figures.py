"""Figures that a recorded cell shows, kept with its run."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from notewright.experiments.active import ActiveRun

#: What is kept of them at most: bytes of one, and how many.
_LARGEST, _MOST = 2 << 20, 20


class Figures:
    """Keeps the PNG images that are shown while it watches; what is shown is the same.

    Parameters
    ----------
    shell : InteractiveShell
        Outside a kernel it shows no images, and nothing is kept.
    active : ActiveRun
    """

    def __init__(self, shell: InteractiveShell, active: ActiveRun) -> None:
        self._publisher: Any = shell.display_pub
        self._active = active
        self._left_out = 0
        if hasattr(self._publisher, "register_hook"):
            self._publisher.register_hook(self._shown)

    def close(self) -> None:
        """Watch no more."""
        if hasattr(self._publisher, "unregister_hook"):
            self._publisher.unregister_hook(self._shown)
        if self._left_out:
            self._active.recorder.problems.append(
                f"{self._left_out} figures were not kept: they are larger than "
                f"{_LARGEST >> 20} MB, or not among the first {_MOST}."
            )

    def _shown(self, message: Any) -> Any:
        data = message.get("content", {}).get("data", {})
        image = data.get("image/png") if isinstance(data, dict) else None
        if isinstance(image, str):
            self._keep(image)
        return message

    def _keep(self, encoded: str) -> None:
        figures = self._active.figures
        if len(figures) >= _MOST or len(encoded) * 3 // 4 > _LARGEST:
            self._left_out += 1
            return
        try:
            figures[f"figure-{len(figures) + 1}.png"] = binascii.a2b_base64(encoded)
        except binascii.Error:
            self._left_out += 1


@contextmanager
def figures_kept(shell: InteractiveShell, active: ActiveRun) -> Iterator[None]:
    """Keep the figures that are shown inside."""
    figures = Figures(shell, active)
    try:
        yield
    finally:
        figures.close()
