"""Intervals agree with published formulas and hold their level where they are used."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from notewright.governance.checks import intervals
from notewright.governance.checks.scores import delong

counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_wilson_is_statsmodels_wilson(count):
    expected = proportion_confint(*count, method="wilson")
    assert intervals.wilson(*count) == pytest.approx(np.clip(expected, 0, 1), abs=1e-12)


@given(counts, counts)
def test_the_difference_is_statsmodels_newcomb(a, b):
    expected = confint_proportions_2indep(*a, *b, method="newcomb", compare="diff")
    assert intervals.difference(a, b) == pytest.approx(np.clip(expected, -1, 1), abs=1e-9)


@given(counts, counts)
def test_the_ratio_holds_its_estimate_and_turns_over_with_its_groups(a, b):
    low, high = intervals.ratio(a, b)
    assert 0 <= low <= high
    if b[0]:
        assert low - 1e-12 <= (a[0] / a[1]) / (b[0] / b[1]) <= high + 1e-12
    if a[0] and b[0]:
        other_low, other_high = intervals.ratio(b, a)
        assert low == pytest.approx(1 / other_high if math.isfinite(other_high) else 0, rel=1e-9)
        assert high == pytest.approx(1 / other_low if other_low else math.inf, rel=1e-9)


@pytest.mark.parametrize("rate", [0.15, 0.5, 0.9])
@pytest.mark.parametrize("sizes", [(25, 60, 200), (40, 40, 40, 40, 40)])
def test_simultaneous_intervals_hold_together_when_there_is_no_gap(rate, sizes):
    """The case where a percentile bootstrap of the largest gap covers 27 %."""
    rng = np.random.default_rng(1)
    misses = {"difference": 0, "ratio": 0}
    repeats = 1500
    for _ in range(repeats):
        drawn = [(int(rng.binomial(n, rate)), n) for n in sizes]
        found = intervals.pairwise(drawn, intervals.difference)
        misses["difference"] += any(not low <= 0 <= high for low, high in found.values())
        found = intervals.pairwise(drawn, intervals.ratio)
        misses["ratio"] += any(not low <= 1 <= high for low, high in found.values())
    for kind, count in misses.items():
        assert 1 - count / repeats >= 0.945, kind


def test_the_worst_pairs_interval_covers_a_true_gap():
    rng = np.random.default_rng(2)
    rates, sizes = (0.5, 0.65, 0.8), (60, 90, 120)
    held = 0
    for _ in range(1500):
        drawn = [(int(rng.binomial(n, p)), n) for n, p in zip(sizes, rates, strict=True)]
        observed = [hits / n for hits, n in drawn]
        low, high = int(np.argmin(observed)), int(np.argmax(observed))
        ends = intervals.ratio(drawn[low], drawn[high], 0.05 / 3)
        held += ends[0] <= rates[low] / rates[high] <= ends[1]
    assert held / 1500 >= 0.95


def test_the_mean_of_proportions_is_covered():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(1500):
        parts = []
        for n, p in ((70, 0.6), (30, 0.9)):
            hits = int(rng.binomial(n, p))
            parts.append((hits / n, intervals.wilson(hits, n)))
        low, high = intervals.mean_of(parts)
        held += low <= 0.75 <= high
    assert 0.935 <= held / 1500 <= 0.99


def test_delong_is_scikit_learns_auc_and_covers_the_true_one():
    from scipy.stats import norm
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(4)
    truth = norm.cdf(1 / math.sqrt(2))
    held = 0
    for _ in range(800):
        positives, negatives = rng.normal(1, 1, 40), rng.normal(0, 1, 60)
        auc, (low, high) = delong(positives, negatives)
        held += low <= truth <= high
    labels = [1] * 40 + [0] * 60
    assert auc == pytest.approx(roc_auc_score(labels, [*positives, *negatives]), abs=1e-12)
    assert 0.93 <= held / 800 <= 0.98
