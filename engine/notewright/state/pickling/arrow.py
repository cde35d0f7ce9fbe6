"""Arrow buffers: what Arrow shows of an array's memory goes on showing it."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np


def is_buffer(kind: type) -> bool:
    """Tell whether a type is an Arrow buffer's."""
    lib = sys.modules.get("pyarrow.lib")
    return lib is not None and issubclass(kind, lib.Buffer)


def reduce_buffer(buffer: Any, pickler: Any) -> Any:
    """Reduce a buffer: as a view where its memory belongs to an array that is saved too."""
    if not buffer.size or not buffer.is_cpu:
        return NotImplemented
    owner, offset = pickler.memory.borrowed(buffer, buffer.address, buffer.size)
    return NotImplemented if owner is buffer else (_show, (owner, offset, buffer.size))


def _show(owner: Any, offset: int, size: int) -> Any:
    shown: np.ndarray[Any, Any] = np.ndarray((size,), np.uint8, owner, offset)
    return importlib.import_module("pyarrow").py_buffer(shown)
