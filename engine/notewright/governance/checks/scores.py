"""Scores of a model on a test set, each with a 95 % interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from notewright.governance.checks import intervals
from notewright.governance.checks.base import CannotRun

if TYPE_CHECKING:
    import numpy as np

Scored = tuple[float, intervals.Interval]


def accuracy(evaluation: Any) -> Scored:
    """Return the share of right labels, with Wilson's interval; of several all must be right."""
    true, predicted = (array.tolist() for array in _label_arrays(evaluation))
    return _share([t == p for t, p in zip(true, predicted, strict=True)])


def balanced_accuracy(evaluation: Any) -> Scored:
    """Return the mean recall over the classes, with a MOVER interval of Wilson limits."""
    true, predicted = _labels(evaluation)
    parts = []
    for label in sorted(set(true)):
        hits = [p == label for t, p in zip(true, predicted, strict=True) if t == label]
        parts.append(_share(hits))
    return sum(value for value, _ in parts) / len(parts), intervals.mean_of(parts)


def recall(evaluation: Any) -> Scored:
    """Return the share of positives that are found, with Wilson's interval."""
    true, predicted = _labels(evaluation)
    positive = _positive(evaluation)
    return _share([p == positive for t, p in zip(true, predicted, strict=True) if t == positive])


def precision(evaluation: Any) -> Scored:
    """Return the share of predicted positives that are right, with Wilson's interval."""
    true, predicted = _labels(evaluation)
    positive = _positive(evaluation)
    return _share([t == positive for t, p in zip(true, predicted, strict=True) if p == positive])


def roc_auc(evaluation: Any) -> Scored:
    """Return the area under the ROC curve, with DeLong's variance on the logit scale."""
    import numpy as np

    if evaluation.y_score is None:
        raise CannotRun(
            "The run recorded no scores, only labels.",
            "Call `roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])` in the run.",
        )
    true = np.asarray(evaluation.y_true).tolist()
    positive = _positive(evaluation)
    scores = np.asarray(evaluation.y_score, dtype=float)
    if scores.ndim == 2 and scores.shape[1] == 2:
        scores = scores[:, 1]
    if scores.ndim != 1:
        raise CannotRun(
            "The area under the ROC curve is for two classes.", "Choose another metric."
        )
    member = np.asarray([label == positive for label in true])
    return delong(scores[member], scores[~member])


def delong(positives: np.ndarray, negatives: np.ndarray, alpha: float = 0.05) -> Scored:
    """Return the AUC and its interval (DeLong 1988, by midranks as Sun and Xu 2014).

    Parameters
    ----------
    positives, negatives : ndarray of float
        Scores of the positive and of the negative rows.
    """
    import numpy as np
    from scipy.stats import rankdata

    m, n = len(positives), len(negatives)
    if m < 2 or n < 2:
        raise CannotRun(
            "The test set has fewer than two rows of one class.", "Use a larger test set."
        )
    ranks = rankdata(np.concatenate([positives, negatives]))
    over = (ranks[:m] - rankdata(positives)) / n
    under = 1 - (ranks[m:] - rankdata(negatives)) / m
    auc = float(over.mean())
    error = math.sqrt(over.var(ddof=1) / m + under.var(ddof=1) / n)
    if auc in (0.0, 1.0) or error == 0:  # the logit is not finite: treat as one proportion
        return auc, intervals.wilson(round(auc * min(m, n)), min(m, n), alpha)
    z = intervals.normal_quantile(alpha)
    centre, half = math.log(auc / (1 - auc)), z * error / (auc * (1 - auc))
    return auc, (_expit(centre - half), _expit(centre + half))


def mean_absolute_error(evaluation: Any) -> Scored:
    """Return the mean absolute error, with Student's interval of the mean.

    Of several numbers a row, their mean counts.
    """
    import numpy as np

    residuals = np.abs(_residuals(evaluation))
    return _mean(residuals.reshape(len(residuals), -1).mean(axis=1))


