"""Which row of one table is which row of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Positions = npt.NDArray[np.intp]
Hashes = npt.NDArray[np.uint64]

#: Stands for a missing text; a text of the user's own may say the same, and then be compared.
_MISSING = "\0missing"
_PRIME = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Matching:
    """The rows that are in both tables, side by side, and those that are in one.

    Parameters
    ----------
    how : {"index", "position", "content"}
        What tells which row is which.
    old, new : array of int
        Positions of the rows that are in both, in the order of the new table.
    removed, added : array of int
        Positions of the rows that are in the old or the new table only.
    """

    how: str
    old: Positions
    new: Positions
    removed: Positions
    added: Positions

    @property
    def reordered(self) -> bool:
        """Whether rows that are in both are in another order."""
        if self.how == "content" and (len(self.removed) or len(self.added)):
            return False  # equal rows may stand for each other
        return bool(np.any(np.diff(self.old) < 0))


def by_index(old: pd.Index, new: pd.Index) -> Matching | None:
    """Match rows of one label; None where labels do not tell rows apart, or mean another thing."""
    if old.equals(new) and old.names == new.names:
        return _side_by_side(len(old), "index")
    if old.names != new.names or _family(old) != _family(new):
        return None
    if not (old.is_unique and new.is_unique):
        return None
    return _found("index", old, new)


def by_position(old: int, new: int) -> Matching:
    """Match the first row with the first, and so on."""
    both = min(old, new)
    here = np.arange(both)
    return Matching("position", here, here, np.arange(both, old), np.arange(both, new))


def by_content(old: Sequence[Any], new: Sequence[Any]) -> Matching | None:
    """Match rows of equal values, however often each occurs; None where they cannot be hashed.

    Parameters
    ----------
    old, new : sequence of arrays
        The columns that are in both tables, in one order.
    """
    hashes = [_row_hashes(columns) for columns in (old, new)]
    if any(each is None for each in hashes):
        return None
    before, after = (_told_apart(each) for each in hashes if each is not None)
    return _with_edited(_found("content", before, after))


def means_nothing(index: pd.Index) -> bool:
    """Tell whether an index only counts the rows, so that its labels say nothing of them."""
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1


def _found(how: str, old: pd.Index, new: pd.Index) -> Matching:
    found = old.get_indexer(new)
    present = found >= 0
    unmatched = np.ones(len(old), bool)
    unmatched[found[present]] = False
    return Matching(
        how,
        found[present],
        np.flatnonzero(present),
        np.flatnonzero(unmatched),
        np.flatnonzero(~present),
    )


def _with_edited(by_content: Matching) -> Matching:
    """Take rows for edited that stand, equally many, between the same rows in both tables."""
    m = by_content
    if not (len(m.removed) and len(m.added)) or np.any(np.diff(m.old) < 0):
        return m
    # How many rows that are in both stand before each that is not.
    gaps_old, gaps_new = np.searchsorted(m.old, m.removed), np.searchsorted(m.new, m.added)
    counts = [np.bincount(gaps, minlength=len(m.old) + 1) for gaps in (gaps_old, gaps_new)]
    alike = counts[0] == counts[1]
    edited_old, edited_new = alike[gaps_old], alike[gaps_new]
    old = np.concatenate([m.old, m.removed[edited_old]])
    new = np.concatenate([m.new, m.added[edited_new]])
    order = np.argsort(new)
    return Matching("content", old[order], new[order], m.removed[~edited_old], m.added[~edited_new])


def _side_by_side(count: int, how: str) -> Matching:
    here, nothing = np.arange(count), np.arange(0)
    return Matching(how, here, here, nothing, nothing)


def _family(index: pd.Index) -> Any:
    if isinstance(index, pd.MultiIndex):
        return index.nlevels
    kind = index.dtype.kind
    return "number" if kind in "iuf" else "text" if kind not in "mMbc" else kind


def _row_hashes(columns: Sequence[Any]) -> Hashes | None:
    """Return a hash of each row, or None if one cannot be had without the objects' own code."""
    total: Hashes | None = None
    for column in columns:
        values = _hashable(column)
        if values is None:
            return None
        hashed = pd.util.hash_array(values)
        total = hashed if total is None else total * _PRIME + hashed
    return total


def _hashable(column: Any) -> Any:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.categories.take(column.codes) if len(column.categories) else column
        column = column.array
    if getattr(column.dtype, "kind", "O") == "f":
        # NaN has many bit patterns, and zero two.
        if not isinstance(column, np.ndarray):
            column = column.to_numpy(dtype=np.float64, na_value=np.nan)
        values = column + 0.0
        return np.where(np.isnan(values), np.nan, values)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuM mc":
        return np.asarray(column)
    values = np.asarray(column, dtype=object)
    if isinstance(column.dtype, pd.StringDtype):
        return np.where(pd.isna(values), _MISSING, values)
    known = {str, float, int, bool, type(None), pd.Timestamp, type(pd.NA), type(pd.NaT)}
    if not set(map(type, values)) <= known:
        return None
    if any(type(v) is not str for v in values):
        return np.array([v if type(v) is str else f"\0{type(v).__name__}{v}" for v in values], "O")
    return values


def _told_apart(hashes: Hashes) -> pd.Index:
    """Return the hashes with those of equal rows made different: first, second, and so on."""
    index = pd.Index(hashes)
    if index.is_unique:
        return index
    order = np.argsort(hashes, kind="stable")
    arranged = hashes[order]
    starts = np.flatnonzero(np.concatenate([[True], arranged[1:] != arranged[:-1]]))
    lengths = np.diff(np.concatenate([starts, [len(arranged)]]))
    nth = np.empty(len(hashes), np.uint64)
    nth[order] = np.arange(len(hashes)) - np.repeat(starts, lengths)
    return pd.Index(hashes + nth * _PRIME)
