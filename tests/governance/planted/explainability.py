"""Models whose answers have no parts that add up, or whose reasons change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.governance.checking import found
from tests.governance.planted.models import Modelled, Wrong, modelled
from tests.governance.planted.trial import Trial

from notewright.governance.checks.base import Finding

#: Answers that are explained in each trial.
_ROWS = 8


class _Chance(Wrong):
    """A model of two of its classes, by one chance a row."""

    def chance(self, X: pd.DataFrame) -> np.ndarray:
        """Return the chance of the last class."""
        return self.of.model.predict_proba(X)[:, -1]

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        chance = np.clip(self.chance(X), 0, 1)
        return np.column_stack([1 - chance, *[np.zeros(len(X))] * (len(self.classes_) - 2), chance])


class Draws(_Chance):
    """Adds a random number to each chance."""

    def __init__(self, of: Modelled) -> None:
        super().__init__(of)
        self.rng = of.data.rng()

    def chance(self, X: pd.DataFrame) -> np.ndarray:
        return super().chance(X) * 0.6 + self.rng.uniform(0, 0.3, len(X))


class LooksBeside(_Chance):
    """Compares each row with the others that are asked about."""

    def chance(self, X: pd.DataFrame) -> np.ndarray:
        chance = super().chance(X)
        return chance / max(float(chance.mean()), 0.05) / 10


class Parity(_Chance):
    """Says whether an even number of columns are above their middle: none says anything alone."""

    def chance(self, X: pd.DataFrame) -> np.ndarray:
        numbers = balanced(self.of)[:5]
        above = (X[numbers] > self.of.table[numbers].median()).sum(axis=1)
        return (above.to_numpy() % 2 == 0) * 1.0


def balanced(of: Modelled) -> list[str]:
    """Return the columns of numbers of which about half are above the middle."""
    shares = {n: (of.table[n] > of.table[n].median()).mean() for n in of.data.numbers}
    return [name for name, share in shares.items() if share > 0.35]


def _ask(name: str, of: Modelled, make: Callable[[Modelled], Any], folder: Path) -> list[Finding]:
    model = make(of)
    judged = of.said(np.asarray(model.predict(of.test[of.features])))
    return found(f"explainability.{name}", of.test, evaluation=judged, model=model, rows=_ROWS)


def trials() -> Iterator[Trial]:
    """Yield the trials of the family."""
    for at, of in enumerate(modelled()):
        wrong = {"additive": (Draws, LooksBeside)[at % 2], "stable": Parity}
        for name, make in wrong.items():
            check = f"explainability.{name}"
            if check in of.data.left_out:
                continue
            slow = at % 8 > 0
            yield Trial(check, of.data.name, partial(_ask, name, of, lambda of: of.model),
                        slow=slow)  # fmt: skip
            if make is not Parity or len(balanced(of)) >= 5:
                yield Trial(check, of.data.name, partial(_ask, name, of, make), str(make.__doc__),
                            slow=slow)  # fmt: skip
