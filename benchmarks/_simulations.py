"""Pairs of models whose true difference is known, and how often the tests and intervals err.

Scores are exchangeable by construction where the difference is zero: each
model adds noise of its own, drawn alike, to a signal that both share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from notewright.experiments.evaluation import Evaluation
from notewright.experiments.levels import levels
from notewright.experiments.measures import measure
from notewright.experiments.segments import search
from notewright.experiments.statistics.bootstrap import Resampler, difference_p, spread
from notewright.experiments.statistics.delong import area_difference, delong, difference_test
from notewright.experiments.statistics.holm import holm
from notewright.experiments.statistics.mcnemar import mcnemar, paired_interval
from notewright.experiments.statistics.normal import Z
from notewright.experiments.statistics.resampled_t import resampled_t

CLASSIFICATION = ("roc_auc", "accuracy", "f1", "log_loss", "brier")
REGRESSION = ("mse", "rmse", "mae", "r2")


@dataclass(frozen=True)
class Rates:
    """How often a method erred over many repetitions.

    Parameters
    ----------
    method : str
    setting : str
        Rows, share of positives and true difference, in words.
    repetitions : int
    claimed : float or None
        Share of p < 0.05: false positives where the difference is zero, else
        None, as power is not what is checked.
    covered : float or None
        Share of 95 % intervals that hold the true difference.
    """

    method: str
    setting: str
    repetitions: int
    claimed: float | None
    covered: float | None


@dataclass(frozen=True)
class Classifiers:
    """Two classifiers on rows of two classes.

    Scores are normal with unit variance; `strong` is how far positives lie
    above negatives, for each model, and half of the variance is shared.
    """

    rows: int
    prevalence: float
    strong: tuple[float, float]
    threshold: float = 0.5

    @property
    def setting(self) -> str:
        """The design in words."""
        gap = "no difference" if self.strong[0] == self.strong[1] else "a difference"
        return f"{self.rows} rows, {self.prevalence:.0%} positive, {gap}"

    def draw(self, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return which rows are positive, and both models' scores."""
        positive = generator.random(self.rows) < self.prevalence
        # Without both classes there is nothing to compare; the chance is negligible here.
        shared = generator.normal(size=self.rows)
        own = generator.normal(size=(2, self.rows))
        return positive, np.sqrt(0.5) * (shared + own) + np.outer(self.strong, positive)

    def truth(self) -> dict[str, float]:
        """Return the true difference of each metric, second less first."""
        first, second = (self._values(strong) for strong in self.strong)
        return {name: second[name] - first[name] for name in CLASSIFICATION}

    def _values(self, strong: float) -> dict[str, float]:
        from scipy.stats import norm

        share = self.prevalence
        hit, alarm = norm.sf(self.threshold - strong), norm.sf(self.threshold)
        tp, fp, fn = share * hit, (1 - share) * alarm, share * (1 - hit)
        nodes, weights = np.polynomial.hermite_e.hermegauss(120)
        weights = weights / weights.sum()
        p1, p0 = expit(nodes + strong), expit(nodes)
        return {
            "roc_auc": norm.cdf(strong / np.sqrt(2)),
            "accuracy": tp + (1 - share) - fp,
            "f1": 2 * tp / (2 * tp + fp + fn),
            "log_loss": -share * weights @ np.log(p1) - (1 - share) * weights @ np.log1p(-p0),
            "brier": share * weights @ (1 - p1) ** 2 + (1 - share) * weights @ p0**2,
        }


