"""Metrics that a comparison can give an interval: each a function of sums over rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notewright.experiments.evaluation import Array, Evaluation

Floats = NDArray[np.float64]
_EPSILON = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Measure:
    """One metric.

    Parameters
    ----------
    name : str
        As runs record it: ``"f1_macro"``.
    title : str
        As sentences say it: ``"macro F1"``.
    higher_is_better : bool
    contributions : callable
        From an evaluation to an array of shape (rows, k), or None where the
        evaluation does not have what the metric needs.
    value : callable
        From sums of shape (..., k) to values of shape (...).
    """

    name: str
    title: str
    higher_is_better: bool
    contributions: Callable[[Evaluation], Floats | None]
    value: Callable[[Floats], Floats]


def measure(name: str) -> Measure | None:
    """Return the measure that runs record as `name`, or None if it is none of sums."""
    return _MEASURES.get(name)


def mean_measure(name: str, title: str, losses: Callable[[Evaluation], Floats | None]) -> Measure:
    """Return the measure that is the mean of a loss over rows; lower is better.

    Parameters
    ----------
    losses : callable
        From an evaluation to an array of shape (rows,), or None.
    """

    def contributions(evaluation: Evaluation) -> Floats | None:
        found = losses(evaluation)
        return None if found is None else _with_count(found)

    return Measure(name, title, False, contributions, _mean)


def positive_probabilities(
    evaluation: Evaluation,
) -> tuple[NDArray[np.bool_], Floats] | None:
    """Return which rows are positive and their probabilities of it, where there are any."""
    scored = auc_scores(evaluation) if evaluation.probability else None
    if scored is None or not np.all((scored[1] >= 0) & (scored[1] <= 1)):
        return None
    return scored


def auc_scores(evaluation: Evaluation) -> tuple[NDArray[np.bool_], Floats] | None:
    """Return which rows are positive and their scores, where an AUC is defined."""
    scores = evaluation.y_score
    if evaluation.positive is None or evaluation.y_true.ndim != 1 or scores is None:
        return None
    if scores.ndim == 2:
        if scores.shape[1] != 2:
            return None
        scores = scores[:, 1]
    positive = np.asarray(evaluation.y_true == evaluation.positive)
    if not 0 < positive.sum() < len(positive):
        return None
    return positive, scores.astype(np.float64)


def right(evaluation: Evaluation) -> NDArray[np.bool_] | None:
    """Return which rows were labelled right, where there are labels."""
    pred = evaluation.y_pred
    if evaluation.task != "classification" or pred is None or pred.shape != evaluation.y_true.shape:
        return None
    same = np.asarray(pred == evaluation.y_true)
    return np.asarray(same.all(axis=1) if same.ndim == 2 else same, dtype=np.bool_)


# -- labels: sums are the cells of the confusion matrix ---------------------------------


def _confusion(evaluation: Evaluation) -> Floats | None:
    true, pred = evaluation.y_true, evaluation.y_pred
    if evaluation.task != "classification" or pred is None or true.ndim != 1 or pred.ndim != 1:
        return None
    labels = _classes(true, pred)
    if len(labels) > 12:
        return None
    cells = np.searchsorted(labels, true) * len(labels) + np.searchsorted(labels, pred)
    return np.asarray(np.eye(len(labels) ** 2)[cells])


def _binary_confusion(evaluation: Evaluation) -> Floats | None:
    """Return the confusion matrix with the positive label last, for two classes."""
    pred = evaluation.y_pred
    if evaluation.positive is None or pred is None or evaluation.task != "classification":
        return None
    if evaluation.y_true.ndim != 1 or pred.ndim != 1:
        return None
    true = np.asarray(evaluation.y_true == evaluation.positive).astype(np.int64)
    return np.asarray(np.eye(4)[2 * true + np.asarray(pred == evaluation.positive)])


def _classes(true: Array, pred: Array) -> Array:
    return np.unique(np.concatenate([np.unique(true), np.unique(pred)]))


def _square(sums: Floats) -> Floats:
    side = round(np.sqrt(sums.shape[-1]))
    return sums.reshape(*sums.shape[:-1], side, side)


def _ratio(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / np.where(below > 0, below, 1), 0.0)


def _recalls(cells: Floats) -> Floats:
    return _ratio(np.diagonal(cells, axis1=-2, axis2=-1), cells.sum(axis=-1))


def _precisions(cells: Floats) -> Floats:
    return _ratio(np.diagonal(cells, axis1=-2, axis2=-1), cells.sum(axis=-2))


def _f1s(cells: Floats) -> Floats:
    hits = np.diagonal(cells, axis1=-2, axis2=-1)
    return _ratio(2 * hits, cells.sum(axis=-1) + cells.sum(axis=-2))


def _accuracy(sums: Floats) -> Floats:
    cells = _square(sums)
    return _ratio(np.trace(cells, axis1=-2, axis2=-1), cells.sum(axis=(-2, -1)))


def _balanced_accuracy(sums: Floats) -> Floats:
    cells = _square(sums)
    there = cells.sum(axis=-1) > 0
    return _ratio((_recalls(cells) * there).sum(axis=-1), there.sum(axis=-1).astype(np.float64))


def _macro(part: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    def value(sums: Floats) -> Floats:
        cells = _square(sums)
        # A class that neither occurs nor is predicted does not count.
        there = (cells.sum(axis=-1) + cells.sum(axis=-2)) > 0
        return _ratio((part(cells) * there).sum(axis=-1), there.sum(axis=-1).astype(np.float64))

    return value


def _weighted(part: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    def value(sums: Floats) -> Floats:
        cells = _square(sums)
        support = cells.sum(axis=-1)
        return _ratio((part(cells) * support).sum(axis=-1), support.sum(axis=-1))

    return value


def _of_positive(part: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    return lambda sums: part(_square(sums))[..., -1]


def _mcc(sums: Floats) -> Floats:
    cells = _square(sums)
    total = cells.sum(axis=(-2, -1))
    true, pred = cells.sum(axis=-1), cells.sum(axis=-2)
    hits = np.trace(cells, axis1=-2, axis2=-1)
    joint = hits * total - (true * pred).sum(axis=-1)
    spread = np.sqrt((total**2 - (pred**2).sum(axis=-1)) * (total**2 - (true**2).sum(axis=-1)))
    return _ratio(joint, spread)


# -- probabilities and values: sums of losses -----------------------------------------------


def _probabilities(evaluation: Evaluation) -> Floats | None:
    """Return each row's probability of its true class."""
    score = evaluation.y_score
    if score is None or not evaluation.probability or evaluation.y_true.ndim != 1:
        return None
    if score.ndim == 1:
        if evaluation.positive is None:
            return None
        return np.where(evaluation.y_true == evaluation.positive, score, 1 - score)
    labels = np.unique(evaluation.y_true)
    if len(labels) != score.shape[1]:
        return None
    rows = np.arange(len(score))
    return np.asarray(score[rows, np.searchsorted(labels, evaluation.y_true)], dtype=np.float64)


