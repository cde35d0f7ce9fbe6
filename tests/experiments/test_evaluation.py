"""The scored rows: what is kept, and which calls belong together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from notewright.errors import BadRecord
from notewright.experiments.evaluation import Evaluation

FIT = (
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import accuracy_score, roc_auc_score\n"
    "model = LogisticRegression().fit(X_train, y_train)\n"
)


def test_row_labels_are_the_index_of_a_series():
    true = pd.Series([1, 0, 1], index=[7, 3, 9])
    evaluation = Evaluation.of(true, [1, 0, 0])
    assert evaluation.rows.tolist() == [7, 3, 9]
    named = Evaluation.of(pd.Series(["a", "b"], index=["x", "y"]), ["a", "a"])
    assert named.rows.tolist() == ["x", "y"]
    assert Evaluation.of([1, 0], [1, 1]).rows.tolist() == [0, 1]


@pytest.mark.parametrize(
    "true",
    [
        [0, 1, 1],
        [True, False, True],
        ["good", "bad", "good"],
        [0.5, 1.25, 7.0],
        pd.Series(["a", "b", "a"], dtype="category"),
        pd.Series(["a", "b", "a"], dtype="str"),
        np.array([[0, 1], [1, 1], [0, 0]]),
    ],
)
def test_it_comes_back_from_bytes_as_it_was(true):
    evaluation = Evaluation.of(true, true)
    again = Evaluation.loads(evaluation.dumps())
    for name in ("rows", "y_true", "y_pred"):
        assert np.array_equal(getattr(again, name), getattr(evaluation, name))
    assert again.positive == evaluation.positive
    assert again.task == evaluation.task
    assert again.row_digest == evaluation.row_digest
    assert evaluation.dumps() == again.dumps()


@pytest.mark.parametrize(
    ("true", "said"),
    [
        ([0, 1, 1], [True, False, True]),
        ([False, True, True], [1, 0, 1]),
        ([0.0, 1.0, 1.0], [True, False, True]),
        ([0.0, 1.0, 1.0], [1, 0, 1]),
    ],
)
def test_labels_are_written_as_the_true_ones_are(true, said):
    evaluation = Evaluation.of(true, said)
    assert evaluation.y_pred.astype(str).tolist() == [str(true[n]) for n in (1, 0, 1)]
    unlike = replace(evaluation, y_pred=np.array(said))
    stored = Evaluation.loads(unlike.dumps())  # as it was kept before
    assert stored.y_pred.dtype == evaluation.y_true.dtype


def test_labels_that_the_true_ones_cannot_say_stay_as_they_are():
    assert Evaluation.of([False, True], [2, 1]).y_pred.tolist() == [2, 1]
    assert Evaluation.of([1, 0], [0.5, 1.0], task="classification").y_pred.tolist() == [0.5, 1.0]


def test_bytes_hold_no_pickle():
    data = Evaluation.of(np.array(["a", "b"], dtype=object), ["a", "b"]).dumps()
    with np.load(__import__("io").BytesIO(data), allow_pickle=False) as stored:
        assert set(stored.files) == {"header", "rows", "y_true", "y_pred"}


def test_row_digest_knows_rows_and_truth_but_not_order_width_or_predictions():
    true = pd.Series([1, 0, 1], index=[7, 3, 9])
    digest = Evaluation.of(true, [1, 1, 1]).row_digest
    assert Evaluation.of(true, [0, 0, 0]).row_digest == digest
    assert Evaluation.of(true.astype("int8"), [0, 0, 0]).row_digest == digest
    assert Evaluation.of(true.astype(float), [0, 0, 0]).row_digest == digest
    assert Evaluation.of(true.iloc[[2, 0, 1]], [0, 0, 0]).row_digest == digest
    assert Evaluation.of(true.iloc[:2], [0, 0]).row_digest != digest
    assert Evaluation.of(pd.Series([1, 1, 1], index=[7, 3, 9]), [0, 0, 0]).row_digest != digest
    assert Evaluation.of([1, 0, 1], [0, 0, 0]).row_digest != digest


def test_positive_label_is_the_greater_of_two_or_the_one_given():
    assert Evaluation.of([0, 1], [1, 1]).positive == 1
    assert Evaluation.of(["bad", "good"], y_score=[0.1, 0.2]).positive == "good"
    assert Evaluation.of(["bad", "good"], y_score=[0.1, 0.2], positive="bad").positive == "bad"
    assert Evaluation.of([0, 1, 2], [1, 1, 1]).positive is None


def test_lengths_must_agree_and_something_must_be_predicted():
    with pytest.raises(BadRecord, match="y_pred has 2 rows, y_true has 3"):
        Evaluation.of([1, 0, 1], [1, 0])
    with pytest.raises(BadRecord, match="needs y_pred or y_score"):
        Evaluation.of([1, 0, 1])


def test_scores_and_labels_of_the_same_rows_are_one_evaluation(record, runs):
    run = record(
        FIT + "p = model.predict_proba(X_test)[:, 1]\n"
        "roc_auc_score(y_test, p); accuracy_score(y_test, model.predict(X_test))\n"
    )
    evaluation = runs.evaluation(run)
    assert evaluation.y_score is not None
    assert evaluation.y_pred is not None
    assert evaluation.positive == 1
    assert evaluation.probability
    assert run.row_digest == evaluation.row_digest


def test_training_rows_are_not_the_evaluation_when_there_are_test_rows(record, runs):
    run = record(FIT + "a = model.score(X_test, y_test); b = model.score(X_train, y_train)\n")
    assert set(run.metrics) == {"accuracy", "accuracy_y_train"}
    assert len(runs.evaluation(run)) == 300
    assert any("y_test" in note for note in run.notes)


def test_two_models_on_the_same_rows_are_kept_apart(record, runs):
    run = record(
        FIT + "other = LogisticRegression(C=1e-4).fit(X_train, y_train)\n"
        "accuracy_score(y_test, other.predict(X_test))\n"
        "accuracy_score(y_test, model.predict(X_test))\n"
        "roc_auc_score(y_test, other.predict_proba(X_test)[:, 1])\n"
        "roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])\n"
    )
    assert run.model.variable == "model"
    assert set(run.metrics) == {"accuracy", "roc_auc", "accuracy_model_2", "roc_auc_model_2"}
    evaluation = runs.evaluation(run)
    from sklearn.metrics import accuracy_score, roc_auc_score

    assert accuracy_score(evaluation.y_true, evaluation.y_pred) == run.metrics["accuracy"]
    assert roc_auc_score(evaluation.y_true, evaluation.y_score) == run.metrics["roc_auc"]


def test_a_metric_computed_again_keeps_its_curve_and_the_last_value(record, runs):
    run = record(
        FIT + "p = model.predict_proba(X_test)[:, 1]\n"
        "for cut in (0.2, 0.9, 0.5): accuracy_score(y_test, p > cut)\n"
    )
    curve = runs.steps(run)
    assert [(name, step) for name, step, _ in curve] == [("accuracy", n) for n in range(3)]
    assert run.metrics["accuracy"] == curve[-1][2]
    assert any("3 times" in note for note in run.notes)
