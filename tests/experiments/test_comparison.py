"""Comparisons say what differs, by how much, and when it is noise."""

from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn import metrics as sk

from notewright.errors import BadRecord, DifferentRows
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.testset import WORN_AFTER
from notewright.state.records import FileRead


@pytest.fixture
def scored(runs, generator):
    """Record a run with scores of a given quality on the same rows."""
    signal = generator.normal(size=400)
    true = (signal + generator.normal(size=400) > 0).astype(int)

    def make(name, noise, rows=None, **more):
        scores = 1 / (1 + np.exp(-(signal + noise * generator.normal(size=400))))
        labels = (scores > 0.5).astype(int)
        evaluation = Evaluation.of(true, labels, scores, rows=rows, probability=True)
        values = {
            "roc_auc": sk.roc_auc_score(true, scores),
            "accuracy": sk.accuracy_score(true, labels),
        }
        return runs.record(name, metrics=values, evaluation=evaluation, **more)

    return make


def test_a_real_difference_is_said_in_one_sentence(runs, scored):
    scored("poor", 3.0)
    scored("good", 0.1)
    comparison = runs.compare(["poor", "good"])
    difference = comparison.difference("roc_auc")
    low, high = difference.interval
    assert difference.significant
    assert comparison.sentences[0] == (
        f"'good' is better by {difference.value:.2f} AUC (95 % interval {low:.2f} to {high:.2f})."
    )
    assert difference.test == "DeLong test"
    assert comparison.difference("accuracy").test.startswith("McNemar")


def test_of_several_runs_each_sentence_says_which_is_better_than_which(runs, scored):
    for name, noise in (("poor", 3.0), ("fair", 1.0), ("good", 0.1)):
        scored(name, noise)
    told = [s for s in runs.compare(["poor", "fair", "good"]).sentences if "AUC" in s]
    pairs = [s.partition(" by ")[0] for s in told]
    assert pairs == [
        "'fair' is better than 'poor'",
        "'good' is better than 'poor'",
        "'good' is better than 'fair'",
    ]


def test_noise_is_called_noise_with_what_could_have_been_seen(runs, scored):
    scored("a", 0.5)
    scored("b", 0.5)
    comparison = runs.compare(["a", "b"])
    assert all(
        s.startswith("No difference in ") and "it could have shown 0.0" in s
        for s in comparison.sentences
    )
    assert comparison.difference("roc_auc").better is None


def test_values_are_those_the_user_saw(runs, scored):
    run = scored("a", 0.5)
    scored("b", 0.5)
    comparison = runs.compare(["a", "b"])
    for name, value in run.metrics.items():
        estimate = comparison.estimate(0, name)
        assert estimate.value == pytest.approx(value, abs=1e-12)
        assert estimate.interval[0] < value < estimate.interval[1]


def test_lower_is_better_for_losses(runs, generator):
    true = generator.normal(size=300)
    for name, noise in (("rough", 1.0), ("fine", 0.1)):
        pred = true + noise * generator.normal(size=300)
        runs.record(
            name,
            metrics={"rmse": sk.root_mean_squared_error(true, pred)},
            evaluation=Evaluation.of(true, pred),
        )
    comparison = runs.compare(["rough", "fine"])
    assert comparison.sentences[0].startswith("'fine' is better by 0.8")
    assert comparison.difference("rmse").test == "paired bootstrap"


def test_several_runs_are_corrected_together(runs, scored):
    for name, noise in (("a", 0.5), ("b", 0.6), ("c", 3.0)):
        scored(name, noise)
    comparison = runs.compare(["a", "b", "c"])
    assert len(comparison.differences) == 6
    assert all(d.p_adjusted >= d.p_value for d in comparison.differences)


def test_different_rows_are_refused_in_words_unless_told_to(runs, scored):
    scored("a", 0.5)
    scored("b", 0.5, rows=range(1000, 1400))
    with pytest.raises(DifferentRows) as caught:
        runs.compare(["a", "b"])
    assert "400 rows and 400 rows, 0 with the same label" in caught.value.problem
    assert "--allow-different-rows" in caught.value.remedy
    comparison = runs.compare(["a", "b"], allow_different_rows=True)
    assert not comparison.same_rows
    assert comparison.test_set is None
    assert any("different rows" in note for note in comparison.notes)
    assert {d.test for d in comparison.differences} == {"unpaired DeLong test", "unpaired z test"}


