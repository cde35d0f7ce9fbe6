"""Learning curves that iterative models keep of their own fitting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from notewright.experiments.ledger import Step

#: Where scikit-learn's iterative models keep a value for each iteration, and what it is.
_SERIES = {
    "loss_curve_": "loss",
    "validation_scores_": "validation_score",
    "train_score_": "train_score",
    "validation_score_": "validation_score",
}
#: Models whose number of iterations says something even where they keep no curve.
_IN_ROUNDS = ("SGD", "MLP", "Perceptron", "PassiveAggressive", "HistGradientBoosting")
#: Longer curves are thinned to this many points; the last one always stays.
_LONGEST = 10_000


def curves(model: Any) -> list[Step]:
    """Return every curve of a fitted model as (metric, iteration, value); none if it has none.

    `train_score_` of `GradientBoosting…` is the training loss (scikit-learn's
    own documentation of the attribute), so it is called ``train_loss``; that of
    `HistGradientBoosting…` is a score and stays one.

    Parameters
    ----------
    model : estimator
        A pipeline's last step and a search's best estimator count as the model.

    Examples
    --------
    >>> from sklearn.ensemble import GradientBoostingRegressor
    >>> model = GradientBoostingRegressor(n_estimators=3, init="zero").fit([[0], [1]], [0, 1])
    >>> [(name, step) for name, step, _ in curves(model)]
    [('train_loss', 0), ('train_loss', 1), ('train_loss', 2)]
    """
    core = _core(model)
    steps: list[Step] = []
    for name, values in _series(core):
        places = range(len(values))
        if len(values) > _LONGEST:
            places = [int(p) for p in np.linspace(0, len(values) - 1, _LONGEST)]  # type: ignore[assignment]
        steps += [(name, at, float(values[at])) for at in places]
    return steps


def iterations(model: Any) -> int | None:
    """Return how many epochs or rounds a fit took, of models that learn in such."""
    core = _core(model)
    if not type(core).__name__.startswith(_IN_ROUNDS):
        return None
    count = getattr(core, "__dict__", {}).get("n_iter_")
    if isinstance(count, np.ndarray) and count.size == 1:
        count = count.item()
    return int(count) if isinstance(count, int | np.integer) else None


def _core(model: Any) -> Any:
    """Return the estimator inside pipelines and searches that did the learning."""
    for _ in range(5):
        own = getattr(model, "__dict__", {})
        if "best_estimator_" in own:
            model = own["best_estimator_"]
        elif isinstance(own.get("steps"), list) and own["steps"]:
            model = own["steps"][-1][1]
        else:
            break
    return model


def _series(model: Any) -> Iterator[tuple[str, list[float]]]:
    own = getattr(model, "__dict__", {})
    for attribute, name in _SERIES.items():
        values = own.get(attribute)
        if isinstance(values, list | np.ndarray) and len(values) and np.ndim(values) == 1:
            is_loss = attribute == "train_score_" and not _is_histogram(model)
            yield ("train_loss" if is_loss else name), [float(value) for value in values]
    yield from _evaluations(own)


def _is_histogram(model: Any) -> bool:
    return type(model).__name__.startswith("HistGradientBoosting")


def _evaluations(own: Mapping[str, Any]) -> Iterator[tuple[str, list[float]]]:
    """Yield what xgboost (`evals_result_`) and lightgbm (`_evals_result`) kept of each set."""
    found = own.get("evals_result_") or own.get("_evals_result")
    if not isinstance(found, Mapping):
        return
    for rows, metrics in found.items():
        if isinstance(metrics, Mapping):
            for metric, values in metrics.items():
                yield f"{rows}_{metric}", [float(value) for value in values]