@dataclass(frozen=True)
class Regressors:
    """Two regressors; `noise` is the standard deviation each adds to the error they share."""

    rows: int
    noise: tuple[float, float]

    @property
    def setting(self) -> str:
        """The design in words."""
        gap = "no difference" if self.noise[0] == self.noise[1] else "a difference"
        return f"{self.rows} rows, {gap}"

    def draw(self, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the true values and both models' predictions."""
        signal, rest = generator.normal(size=(2, self.rows))
        own = generator.normal(size=(2, self.rows)) * np.array(self.noise)[:, None]
        return signal + rest, signal + own

    def truth(self) -> dict[str, float]:
        """Return the true difference of each metric, second less first."""
        a, b = (1 + noise**2 for noise in self.noise)
        return {
            "mse": b - a,
            "rmse": np.sqrt(b) - np.sqrt(a),
            "mae": (np.sqrt(b) - np.sqrt(a)) * np.sqrt(2 / np.pi),
            "r2": (a - b) / 2,
        }


def expit(values: np.ndarray) -> np.ndarray:
    """Return probabilities of log odds."""
    return 1 / (1 + np.exp(-values))


def classification(
    design: Classifiers, repetitions: int, generator: np.random.Generator
) -> list[Rates]:
    """Return rates of every classification metric, and of Holm's correction over all."""
    found = {name: np.empty((repetitions, 3)) for name in CLASSIFICATION}
    for begin, drawn in _chunks(design.draw, repetitions, generator):
        for n, (positive, scores) in enumerate(drawn):
            areas, covariance = delong(positive, scores)
            change = areas[1] - areas[0]
            error = area_difference(covariance, 0, 1)
            ends = (change - Z * error, change + Z * error)
            found["roc_auc"][begin + n] = (difference_test(change, error), *ends)
            right = (scores > design.threshold) == positive
            only = int(np.sum(right[0] & ~right[1])), int(np.sum(right[1] & ~right[0]))
            ends = paired_interval(*only, design.rows)[:2]
            found["accuracy"][begin + n] = (mcnemar(*only).p_value, *ends)
        evaluations = [
            [
                Evaluation(
                    np.arange(design.rows), positive.astype(int), (row > design.threshold) * 1,
                    expit(row), 1, "classification", True,
                )
                for row in scores
            ]
            for positive, scores in drawn
        ]  # fmt: skip
        for name in CLASSIFICATION[2:]:
            found[name][begin : begin + len(drawn)] = _bootstrapped(name, evaluations)
    rates = _rates(found, design.truth(), design.setting, repetitions)
    p_values = np.stack([found[name][:, 0] for name in CLASSIFICATION], axis=1)
    if design.strong[0] == design.strong[1]:
        claimed = float(np.mean([min(holm(row)) < 0.05 for row in p_values.tolist()]))
        rates.append(Rates("Holm over 5 metrics", design.setting, repetitions, claimed, None))
    return rates


def regression(design: Regressors, repetitions: int, generator: np.random.Generator) -> list[Rates]:
    """Return rates of every regression metric."""
    found = {name: np.empty((repetitions, 3)) for name in REGRESSION}
    for begin, drawn in _chunks(design.draw, repetitions, generator):
        rows = np.arange(design.rows)
        evaluations = [
            [Evaluation(rows, true, said, task="regression") for said in both]
            for true, both in drawn
        ]
        for name in REGRESSION:
            found[name][begin : begin + len(drawn)] = _bootstrapped(name, evaluations)
    return _rates(found, design.truth(), design.setting, repetitions)


def disagreements(
    rows: int, only: tuple[float, float], repetitions: int, generator: np.random.Generator
) -> list[Rates]:
    """Return rates of McNemar's test and the interval of paired accuracies, by counts alone."""
    drawn = generator.multinomial(rows, [*only, 1 - sum(only)], size=repetitions)
    pairs, which = np.unique(drawn[:, :2], axis=0, return_inverse=True)
    p_values = np.array([mcnemar(a, b).p_value for a, b in pairs.tolist()])[which.ravel()]
    ends = np.array([paired_interval(a, b, rows)[:2] for a, b in pairs.tolist()])[which.ravel()]
    gap = "no difference" if only[0] == only[1] else "a difference"
    setting = f"{rows} rows, {sum(only):.0%} disagree, {gap}"
    found = {"accuracy, by counts": np.column_stack([p_values, ends])}
    return _rates(found, {"accuracy, by counts": only[1] - only[0]}, setting, repetitions)


def folds(
    count: int, ratio: float, difference: float, repetitions: int, generator: np.random.Generator
) -> list[Rates]:
    """Return rates of the corrected resampled t-test where its assumption holds.

    Differences by fold are normal, any two with correlation
    n_test / (n_train + n_test).
    """
    correlation = ratio / (1 + ratio)
    common = generator.normal(size=(repetitions, 1))
    own = generator.normal(size=(repetitions, count))
    drawn = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own + difference
    test, train = 1000, round(1000 / ratio)
    found = np.array(
        [(r.p_value, r.low, r.high) for r in (resampled_t(d, train, test) for d in drawn)]
    )
    setting = f"{count} folds of {ratio / (1 + ratio):.0%}, "
    setting += "a difference" if difference else "no difference"
    name = "Nadeau-Bengio"
    return _rates({name: found}, {name: difference}, setting, repetitions)


def cross_validated(
    rows: int, repeats: int, parts: int, repetitions: int, generator: np.random.Generator
) -> list[Rates]:
    """Return rates of the corrected resampled t-test over real cross-validations.

    Two nearest-centroid classifiers, each with two features of its own that
    are drawn alike, judged by accuracy over the same folds.
    """
    true = generator.integers(0, 2, size=(repetitions, rows))
    features = generator.normal(size=(2, repetitions, rows, 2)) + true[None, :, :, None]
    differences = np.empty((repetitions, repeats * parts))
    for repeat in range(repeats):
        fold = np.argsort(generator.random((repetitions, rows)), axis=1) % parts
        for part in range(parts):
            test = fold == part
            right = [_centroid_hits(one, true, ~test) for one in features]
            score = [(hits & test).sum(axis=1) / test.sum(axis=1) for hits in right]
            differences[:, repeat * parts + part] = score[1] - score[0]
    size = rows // parts
    found = np.array(
        [
            (r.p_value, r.low, r.high)
            for r in (resampled_t(d, rows - size, size) for d in differences)
        ]
    )
    setting = f"{repeats} x {parts} folds of {rows} rows, real models, no difference"
    name = "Nadeau-Bengio"
    return _rates({name: found}, {name: 0.0}, setting, repetitions)


def segments(rows: int, repetitions: int, generator: np.random.Generator) -> list[Rates]:
    """Return how often a search over exchangeable models confirms any segment."""
    false = 0
    for _ in range(repetitions):
        gain = generator.choice([-1.0, 0.0, 1.0], rows, p=[0.08, 0.84, 0.08])
        table = _table(generator.normal(size=(rows, 4)))
        false += bool(search(gain, [levels(table[name]) for name in table]).confirmed)
    setting = f"{rows} rows, 4 columns and their pairs, no difference"
    return [Rates("segments, any confirmed", setting, repetitions, false / repetitions, None)]


def _table(values: np.ndarray):
    import pandas as pd

    return pd.DataFrame(values, columns=[f"x{n}" for n in range(values.shape[1])])


def _centroid_hits(features: np.ndarray, true: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return which rows a nearest-centroid classifier labels right, for each data set."""
    centroids = []
    for label in (0, 1):
        weight = (train & (true == label)).astype(float)
        total = np.einsum("rnf,rn->rf", features, weight)
        centroids.append(total / np.maximum(weight.sum(axis=1), 1)[:, None])
    near = [((features - c[:, None, :]) ** 2).sum(axis=2) for c in centroids]
    return (near[1] < near[0]) == (true == 1)


def _chunks(
    draw: Callable, repetitions: int, generator: np.random.Generator, size: int = 250
) -> Iterator[tuple[int, list]]:
    for begin in range(0, repetitions, size):
        yield begin, [draw(generator) for _ in range(min(size, repetitions - begin))]


def _bootstrapped(name: str, pairs: list[list[Evaluation]]) -> np.ndarray:
    """Return p-value and interval of each pair of evaluations, as a comparison makes them."""
    chosen = measure(name)
    assert chosen is not None
    rows = len(pairs[0][0])
    resampler = _resampler(rows)
    parts = np.stack([[chosen.contributions(one) for one in pair] for pair in pairs])
    many, _, _, width = parts.shape
    flat = np.moveaxis(parts, 2, 0).reshape(rows, many * 2 * width)
    resampled = chosen.value(resampler.sums(flat).reshape(-1, many, 2, width))
    observed = chosen.value(parts.sum(axis=2))
    found = np.empty((many, 3))
    for n in range(many):
        change = resampled[:, n, 1] - resampled[:, n, 0]
        low, high, _ = spread(change, rows)
        found[n] = difference_p(change, float(observed[n, 1] - observed[n, 0]), rows), low, high
    return found


_RESAMPLERS: dict[int, Resampler] = {}


def _resampler(rows: int) -> Resampler:
    # Comparisons make one with this seed each time, so it is always the same.
    if rows not in _RESAMPLERS:
        _RESAMPLERS[rows] = Resampler(rows)
    return _RESAMPLERS[rows]


def _rates(
    found: dict[str, np.ndarray], truth: dict[str, float], setting: str, repetitions: int
) -> list[Rates]:
    rates = []
    for name, rows in found.items():
        claimed = float(np.mean(rows[:, 0] < 0.05)) if truth[name] == 0 else None
        covered = float(np.mean((rows[:, 1] <= truth[name]) & (truth[name] <= rows[:, 2])))
        rates.append(Rates(name, setting, repetitions, claimed, covered))
    return rates


#: What is simulated: each gives its rates for a number of repetitions and a generator.
DESIGNS: dict[str, Callable[[int, np.random.Generator], list[Rates]]] = {
    "classifiers alike": lambda n, g: classification(Classifiers(300, 0.3, (1.0, 1.0)), n, g),
    "classifiers apart": lambda n, g: classification(Classifiers(300, 0.3, (0.8, 1.3)), n, g),
    "rare positives alike": lambda n, g: classification(Classifiers(1000, 0.1, (1.0, 1.0)), n, g),
    "rare positives apart": lambda n, g: classification(Classifiers(1000, 0.1, (0.8, 1.3)), n, g),
    "regressors alike": lambda n, g: regression(Regressors(200, (0.7, 0.7)), n, g),
    "regressors apart": lambda n, g: regression(Regressors(200, (0.7, 1.0)), n, g),
    "disagreements alike": lambda n, g: disagreements(1000, (0.05, 0.05), n, g),
    "disagreements apart": lambda n, g: disagreements(1000, (0.04, 0.08), n, g),
    "folds alike": lambda n, g: folds(100, 1 / 9, 0.0, n, g),
    "folds apart": lambda n, g: folds(100, 1 / 9, 0.5, n, g),
}
#: Tests that are below their level by construction.
CAUTIOUS: dict[str, Callable[[int, np.random.Generator], list[Rates]]] = {
    "few disagreements": lambda n, g: disagreements(200, (0.05, 0.05), n, g),
    "segments": lambda n, g: segments(1000, n, g),
}


def in_band(rates: Rates) -> bool:
    """Tell whether errors are as rare as promised.

    5 % of tests err and 95 % of intervals hold, both within a point; tests that
    are exact or corrected may err less often.
    """
    cautious = rates.method.startswith(("Holm", "segments")) or "200 rows, 10%" in rates.setting
    claimed, covered = rates.claimed, rates.covered
    fine = claimed is None or (0.0 if cautious else 0.04) <= claimed <= 0.06
    return fine and (covered is None or 0.94 <= covered <= 0.96)