def test_rows_in_another_order_are_the_same_rows(runs, generator):
    true = generator.integers(0, 2, 200)
    scores = generator.random(200)
    order = generator.permutation(200)
    runs.record("a", evaluation=Evaluation.of(true, y_score=scores, rows=np.arange(200)))
    shuffled = Evaluation.of(true[order], y_score=scores[order], rows=order)
    runs.record("b", evaluation=shuffled)
    comparison = runs.compare(["a", "b"])
    difference = comparison.difference("roc_auc")
    assert (difference.value, difference.p_value) == (0.0, 1.0)


def test_a_run_without_predictions_is_said_to_have_none(runs, scored, record):
    scored("a", 0.5)
    record("from sklearn.svm import SVC\nmodel = SVC().fit(X, y)\n", name="only fitted")
    comparison = runs.compare(["a", "only fitted"])
    assert comparison.differences == ()
    assert any("'only fitted' has a model but no metric" in note for note in comparison.notes)


def test_one_run_cannot_be_compared_with_itself(runs, scored):
    run = scored("a", 0.5)
    with pytest.raises(BadRecord, match="two different runs"):
        runs.compare([run.id, "a"])


def test_parameters_and_data_that_differ_are_listed(runs, scored):
    scored("a", 0.5, params={"depth": 3, "loss": "log"}, files=[FileRead("x.csv", "a" * 64, 1)])
    scored("b", 0.5, params={"depth": 6, "loss": "log"}, files=[FileRead("x.csv", "b" * 64, 1)])
    comparison = runs.compare(["a", "b"])
    assert [(c.name, c.values) for c in comparison.params] == [("depth", (3, 6))]
    assert [(c.name, c.values) for c in comparison.data] == [("x.csv", ("a" * 12, "b" * 12))]


def test_parameters_of_other_estimators_show_only_what_was_set(record, runs):
    fit = "model = {}.fit(X_train, y_train); model.score(X_test, y_test)\n"
    record("from sklearn.svm import SVC\n" + fit.format("SVC(C=3.0)"), name="svc")
    record(
        "from sklearn.tree import DecisionTreeClassifier as Tree\n"
        + fit.format("Tree(max_depth=2)"),
        name="tree",
    )
    comparison = runs.compare(["svc", "tree"])
    assert [c.name for c in comparison.params] == ["estimator", "C", "max_depth"]


def test_the_test_set_wears_out(runs, scored):
    scored("base", 0.5)
    for n in range(WORN_AFTER):
        scored(f"try {n}", 0.5)
        use = runs.compare(["base", f"try {n}"]).test_set
        assert use.uses == n + 1
        assert use.models == n + 2
        assert use.worn_out == (n + 1 >= WORN_AFTER)
    assert "Their evidence is worn out" in use.sentence
    assert "Choose on fresh rows" in use.sentence


def test_looking_again_or_without_counting_is_no_new_use(runs, scored):
    scored("a", 0.5)
    scored("b", 0.5)
    scored("c", 0.5)
    assert runs.compare(["a", "b"]).test_set.uses == 1
    assert runs.compare(["b", "a"]).test_set.uses == 1
    assert runs.compare(["a", "c"], count=False).test_set.uses == 2
    assert runs.compare(["b", "c"], count=False).test_set.uses == 2


def test_comparing_is_deterministic_and_leaves_the_random_state_alone(runs, generator):
    true = generator.normal(size=50)
    for name in "ab":
        runs.record(name, evaluation=Evaluation.of(true, true + generator.normal(size=50)))
    state = np.random.get_state()[1].copy()
    first, second = runs.compare(["a", "b"]), runs.compare(["a", "b"])
    assert first.differences == second.differences
    assert np.array_equal(state, np.random.get_state()[1])


