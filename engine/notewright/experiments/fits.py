"""What was fitted inside one recorded execution, and on which rows."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from notewright.experiments.estimators import is_predictor
from notewright.experiments.observers import Arguments

#: More fits than this in one cell are counted, not kept, and the rows of so many of them.
_MOST, _MOST_ROWS = 200, 20
#: Arrays of so many bytes are held until the end of the cell.
_SMALL = 4 << 20


@dataclass(eq=False)
class Fit:
    """One estimator that was fitted by the user's code.

    Parameters
    ----------
    number : int
        Its place among the fits, from 0.
    type : str
        The name of its class.
    model : weakref
        The estimator, as long as it is there.
    X, index : object or None
        What gives the features where they are an array that is still there;
        their row labels where they are a pandas object.
    y : array or None
        A copy of the target.
    target : callable or None
        What gives the target itself, where it is an array that is still there.
    calls : int
        How often it was fitted (`partial_fit` in a loop).
    seconds : float
        How long all of them took.
    failed : bool
        Whether the last one raised.
    predicts : bool
        Whether the class predicts; a scaler does not.
    depth : int
        How many methods of it are fitting it now, one inside the other.
    """

    number: int
    type: str
    model: Any
    X: Any = None
    index: Any = None
    y: Any = None
    target: Any = None
    calls: int = 1
    seconds: float = 0.0
    failed: bool = False
    predicts: bool = False
    depth: int = 1
    began: float = field(default_factory=time.perf_counter)

    @property
    def estimator(self) -> Any:
        """The estimator, or None if nothing holds it any more."""
        return self.model()


class Fits:
    """The fits of one recorded execution, in order.

    The estimator that was fitted last is kept alive, the others are not.
    """

    def __init__(self) -> None:
        self.count = 0
        self._all: dict[int, Fit] = {}
        self._latest: Any = None

    def begins(self, estimator: Any, arguments: Arguments) -> None:
        """Take note of a fit that begins."""
        known = self._all.get(id(estimator))
        if known is not None and known.estimator is estimator:
            known.depth += 1
            if known.depth > 1:
                return  # a method of its own has called another one
            known.calls += 1
            known.began = time.perf_counter()
            known.X, known.index, known.y, known.target = _rows(arguments)
            # Whoever was fitted last stands last.
            self._all[id(estimator)] = self._all.pop(id(estimator))
        else:
            self.count += 1
            self._all.pop(id(estimator), None)
            self._all[id(estimator)] = Fit(
                self.count - 1,
                type(estimator).__name__,
                _reference(estimator),
                *_rows(arguments),
                predicts=is_predictor(type(estimator)),
            )
            if len(self._all) > _MOST:
                del self._all[next(iter(self._all))]
            if len(self._all) > _MOST_ROWS:
                past = list(self._all.values())[-_MOST_ROWS - 1]
                past.X = past.target = None
        self._latest = estimator

    def ended(self, estimator: Any, *, failed: bool) -> None:
        """Take note that it has ended."""
        fit = self._all.get(id(estimator))
        if fit is not None and fit.estimator is estimator:
            fit.depth -= 1
            if fit.depth == 0:
                fit.seconds += time.perf_counter() - fit.began
                fit.failed = failed

    def of(self, estimator: Any) -> Fit | None:
        """Return how `estimator` was fitted, if it was."""
        fit = self._all.get(id(estimator))
        return fit if fit is not None and fit.estimator is estimator else None

    def __iter__(self) -> Iterator[Fit]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)


def features(X: Any) -> Any:
    """Return what gives the array `X` later on: it may be a part made for one call.

    Small arrays and views are held for as long, larger ones as long as somebody
    else holds them.
    """
    if X.base is not None or X.nbytes <= _SMALL:
        return lambda: X
    return _reference(X)


def _reference(value: Any) -> Any:
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value


def _rows(arguments: Arguments) -> tuple[Any, Any, Any, Any]:
    """Return the features, their row labels, a copy of the target of a fit, and the target."""
    args, kwargs = arguments
    X = args[0] if args else kwargs.get("X")
    y = args[1] if len(args) > 1 else kwargs.get("y")
    index = index_of(X)
    if index is None:
        index = index_of(y)
    array = features(X) if isinstance(X, np.ndarray) else None
    return array, index, target_copy(y), plain_target(y)


def plain_target(y: Any) -> Any:
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
