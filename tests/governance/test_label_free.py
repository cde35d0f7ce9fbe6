"""Without labels: what is estimated is what labels show, while only the mix of rows changes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score

from notewright.experiments.evaluation import Evaluation
from notewright.governance.label_free import _auc, _calibrated, _logit, estimates

COEFFICIENTS = np.array([1.2, -0.8, 0.5])


def world(rng: np.random.Generator, rows: int, shift: float = 0.0, spread: float = 1.0):
    x = rng.normal(shift, spread, (rows, 3))
    p = 1 / (1 + np.exp(-(x @ COEFFICIENTS + 0.3)))
    return x, (rng.random(rows) < p).astype(int)


def said(model, x, sureness: float = 1.0) -> np.ndarray:
    """Return the model's probabilities, made too sure of themselves or too little."""
    logit = sureness * _logit(model.predict_proba(x)[:, 1])
    return 1 / (1 + np.exp(-logit))


def known(y, p) -> Evaluation:
    return Evaluation.of(y, y_score=p, positive=1, probability=True)


WORLDS = [
    pytest.param(0.8, 1.0, 3.0),
    *(
        pytest.param(*shift, sureness, marks=pytest.mark.slow)
        for shift in ((0.0, 1.0), (0.8, 1.0), (0.0, 0.4))
        for sureness in (1.0, 3.0, 0.4)
        if (*shift, sureness) != (0.8, 1.0, 3.0)
    ),
]


@pytest.mark.parametrize(("shift", "spread", "sureness"), WORLDS)
def test_intervals_hold_what_the_labels_show_in_about_95_of_100_worlds(shift, spread, sureness):
    held = {"accuracy": 0, "roc_auc": 0}
    worlds = 200
    for seed in range(worlds):
        rng = np.random.default_rng([seed, 7])
        model = LogisticRegression().fit(*world(rng, 1000))
        x, y = world(rng, 1000)
        new_x, new_y = world(rng, 800, shift, spread)
        p = said(model, new_x, sureness)
        found = {e.metric: e for e in estimates(known(y, said(model, x, sureness)), p)}
        shown = {"accuracy": accuracy_score(new_y, p > 0.5), "roc_auc": roc_auc_score(new_y, p)}
        for metric, value in shown.items():
            low, high = found[metric].interval
            held[metric] += low <= value <= high
    # 95 % with a binomial standard error of 1.5 points.
    assert all(0.90 * worlds <= count <= 0.995 * worlds for count in held.values()), held


def test_what_it_was_before_is_what_scikit_learn_says():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, 500), rng.random(500).round(2)
    for found in estimates(known(y, p), p):
        exact = accuracy_score(y, p > 0.5) if found.metric == "accuracy" else roc_auc_score(y, p)
        assert found.before == pytest.approx(exact, abs=1e-12)


def test_the_area_of_rows_that_are_partly_positive_is_that_of_weighted_rows():
    rng = np.random.default_rng(1)
    p = np.sort(rng.random(300).round(1))
    share = rng.random((2, 300))
    exact = [
        roc_auc_score(
            np.repeat([1, 0], 300), np.tile(p, 2), sample_weight=np.concatenate([row, 1 - row])
        )
        for row in share
    ]
    assert _auc(p, share) == pytest.approx(exact, abs=1e-12)


def test_the_calibration_is_the_logistic_regression_of_the_logit():
    rng = np.random.default_rng(2)
    x, y = world(rng, 20_000)
    logits = 2 * (x @ COEFFICIENTS) + 1
    fitted = LogisticRegression(C=np.inf, tol=1e-10).fit(logits[:, None], y)
    slope, offset = _calibrated(logits, y == 1, np.ones((1, len(y))))
    # Smoothed targets pull by about one row in ten thousand.
    assert slope[0] == pytest.approx(fitted.coef_[0, 0], rel=1e-3)
    assert offset[0] == pytest.approx(fitted.intercept_[0], abs=1e-3)


def test_rows_that_are_harder_are_told_and_the_same_kind_of_rows_are_not():
    rng = np.random.default_rng(3)
    model = LogisticRegression().fit(*world(rng, 2000))
    x, y = world(rng, 2000)
    labelled = known(y, said(model, x))
    accuracy, _ = estimates(labelled, said(model, world(rng, 2000, spread=0.2)[0]))
    assert accuracy.has_moved
    assert accuracy.value < accuracy.before - 0.1
    assert "Accuracy on these 2000 rows is likely to be 0." in accuracy.sentence
    accuracy, _ = estimates(labelled, said(model, world(rng, 2000)[0]))
    assert not accuracy.has_moved


@pytest.mark.parametrize(
    "labelled",
    [
        Evaluation.of([0.5, 1.5, 2.5], [0.4, 1.4, 2.4]),
        Evaluation.of([0, 1] * 50, [0, 1] * 50),
        Evaluation.of([0, 1] * 50, y_score=[-3.0, 4.0] * 50),
        known([0, 1] * 19, [0.2, 0.8] * 19),
        known([0] * 100, [0.2] * 100),
    ],
    ids=["numbers", "labels alone", "scores that are no probabilities", "few rows", "one class"],
)
def test_nothing_is_estimated_where_it_cannot_be(labelled):
    assert estimates(labelled, [0.1, 0.9]) == ()


def test_rows_without_a_probability_are_left_out_and_none_gives_none():
    labelled = known([0, 1] * 50, [0.2, 0.8] * 50)
    assert estimates(labelled, [0.1, np.nan, 0.9])[0].rows == 2
    assert estimates(labelled, [np.nan]) == ()


@pytest.mark.parametrize("p", [[0.0, 1.0], [0.5, 0.5], [0.0, 0.0]], ids=str)
def test_extreme_probabilities_give_figures_between_0_and_1(p):
    rng = np.random.default_rng(4)
    y = rng.integers(0, 2, 200)
    for found in estimates(known(y, np.where(y == 1, p[1], p[0])), np.tile(p, 100)):
        assert 0 <= found.interval[0] <= found.interval[1] <= 1
