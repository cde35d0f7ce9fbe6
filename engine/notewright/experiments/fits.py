"""What was fitted inside one recorded execution, and on which rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from notewright.experiments.estimators import called, is_predictor
from notewright.experiments.given import Trained, reference

#: More fits than this in one cell are counted, not kept, and the rows of so many of them.
_MOST, _MOST_ROWS = 200, 20


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
    given : Trained or None
        The rows, as far as they are known.
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
    given: Trained | None = None
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

    def begins(self, estimator: Any, given: Trained | None) -> None:
        """Take note of a fit that begins."""
        known = self._all.get(id(estimator))
        if known is not None and known.estimator is estimator:
            known.depth += 1
            if known.depth > 1:
                return  # a method of its own has called another one
            known.calls += 1
            known.began = time.perf_counter()
            known.given = given
            # Whoever was fitted last stands last.
            self._all[id(estimator)] = self._all.pop(id(estimator))
        else:
            self.count += 1
            self._all.pop(id(estimator), None)
            self._all[id(estimator)] = Fit(
                self.count - 1,
                called(estimator),
                reference(estimator),
                given,
                predicts=is_predictor(type(estimator)),
            )
            if len(self._all) > _MOST:
                del self._all[next(iter(self._all))]
            if len(self._all) > _MOST_ROWS:
                past = list(self._all.values())[-_MOST_ROWS - 1]
                past.given = None if past.given is None else _without_arrays(past.given)
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


def _without_arrays(given: Trained) -> Trained:
    return Trained(replace(given.rows, X=None, target=None))
