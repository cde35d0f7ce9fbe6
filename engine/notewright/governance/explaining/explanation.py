"""What the answers of a model are made of, for some of its test rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.inputs import Inputs
from notewright.governance.explaining.shapley import Floats, shapley
from notewright.governance.explaining.trees import tree_attributions
from notewright.state.withheld import Withheld, Withholding, united

#: So wide tables are explained; it takes about twice as many questions as there are columns.
_WIDEST = 300


@dataclass(frozen=True, eq=False)
class Reason:
    """One column's part in one answer.

    Parameters
    ----------
    column : str
    value : Any
        What the row has there.
    part : float
        By how much it moves the answer, from what the model says on average.
    """

    column: str
    value: Any
    part: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """Attributions of a model's answers to its columns.

    Parameters
    ----------
    columns : tuple of str
        The model's input.
    labels : tuple of str
        Of the explained rows.
    features : DataFrame or array of shape (n, columns)
        Their values.
    attributions : array of float, shape (n, columns)
    base, said : array of float, shape (n,)
        What the model says on average, and of each row when it is asked about that alone: the
        probability of `answers`, or the predicted value.
    answers : tuple of str
        Which class each row's numbers are about; empty of a regression.
    agreement : float
        Correlation over rows of two attributions that were computed apart, each from half of the
        permutations and of the background; 1 where they are exact.
    method : str
    withheld : tuple of Withheld
        Columns whose values the reader may not see; they stand in `features` in their places.
    """

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    features: Any
    attributions: Floats
    base: Floats
    said: Floats
    answers: tuple[str, ...]
    agreement: float
    method: str
    withheld: tuple[Withheld, ...] = ()

    @property
    def gap(self) -> float:
        """The largest difference of a row's attributions and base to what the model says."""
        missed = np.abs(self.base + self.attributions.sum(axis=1) - self.said)
        return float(np.nan_to_num(missed, nan=np.inf).max())

    @property
    def importance(self) -> list[tuple[str, float, tuple[float, float]]]:
        """Each column's mean absolute attribution with Student's 95 % interval, largest first."""
        from scipy.stats import t

        parts = np.abs(self.attributions)
        means = parts.mean(axis=0)
        n = len(parts)
        half = np.zeros_like(means)
        if n > 1:
            half = t.ppf(0.975, n - 1) * parts.std(axis=0, ddof=1) / np.sqrt(n)
        order = np.argsort(-means, kind="stable")
        return [(self.columns[at], float(means[at]), _span(means[at], half[at])) for at in order]

    def reasons(self, row: int, top: int | None = None) -> list[Reason]:
        """Return the columns that move the answer of a row most, largest first."""
        parts = self.attributions[row]
        order = np.argsort(-np.abs(parts), kind="stable")[:top]
        values = (
            self.features.iloc[row].tolist()
            if hasattr(self.features, "iloc")
            else self.features[row].tolist()
        )
        return [Reason(self.columns[at], values[at], float(parts[at])) for at in order]


def without_values(
    found: Explanation, withholding: Withholding, labels: Sequence[str]
) -> Explanation:
    """Return an explanation without values that are withheld; each column's part stays.

    Parameters
    ----------
    found : Explanation
    withholding : Withholding
    labels : sequence of str
        The columns whose values the row labels are, if any.
    """
    hidden = [withholding.find(column) for column in found.columns]
    of_labels = withholding.among(labels)
    if of_labels:
        found = replace(found, labels=tuple(map(repr, of_labels[:1])) * len(found.labels))
    if any(hidden):
        features = np.array(found.features, dtype=object)
        for at, withheld in enumerate(hidden):
            if withheld is not None:
                features[:, at] = withheld
        found = replace(found, features=features)
    return replace(found, withheld=united(filter(None, hidden), of_labels))