LABELS = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "f1_macro": lambda t, p: sk.f1_score(t, p, average="macro"),
    "f1_weighted": lambda t, p: sk.f1_score(t, p, average="weighted"),
    "f1_micro": lambda t, p: sk.f1_score(t, p, average="micro"),
    "precision_macro": lambda t, p: sk.precision_score(t, p, average="macro"),
    "recall_weighted": lambda t, p: sk.recall_score(t, p, average="weighted"),
    "matthews_corrcoef": sk.matthews_corrcoef,
}


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("name", LABELS)
def test_label_metrics_from_sums_equal_sklearns(runs, generator, name, classes):
    true = generator.integers(0, classes, 120)
    for run in "ab":
        pred = np.where(generator.random(120) < 0.6, true, generator.integers(0, classes, 120))
        value = LABELS[name](true, pred)
        runs.record(run, metrics={name: value}, evaluation=Evaluation.of(true, pred))
    comparison = runs.compare(["a", "b"])
    for place in (0, 1):
        found = comparison.estimate(place, name).value
        assert found == pytest.approx(comparison.runs[place].metrics[name], abs=1e-12)


@pytest.mark.parametrize("name", ["f1", "precision", "recall"])
def test_metrics_of_the_positive_class_follow_the_label_given(generator, name):
    from notewright.experiments.measures import measure

    true, pred = generator.integers(0, 2, 90), generator.integers(0, 2, 90)
    for positive in (0, 1):
        evaluation = Evaluation.of(true, pred, positive=positive)
        chosen = measure(name)
        value = chosen.value(chosen.contributions(evaluation).sum(axis=0))
        expected = getattr(sk, f"{name}_score")(true, pred, pos_label=positive)
        assert value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "function"),
    [("log_loss", sk.log_loss), ("brier", sk.brier_score_loss)],
)
def test_probability_metrics_equal_sklearns(runs, generator, name, function):
    true = generator.integers(0, 2, 150)
    for run in "ab":
        p = generator.random(150)
        evaluation = Evaluation.of(true, y_score=p, probability=True)
        runs.record(run, metrics={name: function(true, p)}, evaluation=evaluation)
    comparison = runs.compare(["a", "b"])
    found = comparison.estimate(0, name).value
    assert found == pytest.approx(comparison.runs[0].metrics[name], abs=1e-12)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("mse", sk.mean_squared_error),
        ("rmse", sk.root_mean_squared_error),
        ("mae", sk.mean_absolute_error),
        ("r2", sk.r2_score),
    ],
)
def test_regression_metrics_equal_sklearns(runs, generator, name, function):
    true = 1e6 + generator.normal(size=150)
    for run in "ab":
        pred = true + generator.normal(size=150)
        evaluation = Evaluation.of(true, pred)
        runs.record(run, metrics={name: function(true, pred)}, evaluation=evaluation)
    comparison = runs.compare(["a", "b"])
    found = comparison.estimate(0, name).value
    assert found == pytest.approx(comparison.runs[0].metrics[name], rel=1e-9)


def test_metrics_without_a_test_are_named(runs, scored, generator):
    true = generator.integers(0, 2, 60)
    for run in "ab":
        evaluation = Evaluation.of(true, generator.integers(0, 2, 60))
        runs.record(run, metrics={"accuracy": 0.5, "profit": 3.0}, evaluation=evaluation)
    notes = runs.compare(["a", "b"]).notes
    assert any("No interval or test is known for profit" in note for note in notes)


def test_a_hundred_thousand_rows_take_under_two_seconds(runs, generator):
    signal = generator.normal(size=100_000)
    true = (signal + generator.normal(size=100_000) > 0).astype(int)
    for name in "ab":
        scores = 1 / (1 + np.exp(-(signal + generator.normal(size=100_000))))
        evaluation = Evaluation.of(true, (scores > 0.5).astype(int), scores, probability=True)
        values = dict.fromkeys(["roc_auc", "accuracy", "f1", "log_loss", "brier"], 0.0)
        runs.record(name, metrics=values, evaluation=evaluation)
    began = time.perf_counter()
    comparison = runs.compare(["a", "b"])
    assert len(comparison.differences) == 5
    assert time.perf_counter() - began < 4.0  # twice the aim: other work may share the machine
