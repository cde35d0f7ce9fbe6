"""One metric that the recorded code computed, with what it was computed from."""

from __future__ import annotations

import functools
import inspect
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from notewright.experiments.callers import Caller, Unread
from notewright.experiments.evaluation import Array, Evaluation, names_of, plain_array, value_digest
from notewright.experiments.given import Given, plain_target
from notewright.experiments.matrices import is_matrix, rows_in
from notewright.experiments.scalars import scalar

_TRUE = ("y_true", "y1")
_LABELS = ("y_pred", "y2")
_SCORES = ("y_score", "y_proba", "y_prob", "pred_decision")
#: Metrics whose `y_pred` has held probabilities (older scikit-learn).
_PROBABILITIES = {"log_loss", "d2_log_loss_score", "brier_score_loss", "d2_brier_score"}
#: Arguments that make a metric another one; the value becomes part of its name.
_TELLING = ("average", "beta", "k", "multi_class", "alpha", "power", "weights", "normalize")
_SHORT = {
    "brier_score_loss": "brier",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae",
}


@dataclass(frozen=True, eq=False)
class Scored:
    """Copies of what a metric compared; the rest is worked out when the run ends.

    Parameters
    ----------
    true, labels, score : array or None
    index : pandas.Index or None
        The row labels, where the true values had any.
    pos_label : object
        As it was given; None if it was not.
    task : {"classification", "regression"}
    probability : bool
        Whether the metric takes probabilities.
    target : tuple of str
        The columns that the true values are, where they had names.
    """

    true: Array
    labels: Array | None
    score: Array | None
    index: Any
    pos_label: Any
    task: str
    probability: bool
    target: tuple[str, ...] = ()

    def evaluation(self) -> Evaluation:
        """Return the evaluation these arrays make."""
        return Evaluation.of(
            self.true,
            self.labels,
            self.score,
            rows=self.index,
            positive=_positive(self.pos_label, self.true),
            task=self.task,
            probability=self.probability or _looks_like_probability(self.score),
            target_names=self.target,
        )


@dataclass(eq=False)
class Observation:
    """One call of a metric.

    Parameters
    ----------
    metric : str
        The metric's short name: ``"roc_auc"``, ``"f1_macro"``, ``"rmse"``.
    value : float or None
        None where the result is not one number (a report, a curve).
    scored : Scored or None
        The arrays, where the metric compares predictions with the truth;
        dropped when a later call makes them superfluous.
    y_key : str
        Equal for calls with equal true values.
    y_name : str or None
        The variable that `y_true` was passed as.
    model : object or None
        The estimator whose predictions these are, where that is known.
    weighted : bool
        Whether rows had weights.
    X, index : callable or pandas.Index or None
        What the predictions were made from, where it is known: the array, or its row labels.
    target : callable or None
        What gives the true values themselves, where they are an array that is still there.
    unread : tuple of Unread
        What an earlier cell may have made the predictions in.
    """

    metric: str
    value: float | None
    scored: Scored | None
    y_key: str
    y_name: str | None
    model: Any
    weighted: bool
    X: Any = None
    index: Any = None
    target: Any = None
    unread: tuple[Unread, ...] = ()
    count: int = 0

    def predicted_of(self, X: Any) -> None:
        """Take note of what the predictions were made from."""
        rows = rows_in(X) if is_matrix(X) else Given.of(X)
        self.X = rows.X
        if rows.index is not None and len(rows.index) == self.count:
            self.index = rows.index


def observe(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    result: Any,
    caller: Caller,
) -> Observation | None:
    """Return what a call of the metric `function` says, or None if it says nothing."""
    y_name, model = caller.y_name, caller.model
    given = dict(_signature(function).bind(*args, **kwargs).arguments)
    value = _number(result)
    name = metric_name(function, given)
    true = next((given[n] for n in _TRUE if n in given), None)
    if true is None:
        # Clusterings have no rows to compare; curves of numbers are no metric.
        kind = function.__module__.rpartition(".")[2]
        useful = value is not None and kind in ("_supervised", "_unsupervised")
        return Observation(name, value, None, "", None, model, False) if useful else None
    if hasattr(true, "toarray"):
        return Observation(name, value, None, "", y_name, model, False)  # sparse indicators
    copied = plain_array(true)
    scored = _scored(function, true, copied, given)
    weighted = given.get("sample_weight") is not None
    found = Observation(name, value, scored, value_digest(copied), y_name, model, weighted)
    found.target = plain_target(true)
    found.unread, found.count = caller.unread, len(copied)
    found.predicted_of(caller.X)
    return found


def metric_name(function: Callable[..., Any], given: Mapping[str, Any]) -> str:
    """Return the short name of a metric called with the arguments `given`.

    Examples
    --------
    >>> from sklearn.metrics import f1_score, roc_auc_score
    >>> metric_name(f1_score.__wrapped__, {"average": "macro"})
    'f1_macro'
    >>> metric_name(roc_auc_score.__wrapped__, {})
    'roc_auc'
    """
    name = _SHORT.get(function.__name__, function.__name__.removesuffix("_score"))
    defaults = _signature(function).parameters
    for argument in _TELLING:
        if argument in given:
            value = given[argument]
            default = defaults[argument].default if argument in defaults else None
            if value is not None and not _same(value, default):
                words = value if isinstance(value, str) else f"{argument}_{scalar(value)}"
                name += f"_{words}"
    return name


@functools.lru_cache(maxsize=256)
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def _scored(
    function: Callable[..., Any], true: Any, copied: Array, given: Mapping[str, Any]
) -> Scored | None:
    labels = next((given[n] for n in _LABELS if n in given), None)
    score = next((given[n] for n in _SCORES if n in given), None)
    name = function.__name__
    if name in _PROBABILITIES and score is None:
        labels, score = None, labels
    kind = function.__module__.rpartition(".")[2]
    if (labels is None and score is None) or kind == "_supervised":
        return None
    if hasattr(labels, "toarray") or hasattr(score, "toarray"):
        return None
    return Scored(
        true=copied,
        labels=None if labels is None else plain_array(labels),
        score=None if score is None else plain_array(score),
        index=getattr(true, "index", None) if hasattr(true, "iloc") else None,
        pos_label=scalar(given.get("pos_label")),
        task="regression" if kind == "_regression" else "classification",
        probability=name in _PROBABILITIES or any(n in given for n in ("y_proba", "y_prob")),
        target=names_of(true),
    )


def _positive(label: Any, true: Array) -> Any:
    if label is None or true.ndim != 1:
        return None
    found = np.unique(true).tolist()
    return next((item for item in found if item == label), None) if len(found) <= 2 else None


def _looks_like_probability(score: Array | None) -> bool:
    if score is None or score.dtype.kind != "f" or score.size == 0:
        return False
    return bool(score.min() >= 0 and score.max() <= 1)


def _number(result: Any) -> float | None:
    if isinstance(result, bool) or np.ndim(result) != 0:
        return None
    if isinstance(result, numbers.Real | np.floating | np.integer):
        return float(result)
    return None
