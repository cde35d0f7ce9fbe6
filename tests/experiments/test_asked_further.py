"""Costs, calibration, fairness and speed of compared runs, against independent figures."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, confusion_matrix

from notewright.errors import BadRecord
from notewright.experiments.calibration import calibration
from notewright.experiments.evaluation import Evaluation


@pytest.fixture
def people(generator):
    return pd.DataFrame(
        {
            "sex": generator.choice(["f", "m", "x"], 500),
            "age": generator.integers(18, 80, 500),
        }
    )


@pytest.fixture
def comparison(runs, generator):
    X = generator.normal(size=(500, 3))
    y = (X[:, 0] + generator.normal(size=500) > 0.8).astype(int)
    for name, columns in (("one", [2]), ("two", [0, 1])):
        model = LogisticRegression().fit(X[:, columns], y)
        p = model.predict_proba(X[:, columns])[:, 1]
        runs.record(
            name,
            model=model,
            metrics={"accuracy": 0.5},
            evaluation=Evaluation.of(y, (p > 0.4).astype(int), p, probability=True),
        )
    return runs.compare(["one", "two"])


def test_a_pickled_comparison_keeps_what_it_found_and_says_what_it_lacks(comparison):
    again = pickle.loads(pickle.dumps(comparison))
    assert again == comparison
    assert again.sentences == comparison.sentences
    for ask in (again.plots, again.calibration, again.speed, lambda: again.costs(fp=1)):
        with pytest.raises(BadRecord, match="Compare the runs again"):
            ask()


# -- costs ---------------------------------------------------------------------------------


def test_costs_are_those_of_the_confusion_matrix(comparison):
    found = comparison.costs(fp=1, fn=10, tp=-2)
    for place, evaluation in enumerate(comparison.evaluations):
        tn, fp, fn, tp = confusion_matrix(evaluation.y_true, evaluation.y_pred).ravel()
        expected = (fp + 10 * fn - 2 * tp) / (tn + fp + fn + tp)
        assert found.estimates[place].value == pytest.approx(expected, abs=1e-12)
    [difference] = found.differences
    assert difference.value == pytest.approx(found.estimates[1].value - found.estimates[0].value)
    assert difference.test == "paired bootstrap"
    assert difference.interval[0] < difference.value < difference.interval[1]
    assert found.sentences[0].startswith("'two' is better by ")
    assert found.sentences[0].split(" (")[0].endswith("cost a row")


def test_the_interval_of_a_cost_is_that_of_a_mean(comparison):
    found = comparison.costs(fp=1, fn=3).differences[0]
    cost = [
        1.0 * ((e.y_true == 0) & (e.y_pred == 1)) + 3.0 * ((e.y_true == 1) & (e.y_pred == 0))
        for e in comparison.evaluations
    ]
    change = cost[1] - cost[0]
    half = 1.96 * change.std(ddof=1) / np.sqrt(len(change))
    assert found.interval == pytest.approx((change.mean() - half, change.mean() + half), abs=0.01)


def test_a_matrix_of_labels_is_the_same_and_serves_many_classes(runs, comparison, generator):
    by_label = comparison.costs({(0, 1): 1, (1, 0): 10})
    assert by_label.estimates == comparison.costs(fp=1, fn=10).estimates
    true = generator.choice(list("abc"), 90)
    for name in ("x", "y"):
        runs.record(name, evaluation=Evaluation.of(true, generator.choice(list("abc"), 90)))
    many = runs.compare(["x", "y"])
    expected = np.mean((true == "a") & (many.evaluations[0].y_pred == "c")) * 7
    assert many.costs({("a", "c"): 7}).estimates[0].value == pytest.approx(expected)
    with pytest.raises(BadRecord, match="not two classes"):
        many.costs(fp=1)


def test_runs_that_predict_numbers_have_no_false_positives(runs, generator):
    true = generator.normal(size=30)
    for name in ("a", "b"):
        runs.record(name, evaluation=Evaluation.of(true, true + generator.normal(size=30)))
    with pytest.raises(BadRecord, match="predict numbers, not classes"):
        runs.compare(["a", "b"]).costs(fp=1)


def test_mistaken_costs_are_refused_in_words(comparison, runs):
    with pytest.raises(BadRecord, match="'fq' is no cell"):
        comparison.costs(fq=1)
    with pytest.raises(BadRecord, match="no finite number"):
        comparison.costs(fp=float("nan"))
    with pytest.raises(BadRecord, match="A cost is missing"):
        comparison.costs()


# -- calibration ---------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(2, 20), st.integers(5, 300))
@settings(deadline=None, max_examples=60)
def test_the_brier_score_is_the_sum_of_its_parts(seed, bins, count):
    draw = np.random.default_rng(seed)
    p = draw.random(count)
    y = np.concatenate([[0, 1], draw.integers(0, 2, count - 2)])
    found = calibration(Evaluation.of(y, y_score=p, probability=True), bins)
    parts = found.reliability - found.resolution + found.uncertainty + found.within
    assert parts == pytest.approx(found.brier, abs=1e-12)
    assert found.brier == pytest.approx(brier_score_loss(y, p), abs=1e-12)


def test_bands_are_sklearns_calibration_curve(comparison):
    for evaluation, found in zip(comparison.evaluations, comparison.calibration(), strict=True):
        observed, predicted = calibration_curve(
            evaluation.y_true, evaluation.y_score, n_bins=10, strategy="uniform"
        )
        np.testing.assert_allclose([b.observed for b in found.bins], observed, atol=1e-12)
        np.testing.assert_allclose([b.predicted for b in found.bins], predicted, atol=1e-12)
        rows = np.array([b.rows for b in found.bins])
        expected = np.average(np.abs(observed - predicted), weights=rows)
        assert found.ece == pytest.approx(expected, abs=1e-12)


def test_predictions_on_few_values_leave_nothing_within_bands():
    y = np.array([0, 1, 1, 0, 1, 1])
    p = np.array([0.15, 0.15, 0.95, 0.95, 0.95, 0.95])
    found = calibration(Evaluation.of(y, y_score=p, probability=True))
    assert found.within == pytest.approx(0, abs=1e-15)
    assert found.reliability == pytest.approx((2 * 0.35**2 + 4 * 0.2**2) / 6)


def test_scores_that_are_no_probabilities_have_no_calibration(generator):
    y = generator.integers(0, 2, 50)
    assert calibration(Evaluation.of(y, y_score=generator.normal(size=50))) is None
    assert calibration(Evaluation.of(y, y)) is None


# -- fairness ------------------------------------------------------------------------------


def test_fairness_figures_are_fairlearns(comparison, people):
    found = comparison.fairness("sex", people)
    for each, evaluation in zip(found, comparison.evaluations, strict=True):
        given = (evaluation.y_true, evaluation.y_pred)
        sex = people.sex
        assert each.demographic_parity_difference == pytest.approx(
            demographic_parity_difference(*given, sensitive_features=sex), abs=1e-12
        )
        assert each.equalized_odds_difference == pytest.approx(
            equalized_odds_difference(*given, sensitive_features=sex), abs=1e-12
        )
        assert sum(n for _, n in each.selection.counts) == 500


def test_numbers_are_cut_into_bands_and_the_favourable_label_may_be_told(comparison, people):
    one, _ = comparison.fairness(people.age, bands=[30, 60], favourable=0)
    assert set(one.selection.groups) == {"below 30", "30 to below 60", "60 and above"}
    young = (people.age < 30).to_numpy()
    expected = np.mean(comparison.evaluations[0].y_pred[young] == 0)
    assert one.selection.rate(one.selection.groups.index("below 30")) == pytest.approx(expected)
    with pytest.raises(BadRecord, match="not among the labels 0, 1"):
        comparison.fairness("sex", people, favourable="yes")
    with pytest.raises(BadRecord, match="no column 'race'"):
        comparison.fairness("race", people)


# -- speed ---------------------------------------------------------------------------------


def test_speed_times_models_on_the_rows_and_says_what_they_take(comparison, runs, generator):
    state = np.random.get_state()[1].copy()
    one, two = comparison.speed(generator.normal(size=(200, 2)))
    assert two.rows == 200
    assert 0 < two.median <= two.p95
    assert one.median is None
    assert "cannot predict these rows" in one.note
    for speed, run in zip((one, two), comparison.runs, strict=True):
        assert speed.stored == runs.store.objects.size(run.model.object)
    assert np.array_equal(state, np.random.get_state()[1])
    assert [s.median for s in comparison.speed()] == [None, None]
