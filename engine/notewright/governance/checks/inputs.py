"""What the model was given: found among the variables, and accepted only on proof.

The features of the scored rows are right if the model says of them what the run recorded.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.experiments.columns import positions
from notewright.governance.checks.base import CannotRun

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: What features are called where the scored ones and the trained ones go in pairs.
_PAIRS = (("test", "train"), ("valid", "train"), ("val", "train"), ("te", "tr"))
#: Two ways to compute one score differ by less than this.
_RELATIVE = 1e-6


@dataclass(frozen=True)
class TrainedRows:
    """The rows that the model was trained on, without what it saw of them.

    Parameters
    ----------
    labels : array
        Their labels, or their positions, in the order of use.
    by_index : bool
        Whether they are labels.
    of : int
        How many rows the table has that they are of.
    """

    labels: Any
    by_index: bool
    of: int


@dataclass(frozen=True)
class Candidate:
    """Features that a variable may hold of the scored rows.

    Parameters
    ----------
    variable : str
    features : DataFrame or array
        Of the scored rows, in their order.
    rows : callable
        Returns those of the rows trained on, if the same variable holds them too, else None.
    """

    variable: str
    features: Any
    rows: Callable[[TrainedRows], Any]


@dataclass(frozen=True)
class Inputs:
    """A model, and the features of the rows it was scored and trained on.

    Parameters
    ----------
    model : estimator
        It is not to be changed.
    variable : str
        The variable that the scored features are in.
    test : DataFrame or array of shape (n, features)
        In the order of the evaluation.
    trained : DataFrame or array, optional
        Features of the rows that were trained on, in the order of use.
    labels : array, optional
        Their true labels, as the model writes them.
    """

    model: Any
    variable: str
    test: Any
    trained: Any = None
    labels: Any = None

    @property
    def train(self) -> Any:
        """The features of the rows that were trained on."""
        if self.trained is None:
            raise CannotRun(
                "The features that the model was trained on were not found among the variables.",
                "Keep them in a variable beside those of the test set, `X_train` beside `X_test`, "
                "and fit the model in the `%%nw run` cell.",
            )
        return self.trained

    @property
    def y_train(self) -> np.ndarray:
        """The true labels of the rows that were trained on, in the same order."""
        if self.labels is None:
            raise CannotRun(
                "The true labels of the rows that were trained on were not found in a table.",
                "Keep the raw table, target included, in a variable, and its index through the "
                "split.",
            )
        labels: np.ndarray = self.labels
        return labels

    def predict(self, features: Any) -> np.ndarray:
        """Return what the model says of rows: labels, or values."""
        return asked(self.model, "predict", features)

    def score(self, features: Any, positive: Any = None) -> np.ndarray:
        """Return one number a row: the probability of `positive`, or the predicted value.

        Where the model gives no probabilities, its decision function, and where it has none
        either, what it predicts.
        """
        import numpy as np

        classes = [str(c) for c in getattr(self.model, "classes_", ())]
        for method in ("predict_proba", "decision_function"):
            if not hasattr(self.model, method):
                continue
            said = asked(self.model, method, features)
            if said.ndim == 1:
                return said
            if str(positive) in classes:
                column: np.ndarray = said[:, classes.index(str(positive))]
                return column
            return np.asarray(said.max(axis=1))
        return self.predict(features).astype(float)


def asked(model: Any, method: str, features: Any) -> np.ndarray:
    """Return what a method of the model says; the rows it gets are a copy."""
    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was fitted on names and is given none, say
        return np.asarray(getattr(model, method)(features.copy()))


def find_inputs(
    model: Any,
    evaluation: Any,
    stages: Iterable[Callable[[], Mapping[str, Any]]],
    trained: TrainedRows | None,
    labels: Any = None,
) -> Inputs:
    """Return the inputs of a model.

    Parameters
    ----------
    model : estimator
    evaluation : Evaluation
        What the run recorded of the scored rows.
    stages : iterable of callable
        Each returns variables by name; a later one is called where the earlier ones do not hold
        the scored features, which may save loading large arrays.
    trained : TrainedRows, optional
    labels : array, optional
        The true labels of these.

    Raises
    ------
    CannotRun
        If no variable holds features of which the model says what was recorded.
    """
    variables: dict[str, Any] = {}
    first: Candidate | None = None
    for stage in stages:
        new = stage()
        variables |= new
        for candidate in _candidates(model, evaluation, new):
            if not says_what_was_recorded(model, candidate.features, evaluation):
                continue
            first = first or candidate
            if trained is None:
                break
            # Another variable may hold the rows trained on as well.
            mine = candidate.rows(trained)
            mine = _partner(candidate, variables, trained) if mine is None else mine
            if mine is not None:
                return Inputs(model, candidate.variable, candidate.features, mine, labels)
        if first is not None:
            return Inputs(model, first.variable, first.features, None, labels)
    raise CannotRun(
        "No variable holds features of which the model says what the run recorded.",
        "Keep the features of the test set, as the model takes them, in a variable (`X_test`), "
        "and do not change it after the run.",
    )


def says_what_was_recorded(model: Any, features: Any, evaluation: Any) -> bool:
    """Tell whether the model says of these rows what was recorded of the scored ones."""
    import numpy as np

    def said(method: str) -> np.ndarray | None:
        if not hasattr(model, method):
            return None
        try:
            return asked(model, method, features)
        except Exception:  # noqa: BLE001 - rows that it cannot take are not its rows
            return None

    if evaluation.y_score is not None:
        recorded = np.asarray(evaluation.y_score)
        for method in ("predict_proba", "decision_function", "predict"):
            scores = said(method)
            if scores is not None and any(_close(s, recorded) for s in _columns_of(scores)):
                return True
    if evaluation.y_pred is None:
        return False
    predicted = said("predict")
    return predicted is not None and _close(predicted, np.asarray(evaluation.y_pred))


def _columns_of(scores: np.ndarray) -> Iterator[np.ndarray]:
    yield scores
    if scores.ndim == 2 and scores.shape[1] <= 50:
        yield from scores.T


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    import numpy as np

    if one.shape != other.shape:
        return False
    if one.dtype.kind in "biuf" and other.dtype.kind in "biuf":
        return bool(np.allclose(one, other, rtol=_RELATIVE, atol=1e-9, equal_nan=True))
    return bool((one.astype(str) == other.astype(str)).all())


def _candidates(model: Any, evaluation: Any, variables: Mapping[str, Any]) -> Iterator[Candidate]:
    """Return what may be the scored features: those of a part first, then of whole tables."""
    rows = len(evaluation.y_true)
    for name, value in variables.items():
        if len_of(value) == rows and not hasattr(value, "iloc"):
            yield Candidate(name, value, lambda trained: None)
    for name, value in sorted(variables.items(), key=lambda item: len_of(item[1]) != rows):
        if not hasattr(value, "iloc"):
            if len_of(value) > rows and evaluation.rows.dtype.kind in "iu":
                yield from _part_of_array(name, value, evaluation)
            continue
        places = positions(value, evaluation.rows)
        for columns in _columns(model, value):
            if places is not None:
                yield _part_of_table(name, value[columns], places)
            elif len(value) == rows:
                yield Candidate(name, value[columns], lambda trained: None)


def _part_of_table(name: str, table: pd.DataFrame, places: np.ndarray) -> Candidate:
    def rows(trained: TrainedRows) -> Any:
        if not trained.by_index:
            return table.iloc[trained.labels] if len(table) == trained.of else None
        found = positions(table, trained.labels)
        return None if found is None else table.iloc[found]

    return Candidate(name, table.iloc[places], rows)


def _part_of_array(name: str, array: Any, evaluation: Any) -> Iterator[Candidate]:
    places = evaluation.rows

    def rows(trained: TrainedRows) -> Any:
        whole = not trained.by_index and len_of(array) == trained.of
        return array[trained.labels] if whole else None

    if len(places) and places.min() >= 0 and places.max() < len_of(array):
        yield Candidate(name, array[places], rows)


def _columns(model: Any, table: pd.DataFrame) -> list[list[Any]]:
    """Return which columns of a table the model may take."""
    named = [str(c) for c in getattr(model, "feature_names_in_", ())]
    if named:
        return [named] if set(named) <= set(map(str, table.columns)) else []
    count = getattr(model, "n_features_in_", None)
    return [list(table.columns)] if count in (None, table.shape[1]) else []


def _partner(candidate: Candidate, variables: Mapping[str, Any], trained: TrainedRows) -> Any:
    """Return the features trained on, from the variable that goes with that of the scored ones.

    It has these columns and as many rows as were trained on. Where several do, its name
    tells: `X_train` goes with `X_test`.
    """
    fitting = {
        name: _like(value, candidate.features)
        for name, value in variables.items()
        if name != candidate.variable and len_of(value) == len(trained.labels)
    }
    fitting = {name: value for name, value in fitting.items() if value is not None}
    partners = {
        candidate.variable.replace(one, other) for one, other in _PAIRS if one in candidate.variable
    }
    chosen = [name for name in fitting if name in partners] or list(fitting)
    if len(chosen) != 1:
        return None
    value = fitting[chosen[0]]
    if not (trained.by_index and hasattr(value, "iloc")):
        return value
    places = positions(value, trained.labels)
    return None if places is None else value.iloc[places]


def _like(value: Any, features: Any) -> Any:
    """Return the columns of a value that the features have, or None if it is of another make."""
    if type(value) is not type(features):
        return None
    if hasattr(features, "columns"):
        known = set(features.columns) <= set(value.columns)
        return value[list(features.columns)] if known else None
    return value if value.shape[1:] == features.shape[1:] else None


def len_of(value: Any) -> int:
    """Return how many rows a table, an array or a sparse matrix has."""
    return int(value.shape[0])