def explain(
    inputs: Inputs,
    evaluation: Any,
    places: Sequence[int],
    *,
    background: int = 30,
    pairs: int = 4,
    seed: int = 0,
) -> Explanation:
    """Explain what the model says of some of its test rows.

    Parameters
    ----------
    inputs : Inputs
        The model with its features.
    evaluation : Evaluation
        Of the test rows; two classes are explained by the positive one, more by the one that
        the model says of the row.
    places : sequence of int
        Positions of the rows among the test rows.
    background : int, default 30
        How many rows stand for "not known": of those trained on where they were found, else
        test rows.
    pairs : int, default 4
        Permutations, each forwards and backwards.
    seed : int

    Raises
    ------
    CannotRun
        If the model takes no table, or too wide a one.
    """
    rows = _part(inputs.test, np.asarray(places))
    if getattr(rows, "ndim", 0) != 2 or not (hasattr(rows, "iloc") or isinstance(rows, np.ndarray)):
        raise CannotRun("The model takes no table.", "Explain a model that takes rows of columns.")
    if rows.shape[1] > _WIDEST:
        raise CannotRun(
            f"The model takes {rows.shape[1]} columns; more than {_WIDEST} are not explained.",
            "Explain a pipeline that takes the raw columns.",
        )
    known = inputs.trained if inputs.trained is not None else inputs.test
    rng = np.random.Generator(np.random.PCG64(seed))
    chosen = np.sort(rng.choice(known.shape[0], min(background, known.shape[0]), replace=False))
    behind = _part(known, chosen)
    asked = _Asked(inputs, evaluation, rows)
    exact = tree_attributions(inputs.model, rows, behind, asked.classes)
    if exact is not None:
        attributions, base, agreement, method = (*exact, 1.0, "exact, by shap")
    else:
        halves = [
            shapley(asked, rows, part, max(1, pairs // 2), seed + at)
            for at, part in enumerate(_halves(behind))
        ]
        attributions = np.mean([half[0] for half in halves], axis=0)
        base = np.mean([half[1] for half in halves], axis=0)
        agreement = _correlation(halves[0][0], halves[1][0])
        method = f"{2 * pairs} permutations, {len(chosen)} background rows"
    columns = [str(c) for c in getattr(rows, "columns", range(rows.shape[1]))]
    labels = np.asarray(evaluation.rows)[np.asarray(places)].tolist()
    return Explanation(
        columns=tuple(columns),
        labels=tuple(map(str, labels)),
        features=rows,
        attributions=attributions,
        base=base,
        said=_one_by_one(asked, rows),
        answers=asked.answers,
        agreement=agreement,
        method=method,
    )


class _Asked:
    """What the model says of features, as one number each."""

    def __init__(self, inputs: Inputs, evaluation: Any, rows: Any) -> None:
        self._inputs = inputs
        self.answers: tuple[str, ...] = ()
        #: The column of the model's probabilities that each row's numbers are, if there are any.
        self.classes: NDArray[np.int64] | None = None
        names = [str(c) for c in getattr(inputs.model, "classes_", ())]
        if evaluation.task != "classification":
            return
        if not names or not hasattr(inputs.model, "predict_proba"):
            raise CannotRun(
                "The model gives no probabilities, so an answer has no size to divide.",
                "Use a model with `predict_proba`; `CalibratedClassifierCV` gives one to others.",
            )
        if str(evaluation.positive) in names:
            self.answers = (str(evaluation.positive),) * rows.shape[0]
        else:
            self.answers = tuple(inputs.predict(rows).astype(str).tolist())
        self.classes = np.array([names.index(answer) for answer in self.answers])

    def __call__(self, features: Any, owners: NDArray[np.int64]) -> Floats:
        from notewright.governance.checks.inputs import asked

        if self.classes is None:
            return self._inputs.predict(features).astype(float)
        said = asked(self._inputs.model, "predict_proba", features)
        chosen: Floats = said[np.arange(len(said)), self.classes[owners]].astype(float)
        return chosen


def _part(features: Any, places: NDArray[np.int64]) -> Any:
    return features.iloc[places] if hasattr(features, "iloc") else features[places]


def _halves(background: Any) -> tuple[Any, Any]:
    places = np.arange(background.shape[0])
    if len(places) < 2:
        return background, background
    return _part(background, places[::2]), _part(background, places[1::2])


def _one_by_one(asked: _Asked, rows: Any) -> Floats:
    places = np.arange(rows.shape[0])
    return np.concatenate([asked(_part(rows, places[[at]]), places[[at]]) for at in places])


def _correlation(one: Floats, other: Floats) -> float:
    """Return how far two attributions agree on which row has more of a column's part than others.

    Another background moves all rows' parts alike; that is taken off, where there are rows.
    """
    if len(one) > 1:
        one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    a, b = one.ravel(), other.ravel()
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 1.0 if np.allclose(a, b) else 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _span(mean: float, half: float) -> tuple[float, float]:
    return max(0.0, float(mean - half)), float(mean + half)