def losses_of_probabilities(evaluation: Evaluation) -> Floats | None:
    """Return each row's Brier loss, where there are probabilities of two classes."""
    if evaluation.positive is None:
        return None
    likelihood = _probabilities(evaluation)
    return None if likelihood is None else (1 - likelihood) ** 2


def _log_losses(evaluation: Evaluation) -> Floats | None:
    likelihood = _probabilities(evaluation)
    if likelihood is None:
        return None
    return _with_count(-np.log(np.clip(likelihood, _EPSILON, 1 - _EPSILON)))


def _brier_losses(evaluation: Evaluation) -> Floats | None:
    losses = losses_of_probabilities(evaluation)
    return None if losses is None else _with_count(losses)


def _errors(evaluation: Evaluation) -> Floats | None:
    """Return the error of each row, a column for each output."""
    pred = evaluation.y_pred
    if evaluation.task != "regression" or pred is None or pred.shape != evaluation.y_true.shape:
        return None
    if pred.dtype.kind not in "biuf" or evaluation.y_true.dtype.kind not in "biuf":
        return None
    true, said = (np.asarray(a, dtype=np.float64) for a in (evaluation.y_true, pred))
    return np.asarray((true - said).reshape(len(true), -1))


def _squares(evaluation: Evaluation) -> Floats | None:
    errors = _errors(evaluation)
    return None if errors is None else _with_count(errors**2)


def _absolutes(evaluation: Evaluation) -> Floats | None:
    errors = _errors(evaluation)
    return None if errors is None else _with_count(np.abs(errors))


def _explained(evaluation: Evaluation) -> Floats | None:
    errors = _errors(evaluation)
    if errors is None:
        return None
    # Centred first: sums of squares of large values lose their last digits.
    true = np.asarray(evaluation.y_true, dtype=np.float64).reshape(errors.shape)
    centred = true - true.mean(axis=0)
    return np.concatenate([np.ones((len(errors), 1)), errors**2, centred, centred**2], axis=1)


def _with_count(losses: Floats) -> Floats:
    return np.concatenate([np.ones((len(losses), 1)), losses.reshape(len(losses), -1)], axis=1)


# Of several outputs, scikit-learn gives the mean over them, each by itself.


def _mean(sums: Floats) -> Floats:
    return np.asarray((sums[..., 1:] / sums[..., :1]).mean(axis=-1))


def _root_mean(sums: Floats) -> Floats:
    return np.asarray(np.sqrt(sums[..., 1:] / sums[..., :1]).mean(axis=-1))


def _r2(sums: Floats) -> Floats:
    squares, centred, spread = np.split(sums[..., 1:], 3, axis=-1)
    total = spread - centred**2 / sums[..., :1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((1 - squares / total).mean(axis=-1))


_MEASURES = {
    each.name: each
    for each in (
        Measure("accuracy", "accuracy", True, _confusion, _accuracy),
        Measure("balanced_accuracy", "balanced accuracy", True, _confusion, _balanced_accuracy),
        Measure("f1", "F1", True, _binary_confusion, _of_positive(_f1s)),
        Measure("precision", "precision", True, _binary_confusion, _of_positive(_precisions)),
        Measure("recall", "recall", True, _binary_confusion, _of_positive(_recalls)),
        Measure("f1_macro", "macro F1", True, _confusion, _macro(_f1s)),
        Measure("precision_macro", "macro precision", True, _confusion, _macro(_precisions)),
        Measure("recall_macro", "macro recall", True, _confusion, _macro(_recalls)),
        Measure("f1_weighted", "weighted F1", True, _confusion, _weighted(_f1s)),
        Measure(
            "precision_weighted", "weighted precision", True, _confusion, _weighted(_precisions)
        ),
        Measure("recall_weighted", "weighted recall", True, _confusion, _weighted(_recalls)),
        Measure("f1_micro", "micro F1", True, _confusion, _accuracy),
        Measure("matthews_corrcoef", "Matthews correlation", True, _confusion, _mcc),
        Measure("log_loss", "log loss", False, _log_losses, _mean),
        Measure("brier", "Brier score", False, _brier_losses, _mean),
        Measure("mse", "mean squared error", False, _squares, _mean),
        Measure("rmse", "root mean squared error", False, _squares, _root_mean),
        Measure("mae", "mean absolute error", False, _absolutes, _mean),
        Measure("r2", "R²", True, _explained, _r2),
    )
}
