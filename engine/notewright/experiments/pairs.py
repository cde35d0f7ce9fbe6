"""Metrics with intervals, and differences between two models with a fitting test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from notewright.experiments.evaluation import Evaluation
from notewright.experiments.measures import Measure, auc_scores, measure, right
from notewright.experiments.statistics.bootstrap import Resampler, difference_p, spread
from notewright.experiments.statistics.delong import (
    area_difference,
    area_interval,
    delong,
    difference_test,
)
from notewright.experiments.statistics.holm import holm
from notewright.experiments.statistics.mcnemar import mcnemar, paired_interval, proportion_interval
from notewright.experiments.statistics.normal import POWER_FACTOR, Z

ALPHA = 0.05
_AUC = "roc_auc"


@dataclass(frozen=True)
class Estimate:
    """One metric of one run.

    Parameters
    ----------
    run : int
        Its place among the compared runs.
    metric, title : str
    value : float
    interval : (float, float) or None
        95 %; None for metrics without one.
    error : float
        Standard error; NaN where there is none.
    method : str
        How the interval was made.
    """

    run: int
    metric: str
    title: str
    value: float
    interval: tuple[float, float] | None
    error: float
    method: str


@dataclass(frozen=True)
class Difference:
    """How much run `b` differs from run `a` on one metric.

    Parameters
    ----------
    a, b : int
        Places among the compared runs.
    metric, title : str
    value : float
        Metric of `b` minus metric of `a`.
    interval : (float, float)
        95 %.
    p_value, p_adjusted : float
        Before and after Holm's correction over all differences shown.
    test : str
    detectable : float
        The true difference that these rows would show 80 times of 100.
    higher_is_better : bool
    paired : bool
        Whether both were scored on the same rows.
    shown_by : str, default "this test set"
        What the evidence is, as sentences say it.
    """

    a: int
    b: int
    metric: str
    title: str
    value: float
    interval: tuple[float, float]
    p_value: float
    p_adjusted: float
    test: str
    detectable: float
    higher_is_better: bool
    paired: bool
    shown_by: str = "this test set"

    @property
    def significant(self) -> bool:
        """Whether it holds after the correction for many comparisons."""
        return self.p_adjusted < ALPHA

    @property
    def better(self) -> int | None:
        """The place of the better run, or None if noise could explain the difference."""
        if not self.significant or self.value == 0:
            return None
        return self.b if (self.value > 0) == self.higher_is_better else self.a

    @property
    def _subject(self) -> str:
        return "they" if self.shown_by.startswith("these") else "it"

    def sentence(self, names: Sequence[str]) -> str:
        """Return the difference in plain words.

        Parameters
        ----------
        names : sequence of str
            Of the compared runs.
        """
        winner = self.better
        if winner is None:
            return (
                f"No difference in {self.title} between {names[self.a]} and {names[self.b]} "
                f"that {self.shown_by} could show; {self._subject} could have shown "
                f"{short(self.detectable)}."
            )
        low, high = sorted(abs(end) for end in self.interval)
        if self.interval[0] < 0 < self.interval[1]:
            # The test and the interval are different methods and may part at the border.
            low = -low
        loser = self.a if winner == self.b else self.b
        than = f" than {names[loser]}" if len(names) > 2 else ""
        return (
            f"{names[winner]} is better{than} by {short(abs(self.value))} {self.title} "
            f"(95 % interval {short(low)} to {short(high)})."
        )


def estimates(
    evaluations: Sequence[Evaluation], metrics: Sequence[str | Measure], *, paired: bool
) -> tuple[list[Estimate], list[Difference]]:
    """Return every metric of every run, and every pairwise difference, Holm-corrected.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        Aligned row by row if `paired`.
    metrics : sequence of str or Measure
        Names as runs record them; what cannot be computed is left out.
    """
    found: list[Estimate] = []
    differences: list[Difference] = []
    resamplers: dict[int, Resampler] = {}
    for name in metrics:
        if name == _AUC:
            values, pairs = _areas(evaluations, paired)
        elif name == "accuracy":
            values, pairs = _accuracies(evaluations, paired)
        else:
            chosen = name if isinstance(name, Measure) else measure(name)
            if chosen is None:
                continue
            values, pairs = _bootstrapped(evaluations, chosen, paired, resamplers)
        found += values
        differences += pairs
    return found, corrected(differences)


def corrected(differences: Sequence[Difference]) -> list[Difference]:
    """Return differences with p-values corrected together after Holm."""
    adjusted = holm([difference.p_value for difference in differences])
    return [
        replace(difference, p_adjusted=p)
        for difference, p in zip(differences, adjusted, strict=True)
    ]


def _areas(
    evaluations: Sequence[Evaluation], paired: bool
) -> tuple[list[Estimate], list[Difference]]:
    given = {n: s for n, e in enumerate(evaluations) if (s := auc_scores(e)) is not None}
    if not given:
        return [], []
    places = list(given)
    if paired:
        positive = given[places[0]][0]
        areas, covariance = delong(positive, np.stack([given[n][1] for n in places]))
    else:
        alone = [delong(given[n][0], given[n][1][None, :]) for n in places]
        areas = np.array([area[0] for area, _ in alone])
        covariance = np.diag([matrix[0, 0] for _, matrix in alone])
    values = []
    for k, n in enumerate(places):
        positive = given[n][0]
        fewest = int(min(positive.sum(), (~positive).sum()))
        variance = float(covariance[k, k])
        interval = area_interval(float(areas[k]), variance, fewest)
        error = math.sqrt(variance)
        values.append(Estimate(n, _AUC, "AUC", float(areas[k]), interval, error, "DeLong"))
    pairs = []
    for i, j in _pairs(len(places)):
        difference = float(areas[j] - areas[i])
        error = area_difference(covariance, i, j)
        p = difference_test(difference, error)
        test = "DeLong test" if paired else "unpaired DeLong test"
        pairs.append(
            _difference(places[i], places[j], _AUC, "AUC", difference, error, p, test, True, paired)
        )
    return values, pairs


def _accuracies(
    evaluations: Sequence[Evaluation], paired: bool
) -> tuple[list[Estimate], list[Difference]]:
    given = {n: r for n, e in enumerate(evaluations) if (r := right(e)) is not None}
    values = []
    for n, hits in given.items():
        share = float(hits.mean())
        interval = proportion_interval(int(hits.sum()), len(hits))
        error = math.sqrt(share * (1 - share) / len(hits))
        values.append(Estimate(n, "accuracy", "accuracy", share, interval, error, "Wilson"))
    places = list(given)
    pairs = []
    for i, j in _pairs(len(places)):
        a, b = given[places[i]], given[places[j]]
        value = float(b.mean() - a.mean())
        if paired:
            only_a, only_b = int(np.sum(a & ~b)), int(np.sum(b & ~a))
            low, high, error = paired_interval(only_a, only_b, len(a))
            p, exact = mcnemar(only_a, only_b)
            test = "McNemar's exact test" if exact else "McNemar's test"
            difference = _difference(
                places[i], places[j], "accuracy", "accuracy", value, error, p, test, True, True
            )
            pairs.append(replace(difference, interval=(low, high)))
        else:
            error = math.hypot(values[i].error, values[j].error)
            p = difference_test(value, error)
            pairs.append(
                _difference(
                    places[i], places[j], "accuracy", "accuracy", value, error, p,
                    "unpaired z test", True, False,
                )
            )  # fmt: skip
    return values, pairs


def _bootstrapped(
    evaluations: Sequence[Evaluation],
    chosen: Measure,
    paired: bool,
    resamplers: dict[int, Resampler],
) -> tuple[list[Estimate], list[Difference]]:
    name = chosen.name
    values, resampled = [], {}
    for n, evaluation in enumerate(evaluations):
        contributions = chosen.contributions(evaluation)
        if contributions is None:
            continue
        count = len(contributions)
        # Runs on different rows are resampled apart from each other.
        key = count if paired else -n - 1
        if key not in resamplers:
            resamplers[key] = Resampler(count, seed=20_260_301 + (0 if paired else n))
        drawn = chosen.value(resamplers[key].sums(contributions))
        value = float(chosen.value(contributions.sum(axis=0)))
        low, high, error = spread(drawn, count)
        interval = None if math.isnan(low) else (low, high)
        values.append(Estimate(n, name, chosen.title, value, interval, error, "bootstrap"))
        resampled[n] = drawn
    pairs = []
    for i, j in _pairs(len(values)):
        a, b = values[i], values[j]
        count = min(len(evaluations[a.run]), len(evaluations[b.run]))
        value = b.value - a.value
        change = resampled[b.run] - resampled[a.run]
        low, high, error = spread(change, count)
        if math.isnan(low):
            continue
        p = difference_p(change, value, count)
        test = "paired bootstrap" if paired else "unpaired bootstrap"
        difference = _difference(
            a.run, b.run, name, chosen.title, value, error, p, test,
            chosen.higher_is_better, paired,
        )  # fmt: skip
        pairs.append(replace(difference, interval=(low, high)))
    return values, pairs


def _difference(
    a: int, b: int, metric: str, title: str, value: float, error: float, p: float, test: str,
    higher_is_better: bool, paired: bool,
) -> Difference:  # fmt: skip
    interval = (value - Z * error, value + Z * error)
    detectable = POWER_FACTOR * error
    return Difference(
        a, b, metric, title, value, interval, p, p, test, detectable, higher_is_better, paired
    )


def _pairs(count: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(count) for j in range(i + 1, count)]


def short(value: float) -> str:
    """Return a number with two telling digits: `0.012`, `3.4`, `-0.0051`.

    Examples
    --------
    >>> short(0.01234), short(12.345), short(0.0)
    ('0.012', '12.3', '0')
    """
    if value == 0:
        return "0"
    if abs(value) >= 10:
        return f"{value:.1f}"
    digits = 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{min(max(digits, 1), 8)}f}"
