"""The tests and intervals against independent implementations and their nominal rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notewright.experiments.evaluation import Evaluation
from notewright.experiments.pairs import estimates
from notewright.experiments.statistics.bootstrap import Resampler, difference_p, spread
from notewright.experiments.statistics.delong import area_difference, area_interval, delong
from notewright.experiments.statistics.holm import holm
from notewright.experiments.statistics.mcnemar import mcnemar, paired_interval, proportion_interval
from notewright.experiments.statistics.normal import two_sided


def brute_force_delong(positive, scores):
    """Placement values by comparing every positive with every negative."""
    above, below = [], []
    for row in scores:
        ours, theirs = row[positive], row[~positive]
        wins = (ours[:, None] > theirs[None, :]) + 0.5 * (ours[:, None] == theirs[None, :])
        above.append(wins.mean(axis=1))
        below.append(wins.mean(axis=0))
    above, below = np.array(above), np.array(below)
    covariance = np.cov(above) / above.shape[1] + np.cov(below) / below.shape[1]
    return above.mean(axis=1), np.atleast_2d(covariance)


@pytest.mark.parametrize("ties", [False, True])
def test_delong_equals_the_comparison_of_all_pairs(generator, ties):
    for _ in range(20):
        positive = generator.random(80) < 0.3
        scores = generator.normal(size=(3, 80)) + positive
        if ties:
            scores = np.round(scores, 0)
        areas, covariance = delong(positive, scores)
        expected_areas, expected = brute_force_delong(positive, scores)
        np.testing.assert_allclose(areas, expected_areas, atol=1e-12)
        np.testing.assert_allclose(covariance, expected, atol=1e-12)


def test_delong_area_is_sklearns_roc_auc(generator):
    from sklearn.metrics import roc_auc_score

    positive = generator.random(500) < 0.2
    scores = np.round(generator.normal(size=(2, 500)) + positive, 1)
    areas, _ = delong(positive, scores)
    np.testing.assert_allclose(areas, [roc_auc_score(positive, s) for s in scores], atol=1e-12)


def test_delong_is_unchanged_by_monotone_scores_and_mirrored_by_reversed_ones(generator):
    positive = generator.random(200) < 0.4
    scores = generator.normal(size=(2, 200)) + positive
    areas, covariance = delong(positive, scores)
    np.testing.assert_allclose(delong(positive, np.exp(scores))[1], covariance, atol=1e-14)
    mirrored, mirrored_covariance = delong(positive, -scores)
    np.testing.assert_allclose(mirrored, 1 - areas, atol=1e-12)
    np.testing.assert_allclose(mirrored_covariance, covariance, atol=1e-12)


def test_two_models_that_order_rows_alike_do_not_differ(generator):
    positive = generator.random(200) < 0.4
    score = generator.normal(size=200)
    _, covariance = delong(positive, np.stack([score, 3 * score + 1]))
    assert area_difference(covariance, 0, 1) == 0


def test_area_interval_stays_within_bounds_even_when_all_pairs_are_in_order():
    low, high = area_interval(1.0, 0.0, 10)
    assert 0.5 < low < 1.0
    assert high == 1.0
    low, high = area_interval(0.99, 0.0004, 30)
    assert 0 < low < 0.99 < high < 1


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_equals_statsmodels(only_a, only_b):
    from statsmodels.stats.contingency_tables import mcnemar as reference

    found = mcnemar(only_a, only_b)
    table = [[10, only_a], [only_b, 20]]
    expected = reference(table, exact=found.exact, correction=False).pvalue
    assert found.p_value == pytest.approx(expected, abs=1e-12)
    assert found.exact == (only_a + only_b < 25)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(deadline=None, max_examples=25)  # statsmodels collects garbage at every call
def test_holm_equals_statsmodels(p_values):
    from statsmodels.stats.multitest import multipletests

    expected = multipletests(p_values, method="holm")[1]
    np.testing.assert_allclose(holm(p_values), expected, atol=1e-12)


@given(st.integers(0, 40), st.integers(1, 40))
def test_wilson_interval_equals_statsmodels(right, wrong):
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_interval(right, right + wrong)
    expected = proportion_confint(right, right + wrong, method="wilson")
    assert (low, high) == pytest.approx(expected, abs=1e-12)


def test_two_sided_p_value_equals_scipys():
    from scipy.stats import norm

    for z in (0.0, 0.5, 1.96, 5.0):
        assert two_sided(z) == pytest.approx(2 * norm.sf(z), rel=1e-12)


def test_resampled_sums_are_those_of_drawn_rows(generator):
    resampler = Resampler(50, resamples=200)
    ones = resampler.sums(np.ones((50, 1)))
    assert np.all(ones == 50)
    values = generator.normal(size=(50, 2))
    sums = resampler.sums(values) / 50
    np.testing.assert_allclose(sums.mean(axis=0), values.mean(axis=0), atol=0.05)
    np.testing.assert_allclose(sums.std(axis=0), values.std(axis=0) / np.sqrt(50), rtol=0.2)


def test_groups_of_rows_give_the_spread_of_single_rows(generator):
    values = generator.exponential(size=(20_000, 1))
    sums = Resampler(20_000).sums(np.hstack([np.ones_like(values), values]))
    error = (sums[:, 1] / sums[:, 0]).std()
    assert error == pytest.approx(values.std() / np.sqrt(20_000), rel=0.1)


def test_bootstrap_leaves_the_users_random_state_alone():
    state = np.random.get_state()[1].copy()
    Resampler(100)
    assert np.array_equal(state, np.random.get_state()[1])


def test_equal_models_have_p_value_one():
    assert difference_p(np.zeros(100), 0.0, 50) == 1.0


# -- rates: scores exchangeable by construction -----------------------------------------


def exchangeable(generator, rows, task):
    """Two models whose predictions have the same distribution, correlated as models are."""
    signal = generator.normal(size=rows)
    if task == "regression":
        true = signal + generator.normal(size=rows)
        a, b = (signal + 0.5 * generator.normal(size=rows) for _ in range(2))
        return [Evaluation.of(true, p, task="regression") for p in (a, b)]
    true = (signal + generator.normal(size=rows) > 0).astype(int)
    a, b = (signal + 0.7 * generator.normal(size=rows) for _ in range(2))
    return [Evaluation.of(true, (s > 0).astype(int), s, positive=1) for s in (a, b)]


def false_positives(generator, metric, task, trials, rows=200):
    """Return the share of p < 0.05 and of intervals that miss zero."""
    claims = misses = 0
    for _ in range(trials):
        _, [difference] = estimates(exchangeable(generator, rows, task), [metric], paired=True)
        claims += difference.p_value < 0.05
        misses += not difference.interval[0] <= 0 <= difference.interval[1]
    return claims / trials, misses / trials


METRICS = [
    ("roc_auc", "classification"),
    ("accuracy", "classification"),
    ("f1", "classification"),
    ("mse", "regression"),
    ("r2", "regression"),
]


@pytest.mark.parametrize(("metric", "task"), METRICS)
def test_equal_models_are_rarely_called_different(generator, metric, task, monkeypatch):
    # 400 trials: the rate is known within ± 2.2 %; test_error_rates.py knows it within 0.4 %.
    trials = 400
    one = Resampler(200)
    monkeypatch.setattr("notewright.experiments.pairs.Resampler", lambda *a, **k: one)
    claims, misses = false_positives(generator, metric, task, trials)
    assert 0.01 <= claims <= 0.085
    assert misses <= 0.085


def test_interval_of_a_true_difference_covers_it(generator):
    hits = 0
    for _ in range(400):
        losses = generator.exponential(size=(120, 1))
        other = losses + generator.normal(0.3, 1.0, size=(120, 1))
        resampler = Resampler(120, seed=int(generator.integers(2**31)), resamples=500)
        count = np.ones_like(losses)
        a, b = (resampler.sums(np.hstack([count, v])) for v in (losses, other))
        low, high, _ = spread(b[:, 1] / b[:, 0] - a[:, 1] / a[:, 0], 120)
        hits += low <= 0.3 <= high
    assert 0.915 <= hits / 400 <= 0.98


def test_paired_interval_covers_a_true_difference(generator):
    hits = 0
    for _ in range(1000):
        only_a, only_b, _ = generator.multinomial(100, [0.08, 0.18, 0.74])
        low, high, _ = paired_interval(only_a, only_b, 100)
        hits += low <= 0.10 <= high
    assert 0.93 <= hits / 1000 <= 0.975


def test_detectable_difference_is_found_four_times_of_five(generator):
    rows, found = 400, 0
    _, [difference] = estimates(exchangeable(generator, rows, "regression"), ["mse"], paired=True)
    shift = difference.detectable
    for _ in range(200):
        a, b = exchangeable(generator, rows, "regression")
        # Model b's squared errors grow by exactly the detectable difference.
        errors = (b.y_true - b.y_pred) ** 2 + shift
        worse = Evaluation.of(b.y_true, b.y_true - np.sqrt(errors), task="regression")
        _, [difference] = estimates([a, worse], ["mse"], paired=True)
        found += difference.p_value < 0.05
    assert 0.68 <= found / 200 <= 0.92
