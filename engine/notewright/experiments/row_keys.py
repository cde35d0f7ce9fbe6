"""Rows as numbers that can be looked up: equal rows have equal keys, whatever their type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from notewright.experiments.evaluation import Array

Keys = NDArray[np.uint64]
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def keys_of(column: Array, kind: np.dtype[Any]) -> Keys | None:
    """Return a number for each value of a column as it is once converted to `kind`.

    Not-a-number equals itself, and zero equals minus zero. None for numbers of which `kind`
    keeps too little to tell how they were converted: fractions may have been cut off or rounded,
    and what is true may be what was not zero, or above it.

    Examples
    --------
    >>> one = keys_of(np.array([0.1, 2.0]), np.dtype("f4"))
    >>> other = keys_of(np.array([0.1, 2.0], dtype="f4"), np.dtype("f4"))
    >>> bool((one == other).all())
    True
    """
    if kind.kind == "b" and column.dtype.kind != "b":
        return None
    if kind.kind in "iu" and column.dtype.kind == "f" and not _is_whole(column):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        values = column.astype(kind)
    if kind.kind != "f":
        return values.astype(np.int64).view(np.uint64)
    values = values + values.dtype.type(0)  # minus zero becomes zero
    values[np.isnan(values)] = np.nan
    if values.dtype.itemsize > 8:
        values = values.astype(np.float64)
    bits: Keys = values.view(f"u{values.dtype.itemsize}").astype(np.uint64)
    return bits


def _is_whole(column: Array) -> bool:
    return bool(np.isfinite(column).all() and (column == np.rint(column)).all())


def text_keys(one: Array, other: Array) -> tuple[Keys, Keys] | None:
    """Return numbers for two columns of text, equal where the text is; None if any is not text."""
    plain = []
    for column in (one, other):
        if column.dtype == object and all(type(item) is str for item in column):
            column = column.astype(np.str_)
        if column.dtype.kind != "U":
            return None
        plain.append(column)
    _, codes = np.unique(np.concatenate(plain), return_inverse=True)
    return codes[: len(one)].astype(np.uint64), codes[len(one) :].astype(np.uint64)


def mixed(columns: Sequence[Keys]) -> Keys:
    """Return one number for each row; rows with equal keys in all columns have the same."""
    total = np.zeros(len(columns[0]), dtype=np.uint64)
    for keys in columns:
        total ^= keys
        total *= _ODD
        total ^= total >> _SHIFT
    return total


@dataclass(frozen=True, eq=False)
class Index:
    """The rows of an array, in an order in which they can be looked up.

    Parameters
    ----------
    columns : sequence of Keys
        At least one.
    """

    columns: Sequence[Keys]
    order: NDArray[np.intp]
    sorted: Keys

    @classmethod
    def of(cls, columns: Sequence[Keys]) -> Index:
        """Return the index of rows with these columns."""
        total = mixed(columns)
        order = np.argsort(total, kind="stable")
        return cls(columns, order, total[order])

    def find(self, part: Sequence[Keys]) -> Found | None:
        """Return where the rows of `part` are; None if one is not there."""
        total = mixed(part)
        first = np.searchsorted(self.sorted, total, "left")
        count = np.searchsorted(self.sorted, total, "right") - first
        if not len(total) or not count.all():
            return None
        where = self.order[first]
        # Rows may have the same number without being equal.
        if any((w[where] != p).any() for w, p in zip(self.columns, part, strict=True)):
            return None
        return Found(where, count > 1)


@dataclass(frozen=True, eq=False)
class Found:
    """Where rows are.

    Parameters
    ----------
    where : array
        The first position of each.
    several : array of bool
        Which of them are equal to more than one row, so that the position may be another's.
    """

    where: NDArray[np.intp]
    several: NDArray[np.bool_]
