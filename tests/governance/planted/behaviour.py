"""Models that turn with a little noise, know rows by heart, stop, fall, dawdle or are heavy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.governance.checking import found
from tests.governance.planted.models import Modelled, Wrong, modelled, regressions
from tests.governance.planted.trial import Trial

from notewright.governance.checks.base import Finding


class ByHeart(Wrong):
    """Knows the rows it was trained on by heart, and guesses all others."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        known = pd.util.hash_pandas_object(self.of.training[self.of.features], index=False)
        answers = dict(zip(known, self.of.training["target"], strict=True))
        kinds = np.sort(self.of.training["target"].unique())
        asked = pd.util.hash_pandas_object(X.astype(dict(self.of.table[X.columns].dtypes)),
                                           index=False)  # fmt: skip
        return np.array([answers.get(key, kinds[key % len(kinds)]) for key in asked])


class LastDigits(Wrong):
    """Turns its answer for every other value of the last digits of its numbers."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        numbers = X[self.of.data.numbers].to_numpy(dtype=float)
        width = np.nanstd(self.of.table[self.of.data.numbers].to_numpy(dtype=float), axis=0)
        cells = np.floor(np.nan_to_num(numbers) / (0.004 * width)).sum(axis=1)
        return self.turned(super().predict(X), cells % 2 > 0)


class TurnsOnGaps(Wrong):
    """Says something else of every row without a value in the first column."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        answers = super().predict(X)
        if self.of.classes:
            return self.turned(answers, X.iloc[:, 0].isna().to_numpy())
        return np.where(X.iloc[:, 0].isna(), answers + 3 * answers.std(), answers)


class Refuses(Wrong):
    """Gives no answer for a row that lacks a value."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        if X.isna().any(axis=None):
            raise ValueError("Input contains NaN")
        return super().predict(X)


class Dawdles(Wrong):
    """Does much more than it has to."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        until = time.process_time() + 0.15
        while time.process_time() < until:
            pass
        return super().predict(X)


class Heavy(Wrong):
    """Carries what it does not need."""

    def __init__(self, of: Modelled) -> None:
        super().__init__(of)
        self.ballast = bytes(4_000_000)


class Rises(Wrong):
    """Says more, the more the first number is; or less, the more it is."""

    def __init__(self, of: Modelled, sign: int = 1) -> None:
        super().__init__(of)
        self.sign = sign

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        column = self.of.data.numbers[0]
        known = self.of.table[column]
        values = X[column].fillna(known.median()).to_numpy(dtype=float)
        return self.sign * (values - float(known.median())) / float(known.std())


class RisingChance(Rises):
    """A chance of the second class that rises, or falls, with the first number."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return self.classes_[(super().predict(X) > 0) * 1]

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        chance = 1 / (1 + np.exp(-Rises.predict(self, X)))
        return np.column_stack([1 - chance, chance])


def _ask(
    name: str,
    of: Modelled,
    make: Callable[[Modelled], Any],
    options: Mapping[str, Any],
    folder: Path,
) -> list[Finding]:
    evaluation = of.said(np.asarray(make(of).predict(of.test[of.features])))
    return found(
        f"behaviour.{name}", of.test, evaluation=evaluation, model=make(of),
        training=of.training, **options,
    )  # fmt: skip


def _gaps(of: Modelled, make: Callable[[Modelled], Any], lost: int, folder: Path) -> list[Finding]:
    """Ask a model about a table that lacks nothing, or so many values in rows it never saw."""
    raw = pd.concat([of.training, of.test]).ffill().bfill()
    test = raw.loc[of.test.index]
    column = of.features[0]
    raw = raw.assign(**{column: raw[column].mask(raw.index.isin(of.training.index[:lost]))})
    model = make(of)
    evaluation = of.said(model.predict(test[of.features]))
    return found(
        "behaviour.missing_values", test, evaluation=evaluation, model=model,
        tables={"raw": raw, "X_test": test[of.features]},
    )  # fmt: skip


def _model(of: Modelled) -> Any:
    return of.model


def _pair(
    check: str, of: Modelled, wrong: Callable[[Modelled], Any], about: str = "",
    clean: Callable[[Modelled], Any] = _model, options: Mapping[str, Any] | None = None,
    words: str = "", slow: bool = False,
) -> Iterator[Trial]:  # fmt: skip
    """Yield the trial of a model, and of one that does something wrong."""
    name = f"behaviour.{check}"
    if name in of.data.left_out:
        return
    for make, fault in ((clean, ""), (wrong, words or str(wrong.__doc__))):
        ask = partial(_ask, check, of, make, options or {})
        yield Trial(name, of.name, ask, fault, about, slow)


def _of_missing_values(of: Modelled, lost: bool, slow: bool) -> Iterator[Trial]:
    check, column = "behaviour.missing_values", of.features[0]
    yield Trial(check, of.name, partial(_gaps, of, Refuses, 0), slow=slow)
    if lost:
        words = "Gives no answer for rows that lack a value, as some do."
        yield Trial(check, of.name, partial(_gaps, of, Refuses, 30), words, column, slow)
    else:
        words = str(TurnsOnGaps.__doc__)
        yield Trial(check, of.name, partial(_gaps, of, TurnsOnGaps, 0), words, column, slow)


def trials() -> Iterator[Trial]:
    """Yield the trials of the family."""
    for at, of in enumerate((*modelled(), *regressions())):
        if of.classes:
            yield from _pair("overfitting", of, ByHeart)
        if of.data.numbers:
            yield from _pair("stability", of, LastDigits, slow=at % 2 > 0)
        if of.data.numbers and (not of.classes or of.table["target"].nunique() == 2):
            rises, column = (RisingChance if of.classes else Rises), of.data.numbers[0]
            yield from _pair(
                "monotonic", of, partial(rises, sign=-1), column, rises, {"rising": (column,)},
                "Fall where it should rise.", slow=at % 3 > 0,
            )  # fmt: skip
        yield from _of_missing_values(of, lost=at % 2 == 0, slow=at % 3 > 0)
        yield from _pair("size", of, Heavy, options={"max_megabytes": 2.0})
        if at % 2 == 0:
            yield from _pair("inference_time", of, Dawdles, slow=True)
