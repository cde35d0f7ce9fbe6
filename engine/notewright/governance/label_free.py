"""How good a model is likely to be on rows whose labels are not known yet.

What the model says of labelled rows tells how often its probabilities come
true; what it says of new rows then tells how many of them it is likely to get
right. That holds as long as only the mix of rows changes, and not what follows
from them (covariate shift): a world in which the same applicants begin to
default more often cannot be seen without labels.

Probabilities are calibrated by a logistic function of their logit (Platt 1999,
"Probabilistic outputs for support vector machines", with its smoothed targets).
The interval is of what the labels will show, once they come: labelled rows are
drawn again, the function is fitted to them, and labels of the new rows are drawn
from what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.experiments.measures import positive_probabilities

if TYPE_CHECKING:
    import numpy as np

    from notewright.experiments.evaluation import Evaluation

_DRAWS = 200
_SEED = 0
#: Of either kind: a function of two parameters is not fitted to fewer labelled rows.
_FEWEST = 20
#: Labelled rows that the function is fitted to; more make the interval hardly narrower.
_MOST = 5_000
#: So many labels are drawn at a time.
_AT_ONCE = 2_000_000
_STEPS = 25
#: Probabilities of exactly 0 and 1 have no logit.
_NEAREST = 1e-6
_LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """One metric on rows without labels.

    Parameters
    ----------
    metric : str
        ``"accuracy"`` or ``"roc_auc"``.
    value : float
        What it is likely to be; `interval` holds it with 95 % probability.
    interval : (float, float)
    before : float
        What it was on the labelled rows.
    rows : int
        How many rows there are without labels.
    """

    metric: str
    value: float
    interval: tuple[float, float]
    before: float
    rows: int

    @property
    def has_moved(self) -> bool:
        """Whether what it was before is outside the interval."""
        return not self.interval[0] <= self.before <= self.interval[1]

    @property
    def sentence(self) -> str:
        """The same in words."""
        title = {"accuracy": "Accuracy", "roc_auc": "AUC"}[self.metric]
        return (
            f"{title} on these {self.rows} rows is likely to be {self.value:.3f} (95 % interval "
            f"{self.interval[0]:.3f} to {self.interval[1]:.3f}); it was {self.before:.3f} on the "
            "test rows."
        )


def estimates(labelled: Evaluation, scores: Any) -> tuple[Estimate, ...]:
    """Return how good the model is likely to be on rows without labels.

    Parameters
    ----------
    labelled : Evaluation
        What the model said of rows with labels that it was not trained on.
    scores : array of float, shape (n,)
        Its probabilities of the same class for the new rows; NaN where there is none.

    Returns
    -------
    tuple of Estimate
        Of accuracy (the likelier class is said) and AUC; empty unless there are two classes with
        probabilities, 20 labelled rows of each, and new rows.

    Examples
    --------
    A model says 90 %, and four of five times it came true:

    >>> import numpy as np
    >>> from notewright.experiments.evaluation import Evaluation
    >>> p = np.tile([0.1, 0.9], 500)
    >>> y = np.tile([0] * 9 + [1], 100) ^ (p > 0.5)
    >>> known = Evaluation.of(y, y_score=p, positive=1, probability=True)
    >>> sure = estimates(known, np.full(1000, 0.9))[0]
    >>> round(sure.value, 1), sure.rows
    (0.8, 1000)
    """
    import numpy as np

    given = positive_probabilities(labelled)
    new = np.asarray(scores, dtype=float)
    new = new[np.isfinite(new)]
    if given is None or not len(new):
        return ()
    positive, said = given
    if min(positive.sum(), (~positive).sum()) < _FEWEST:
        return ()
    rng = np.random.Generator(np.random.PCG64(_SEED))
    chosen = rng.permutation(len(said))[:_MOST]
    # Row 0 is what was seen; the others are drawn from it.
    weights = np.ones((_DRAWS + 1, len(chosen)))
    shares = np.full(len(chosen), 1 / len(chosen))
    weights[1:] = rng.multinomial(len(chosen), shares, size=_DRAWS)
    slopes, offsets = _calibrated(_logit(said[chosen]), positive[chosen], weights)
    new, order = np.sort(new), np.argsort(said, kind="stable")
    likely = _sigmoid(slopes[:1, None] * _logit(new) + offsets[:1, None])
    drawn = _drawn(new, slopes[1:], offsets[1:], rng)
    found = []
    for name, of in _METRICS.items():
        tail = (1 - _LEVEL) / 2
        low, high = np.nanquantile(drawn[name], [tail, 1 - tail]).tolist()
        before = of(said[order], positive[None, order].astype(float))[0]
        found.append(
            Estimate(name, float(of(new, likely)[0]), (low, high), float(before), len(new))
        )
    return tuple(found)


def _drawn(
    new: np.ndarray, slopes: np.ndarray, offsets: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return each metric of labels that are drawn once from each calibration."""
    import numpy as np

    logits, values = _logit(new), {name: np.empty(len(slopes)) for name in _METRICS}
    step = max(1, _AT_ONCE // len(new))
    for start in range(0, len(slopes), step):
        part = slice(start, start + step)
        likely = _sigmoid(slopes[part, None] * logits + offsets[part, None])
        labels = (rng.random(likely.shape) < likely).astype(float)
        for name, of in _METRICS.items():
            values[name][part] = of(new, labels)
    return values


def _accuracy(said: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Return the share that is right, for each row of how positive each one is."""
    import numpy as np

    right: np.ndarray = np.where(said > 0.5, positive, 1 - positive).mean(axis=1)
    return right


def _auc(said: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve, of rows in ascending order that are partly positive."""
    import numpy as np

    starts = np.flatnonzero(np.diff(said, prepend=said[0] - 1))
    up = np.add.reduceat(positive, starts, axis=1)
    down = np.add.reduceat(1 - positive, starts, axis=1)
    below = np.cumsum(down, axis=1) - down
    pairs = up.sum(axis=1) * down.sum(axis=1)
    with np.errstate(invalid="ignore"):  # no pairs, no area
        area: np.ndarray = (up * (below + down / 2)).sum(axis=1) / pairs
    return area


_METRICS = {"accuracy": _accuracy, "roc_auc": _auc}


def _calibrated(
    logits: np.ndarray, positive: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit slope and offset of the log-odds by Newton's method, for each row of weights."""
    import numpy as np

    up = weights @ positive
    down = weights @ ~positive
    high, low = (up + 1) / (up + 2), 1 / (down + 2)
    target = np.where(positive, high[:, None], low[:, None])
    slopes, offsets = np.ones(len(weights)), np.zeros(len(weights))
    for _ in range(_STEPS):
        p = _sigmoid(slopes[:, None] * logits + offsets[:, None])
        gap = weights * (target - p)
        curve = weights * p * (1 - p) + 1e-12
        a, b, c = curve @ logits**2, curve @ logits, curve.sum(axis=1)
        g, h = gap @ logits, gap.sum(axis=1)
        det = np.maximum(a * c - b * b, 1e-12)
        # Probabilities that are all the same leave the slope open: it stays.
        move = np.where(det > 1e-9, (c * g - b * h) / det, 0.0).clip(-1, 1)
        shift = np.where(det > 1e-9, (a * h - b * g) / det, h / c).clip(-2, 2)
        slopes, offsets = slopes + move, offsets + shift
        if max(np.abs(move).max(), np.abs(shift).max()) < 1e-8:
            break
    return slopes, offsets


def _logit(probability: np.ndarray) -> np.ndarray:
    import numpy as np

    p = np.clip(probability, _NEAREST, 1 - _NEAREST)
    logits: np.ndarray = np.log(p / (1 - p))
    return logits


def _sigmoid(value: np.ndarray) -> np.ndarray:
    import numpy as np

    said: np.ndarray = 1 / (1 + np.exp(-np.clip(value, -500, 500)))
    return said
