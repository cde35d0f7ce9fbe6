"""The rows that a fit or a prediction was given, as they are remembered until the cell ends."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Arrays of so many bytes are held until the end of the cell.
_SMALL = 4 << 20
#: What gives an array, or None once it is gone.
Later = Callable[[], Any]


@dataclass(frozen=True, eq=False)
class Given:
    """Rows that something was done with.

    Parameters
    ----------
    X : callable or None
        What gives the features, where they are an array that is still there.
    index : pandas.Index or None
        Their row labels, where they are a pandas object.
    y : array or None
        A copy of the target.
    target : callable or None
        What gives the target itself, where it is an array that is still there.
    """

    X: Later | None = None
    index: Any = None
    y: Any = None
    target: Later | None = None

    @classmethod
    def of(cls, X: Any, y: Any = None) -> Given:
        """Return the rows of features and a target, whatever these are."""
        index = index_of(X)
        if index is None:
            index = index_of(y)
        array = features(X) if isinstance(X, np.ndarray) else None
        return cls(array, index, target_copy(y), plain_target(y))

    @property
    def features(self) -> Any:
        """The features, as long as they are there."""
        return None if self.X is None else self.X()

    @property
    def is_gone(self) -> bool:
        """Whether they were an array that is there no more, and nothing else tells the rows."""
        return self.X is not None and self.index is None and self.features is None


@dataclass(frozen=True, eq=False)
class Trained:
    """What a fit was given: the rows that it trained on, and those it was evaluated on meanwhile.

    Where there are several of the latter, the last ones that are not the former.
    """

    rows: Given
    evaluated: Given | None = None


def features(X: Any) -> Later:
    """Return what gives the array `X` later on: it may be a part made for one call.

    Small arrays and views are held for as long, larger ones as long as somebody
    else holds them.
    """
    if X.base is not None or X.nbytes <= _SMALL:
        return lambda: X
    return reference(X)


def weakly(X: Any) -> Later:
    """Return what gives the array `X` as long as somebody else holds it, or what it is a part of.

    Examples
    --------
    >>> table = np.arange(6.0).reshape(3, 2)
    >>> part = weakly(table[1:])
    >>> part()
    array([[2., 3.],
           [4., 5.]])
    >>> del table
    >>> part() is None
    True
    """
    owner = X
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    if owner is X or not owner.flags.forc:
        return reference(X)
    start = X.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    shape, kind, strides, held = X.shape, X.dtype, X.strides, reference(owner)

    def again() -> Any:
        found = held()
        if found is None:
            return None
        buffer = found if found.flags.c_contiguous else found.T
        return np.ndarray(shape, kind, buffer, start, strides)

    return again


def reference(value: Any) -> Later:
    """Return what gives `value` as long as somebody else holds it, where that can be told."""
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value


def plain_target(y: Any) -> Later | None:
    """Return what gives a target later on that is an array with a value a row, else None."""
    return features(y) if isinstance(y, np.ndarray) and y.ndim == 1 else None


def index_of(value: Any) -> Any:
    """Return the row labels of a pandas object, else None."""
    return value.index if hasattr(value, "iloc") else None


def target_copy(y: Any) -> Any:
    """Return a copy of a target that is an array, a pandas object or a list."""
    if y is None or hasattr(y, "toarray"):
        return None
    try:
        copied = np.array(y)
    except ValueError:
        return None
    if copied.ndim == 2 and copied.shape[1] == 1:
        copied = copied[:, 0]
    return copied if copied.ndim == 1 else None