def root_mean_squared_error(evaluation: Any) -> Scored:
    """Return the root mean squared error, with Student's interval of the mean square."""
    residuals = _residuals(evaluation)
    if residuals.ndim != 1:
        raise CannotRun(
            "This metric is for one number a row.",
            "Choose mean_absolute_error under `performance: floor:`.",
        )
    value, (low, high) = _mean(residuals**2)
    return math.sqrt(value), (math.sqrt(max(0.0, low)), math.sqrt(high))


def explained(evaluation: Any) -> Scored:
    """Return the share of the variance that is explained, and its interval.

    The interval is that of the mean saving of a row, `(y - mean)² - (y - predicted)²`, over
    the variance (Student; the variance and the mean taken as known). Of several numbers a
    row, all are taken together.
    """
    import numpy as np

    true = np.asarray(evaluation.y_true, dtype=float)
    true = true.reshape(len(true), -1)
    residuals = _residuals(evaluation).reshape(len(true), -1)
    squares = ((true - true.mean(axis=0)) ** 2).sum(axis=1)
    variance = float(squares.mean())
    if variance == 0:
        raise CannotRun("All true values are the same.", "Use a test set of different rows.")
    value, (low, high) = _mean(squares - (residuals**2).sum(axis=1))
    return value / variance, (low / variance, high / variance)


_ONE_LABEL = "This metric is for one label a row."
#: name: (function, whether larger is better)
SCORES: dict[str, tuple[Callable[[Any], Scored], bool]] = {
    "accuracy": (accuracy, True),
    "balanced_accuracy": (balanced_accuracy, True),
    "precision": (precision, True),
    "recall": (recall, True),
    "roc_auc": (roc_auc, True),
    "mean_absolute_error": (mean_absolute_error, False),
    "root_mean_squared_error": (root_mean_squared_error, False),
}


def _labels(evaluation: Any) -> tuple[list[Any], list[Any]]:
    true, predicted = _label_arrays(evaluation)
    if true.ndim != 1 or predicted.ndim != 1:
        raise CannotRun(_ONE_LABEL, "Choose another under `performance: floor:`.")
    return true.tolist(), predicted.tolist()


def _label_arrays(evaluation: Any) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    true = np.asarray(evaluation.y_true)
    if evaluation.y_pred is None:
        raise CannotRun(
            "The run recorded scores, but no predicted labels.",
            "Call a metric of labels, such as `accuracy_score`, inside the `%%nw run` cell.",
        )
    return true, np.asarray(evaluation.y_pred)


def _positive(evaluation: Any) -> Any:
    import numpy as np

    true = np.asarray(evaluation.y_true)
    if true.ndim != 1:
        raise CannotRun(_ONE_LABEL, "Choose another under `performance: floor:`.")
    labels = sorted(set(true.tolist()), key=str)
    for label in labels:
        if evaluation.positive is not None and str(label) == str(evaluation.positive):
            return label
    raise CannotRun(
        f"The run does not say which of the labels {', '.join(map(str, labels))} is the positive "
        "one.",
        "Choose a metric that needs none, such as balanced_accuracy.",
    )


def _share(hits: list[bool]) -> Scored:
    if not hits:
        raise CannotRun("There is no test row to count.", "Use a larger test set.")
    return sum(hits) / len(hits), intervals.wilson(sum(hits), len(hits))


def _residuals(evaluation: Any) -> np.ndarray:
    import numpy as np

    try:
        true = np.asarray(evaluation.y_true, dtype=float)
        predicted = np.asarray(evaluation.y_pred, dtype=float)
    except (TypeError, ValueError) as error:
        raise CannotRun(
            "The labels are no numbers.", "Choose a metric for classes, such as balanced_accuracy."
        ) from error
    residuals: np.ndarray = true - predicted
    return residuals


def _mean(values: np.ndarray) -> Scored:
    from scipy.stats import t

    n = len(values)
    if n < 2:
        raise CannotRun("There are fewer than two test rows.", "Use a larger test set.")
    centre = float(values.mean())
    half = float(t.ppf(0.975, n - 1) * values.std(ddof=1) / math.sqrt(n))
    return centre, (centre - half, centre + half)


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x))
