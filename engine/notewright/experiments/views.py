"""Where a view lies in the array whose memory it shares."""

from __future__ import annotations

import numpy as np

from notewright.experiments.evaluation import Array


def rows_inside(part: Array, whole: Array) -> Array | None:
    """Return the positions of a view's rows in the array that it is a view of, else None.

    Columns may be left out, and rows taken in steps or backwards.

    Examples
    --------
    >>> table = np.zeros((6, 3))
    >>> rows_inside(table[4:0:-2, 1:], table)
    array([4, 2])
    >>> rows_inside(table[4:0:-2].copy(), table) is None
    True
    """
    if part.ndim != whole.ndim or part.dtype != whole.dtype or not part.size:
        return None
    if not np.may_share_memory(part, whole):
        return None
    place = _place(part, whole)
    if place is None or not _keeps_columns(part, whole, place[-1]):
        return None
    step, rest = divmod(part.strides[0], whole.strides[0])
    if rest and len(part) > 1:
        return None
    where = place[0] + np.arange(len(part)) * step
    return where if where.min() >= 0 and where.max() < len(whole) else None


def _keeps_columns(part: Array, whole: Array, first: int) -> bool:
    """Tell whether the columns of a view are columns of the array, and not its rows."""
    if part.ndim == 1 or part.shape[1] == 1:
        return True
    step, rest = divmod(part.strides[1], whole.strides[1])
    return not rest and 0 <= first + step * (part.shape[1] - 1) < whole.shape[1]


def _place(part: Array, whole: Array) -> list[int] | None:
    """Return the place in `whole` of the first value of `part`."""
    rest = part.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    place = [0] * whole.ndim
    if any(stride <= 0 for stride in whole.strides):
        return None
    # The longer stride first, as for the digits of a number.
    for axis in sorted(range(whole.ndim), key=lambda each: -whole.strides[each]):
        place[axis], rest = divmod(rest, whole.strides[axis])
    inside = all(0 <= at < length for at, length in zip(place, whole.shape, strict=True))
    return place if inside and not rest else None
