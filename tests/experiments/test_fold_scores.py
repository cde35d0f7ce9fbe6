"""Cross-validated runs are compared over their folds, by the corrected resampled t-test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from notewright.errors import BadRecord
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.fold_scores import (
    TEST,
    FoldScores,
    fold_difference,
    fold_scores,
    fold_tags,
)
from notewright.experiments.statistics.resampled_t import resampled_t


@given(st.lists(st.integers(-100, 100), min_size=3, max_size=30).filter(lambda d: len(set(d)) > 1))
def test_without_shared_training_rows_it_is_the_one_sample_t_test(differences):
    expected = stats.ttest_1samp(differences, 0)
    found = resampled_t(differences, train_rows=10**15, test_rows=1)
    interval = expected.confidence_interval(0.95)
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(interval), rel=1e-9, abs=1e-9)


def test_the_formula_of_nadeau_and_bengio_by_hand():
    differences = np.array([0.02, 0.01, 0.03, 0.02, 0.00, 0.04])
    found = resampled_t(differences, train_rows=90, test_rows=10)
    variance = sum((d - differences.mean()) ** 2 for d in differences) / 5
    statistic = differences.mean() / np.sqrt((1 / 6 + 10 / 90) * variance)
    assert found.p_value == pytest.approx(2 * stats.t.sf(statistic, 5), abs=1e-12)
    assert found.low < 0 < found.high or found.p_value < 0.05


def test_the_correction_only_ever_makes_claims_weaker(generator):
    for _ in range(50):
        differences = generator.normal(0.5, 1, 10)
        plain = stats.ttest_1samp(differences, 0).pvalue
        assert resampled_t(differences, 90, 10).p_value > plain


def test_models_equal_on_every_fold_have_p_value_one():
    assert resampled_t([0.0] * 5, 80, 20).p_value == 1.0
    assert resampled_t([0.1] * 5, 80, 20).p_value == 0.0


def test_fewer_than_two_folds_or_no_training_rows_are_refused():
    with pytest.raises(ValueError, match="two folds"):
        resampled_t([0.1], 80, 20)
    with pytest.raises(ValueError, match="rows to train on"):
        resampled_t([0.1, 0.2], 0, 20)
    with pytest.raises(BadRecord, match="different lengths"):
        FoldScores("accuracy", (0.1,), ("a", "b"), (1,), (1,))


def test_folds_are_matched_by_their_rows_not_by_their_order():
    sizes = {"train_rows": (80, 80, 80), "test_rows": (40, 40, 40)}
    a = FoldScores("roc_auc", (0.7, 0.8, 0.9), ("x", "y", "z"), **sizes)
    b = FoldScores("roc_auc", (0.9, 0.7, 0.8), ("z", "x", "y"), **sizes)
    assert fold_difference(a, b).p_value == 1.0
    with pytest.raises(BadRecord, match="same folds"):
        fold_difference(a, FoldScores("roc_auc", (0.9, 0.7, 0.8), ("z", "x", "w"), **sizes))


@pytest.fixture
def cross_validated(runs, generator):
    """Record a run whose child runs are the folds of a repeated cross-validation."""
    X = generator.normal(size=120)
    true = (X + 0.5 * generator.normal(size=120) > 0).astype(int)
    splits = [generator.permutation(120).reshape(5, 24) for _ in range(2)]

    def make(name, noise, seed=0, folds=splits, **more):
        draw = np.random.default_rng(seed)
        parent = runs.record(name)
        for n, rows in enumerate(np.concatenate(folds)):
            pred = (X[rows] + noise * draw.normal(size=24) > 0).astype(int)
            evaluation = Evaluation.of(true[rows], pred, rows=rows)
            runs.record(
                f"{name}, fold {n}",
                metrics={"accuracy": float((pred == true[rows]).mean())},
                evaluation=evaluation,
                parent=parent.id,
                **more,
            )
        return parent

    return make


def test_runs_judged_by_the_same_folds_are_tested_over_them(runs, cross_validated):
    cross_validated("rough", 3.0)
    cross_validated("fine", 0.1)
    comparison = runs.compare(["rough", "fine"])
    difference = comparison.difference("accuracy")
    assert difference.test == TEST
    assert difference.significant
    assert comparison.sentences[0].startswith("'fine' is better by 0.")
    a, b = (fold_scores(runs, run)["accuracy"] for run in comparison.runs)
    assert a.train_rows == (96,) * 10
    assert difference.value == pytest.approx(np.mean(b.scores) - np.mean(a.scores))
    assert comparison.estimate(0, "accuracy").value == pytest.approx(np.mean(a.scores))
    assert comparison.notes == ()


def test_noise_over_folds_says_what_the_folds_could_have_shown(runs, cross_validated):
    cross_validated("a", 0.5)
    cross_validated("b", 0.5, seed=1)
    [sentence] = runs.compare(["a", "b"]).sentences
    assert "that these folds could show; they could have shown 0." in sentence


def test_runs_over_different_folds_are_not_tested_and_told_so(runs, cross_validated, generator):
    cross_validated("a", 0.5)
    cross_validated("b", 0.5, folds=[generator.permutation(120).reshape(5, 24)])
    comparison = runs.compare(["a", "b"])
    assert comparison.differences == ()
    assert any("different folds" in note for note in comparison.notes)


def test_folds_that_tell_their_sizes_in_tags_need_no_rows(runs, generator):
    for name in "ab":
        parent = runs.record(name)
        for fold in range(4):
            runs.record(
                f"fold {fold}",
                metrics={"r2": float(generator.random())},
                tags={"train_rows": "75", "test_rows": "25"},
                parent=parent.id,
            )
    [difference] = runs.compare(["a", "b"]).differences
    assert (difference.metric, difference.test) == ("r2", TEST)


def test_scores_logged_by_fold_with_tags_of_the_splits_are_enough(runs):
    from sklearn.datasets import make_classification
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate

    X, y = make_classification(200, flip_y=0.2, random_state=0)
    splitter = RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0)
    results = {}
    for name, features in (("few", [0, 1]), ("all", slice(None))):
        results[name] = cross_validate(
            LogisticRegression(), X[:, features], y, cv=splitter, scoring="roc_auc"
        )["test_score"]
        parent = runs.start(name)
        parent.finish()
        child = runs.start(f"cross-validation of {name}", parent=parent.id)
        for tag, value in fold_tags(splitter.split(X, y)).items():
            child.tags[tag] = value
        for fold, score in enumerate(results[name]):
            child.log_metric("roc_auc", score, step=fold)
            child.log_metric("roc_auc_train", 1.0, step=fold)
        child.finish()
    [difference] = runs.compare(["few", "all"]).differences
    expected = resampled_t(results["all"] - results["few"], 160, 40)
    assert difference.interval == pytest.approx((expected.low, expected.high))
    assert difference.p_value == pytest.approx(expected.p_value)
    assert (difference.metric, difference.test) == ("roc_auc", TEST)


def test_tags_tell_splits_apart_and_scores_must_be_there_for_each_fold(runs, generator):
    one = [(np.arange(4), np.array([4, 5])), (np.arange(2, 6), np.array([0, 1]))]
    other = [(np.arange(4), np.array([4, 3])), one[1]]
    assert fold_tags(one) != fold_tags(other)
    assert fold_tags(one) == fold_tags([(train, test[::-1]) for train, test in one])
    for name, splits in (("a", one), ("b", other), ("c", one)):
        active = runs.start(name, fold_tags(splits))
        for fold in range(1 if name == "c" else 2):
            active.log_metric("accuracy", float(generator.random()), step=fold)
        active.finish()
    assert runs.compare(["a", "b"]).differences == ()
    assert any("different folds" in note for note in runs.compare(["a", "b"]).notes)
    assert fold_scores(runs, runs.get("c")) == {}
