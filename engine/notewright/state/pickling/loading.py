"""Where a pickle that is being loaded belongs: the globals its functions are bound to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_loading = threading.local()


def namespace() -> dict[str, Any]:
    """Return the globals that functions being loaded are bound to."""
    found: dict[str, Any] = _loading.namespace
    return found


@contextmanager
def into(globals_: dict[str, Any]) -> Iterator[None]:
    """Bind the functions loaded in the block to `globals_`."""
    previous = getattr(_loading, "namespace", None)
    _loading.namespace = globals_
    try:
        yield
    finally:
        _loading.namespace = previous
