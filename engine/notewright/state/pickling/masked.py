"""Masked arrays: their data and mask go on being views of what they were views of."""

from __future__ import annotations

from typing import Any

import numpy as np

from notewright.state.pickling.arrays import reduce_array


def reduce_masked(masked: Any, pickler: Any) -> Any:
    """Reduce a masked array as a view of its data, with its mask among the attributes."""
    if masked is np.ma.masked:
        return NotImplemented
    return reduce_array(masked, pickler)
