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
class Picked:
    """Rows picked of an array, which are not picked before they are needed.

    Make one with :meth:`of`. It is called for the rows: None once the array is gone.

    Parameters
    ----------
    whole : callable
        What gives the array.
    key : object
        What picks the rows, as it was then.
    count : int
        How many rows that are.
    """

    whole: Later
    key: Any
    count: int

    @classmethod
    def of(cls, array: Any, key: Any) -> Picked | None:
        """Return the rows that `key` picks of an array; None where it picks none.

        Examples
        --------
        >>> table = np.arange(6).reshape(3, 2)
        >>> Picked.of(table, np.array([True, False, True]))()
        array([[0, 1],
               [4, 5]])
        """
        parts = key if isinstance(key, tuple) else (key,)
        parts = tuple(np.array(each) if isinstance(each, np.ndarray) else each for each in parts)
        try:
            places = np.broadcast_to(np.int8(0), len(array))[parts[:1]]
        except IndexError:
            return None
        whole = features(array) if array.nbytes <= _SMALL else weakly(array)
        return cls(whole, parts, len(places)) if places.ndim == 1 else None

    def __call__(self) -> Any:
        """Return the rows, or None."""
        array = self.whole()
        try:
            return None if array is None else array[self.key]
        except IndexError:  # it has fewer columns, before it was transformed
            return None


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
        array = X if isinstance(X, Picked) else array
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
    return (lambda: X) if is_held(X) else reference(X)


def is_held(X: Any) -> bool:
    """Tell whether an array is held until the end of the cell."""
    return isinstance(X, np.ndarray) and (X.base is not None or X.nbytes <= _SMALL)


def weakly(X: Any) -> Later:
    """Return what gives the array `X` as long as somebody else holds it, or what it is a part of.

    Examples
    --------
    >>> table = np.arange(6.0).reshape(3, 2)
    >>> part = weakly(table[1:])
    >>> part().tolist()
    [[2.0, 3.0], [4.0, 5.0]]
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
