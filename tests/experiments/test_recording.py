"""Recording sees the metrics of the recorded code, and changes nothing else."""

from __future__ import annotations

import threading
import types
import warnings

import numpy as np
import pytest
import sklearn.metrics
from sklearn.metrics import accuracy_score as imported_before
from sklearn.metrics import f1_score, roc_auc_score

from notewright.experiments import hooks
from notewright.experiments.recorder import Recorder

FIT = "from sklearn.linear_model import LogisticRegression\n" + (
    "model = LogisticRegression(C=0.5).fit(X_train, y_train)\n"
)


def inner_functions():
    return [id(cell.cell_contents) for cell, _ in hooks.metric_cells()]


def test_metrics_are_captured_under_every_name(record):
    run = record(
        FIT + "p = model.predict_proba(X_test)[:, 1]\n"
        "import sklearn.metrics as m\n"
        "from sklearn.metrics import f1_score as hidden\n"
        "a = m.roc_auc_score(y_test, p); b = hidden(y_test, model.predict(X_test))\n"
        "c = early(y_test, model.predict(X_test))\n",
        variables={"early": imported_before},
    )
    assert set(run.metrics) == {"roc_auc", "f1", "accuracy"}


def test_score_is_captured_with_its_estimator(record, runs):
    run = record(FIT + "s = model.score(X_test, y_test)")
    assert list(run.metrics) == ["accuracy"]
    assert run.model.variable == "model"
    assert runs.evaluation(run).y_pred is not None


def test_scores_of_pipelines_searches_and_scorers_are_captured(record):
    run = record(
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import GridSearchCV\n"
        "model = GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()),\n"
        "    {'logisticregression__C': [0.1, 1]}, cv=2, scoring='roc_auc')\n"
        "model.fit(X_train, y_train)\n"
        "s = model.score(X_test, y_test)\n"
    )
    assert list(run.metrics) == ["roc_auc"]
    assert run.model.type.endswith("GridSearchCV")


def test_folds_of_cross_validation_are_not_the_runs_metrics(record):
    run = record(
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import cross_val_score\n"
        "s = cross_val_score(LogisticRegression(), X, y, cv=3, scoring='roc_auc')\n"
    )
    assert run.metrics == {}
    assert run.evaluation is None


def test_metrics_inside_metrics_are_not_counted(record):
    run = record(
        FIT + "from sklearn.metrics import f1_score\nf1_score(y_test, model.predict(X_test))"
    )
    assert list(run.metrics) == ["f1"]


def test_the_model_is_known_through_helper_functions_and_variables(record):
    run = record(
        FIT + "other = LogisticRegression(C=9).fit(X_train, y_train)\n"
        "from sklearn.metrics import roc_auc_score\n"
        "def evaluate(estimator):\n"
        "    scores = estimator.predict_proba(X_test)\n"
        "    last = scores[:, 1]\n"
        "    return roc_auc_score(y_test, last)\n"
        "value = evaluate(model)\n"
    )
    assert run.model.variable == "model"
    assert run.params["C"] == 0.5
    assert any("model and other" in note and "scored" in note for note in run.notes)


def test_without_a_metric_the_model_fitted_last_is_the_runs(record):
    run = record(FIT + "another = LogisticRegression(C=3.0)\nanother.fit(X_train, y_train)\n")
    assert run.model.variable == "another"
    assert {model.variable for model in run.models} == {"model", "another"}
    assert any("fitted last" in note for note in run.notes)
    assert run.evaluation is None


def test_everything_is_undone_afterwards():
    before = inner_functions()
    with Recorder().recording():
        assert inner_functions() != before
    assert inner_functions() == before


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_everything_is_undone_after_exceptions(error):
    before = inner_functions()
    with pytest.raises(error), Recorder().recording():
        raise error
    assert inner_functions() == before
    assert hooks.observer.get() is None


def test_nested_recordings_see_their_own_calls():
    before = inner_functions()
    outer, inner = Recorder(), Recorder()
    with outer.recording():
        imported_before([0, 1], [0, 1])
        with inner.recording():
            roc_auc_score([0, 1], [0.1, 0.2])
        f1_score([0, 1], [0, 1])
    assert [seen.metric for seen in outer.observations] == ["accuracy", "f1"]
    assert [seen.metric for seen in inner.observations] == ["roc_auc"]
    assert inner_functions() == before


def test_other_threads_are_neither_recorded_nor_disturbed():
    recorder = Recorder()
    results = []
    start, stop = threading.Event(), threading.Event()

    def elsewhere():
        start.set()
        while not stop.is_set():
            results.append(imported_before([0, 1, 1], [0, 1, 0]))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    start.wait()
    for _ in range(50):
        with recorder.recording():
            roc_auc_score([0, 1], [0.1, 0.2])
    stop.set()
    thread.join()
    assert {seen.metric for seen in recorder.observations} == {"roc_auc"}
    assert len(recorder.observations) == 50
    assert set(results) == {2 / 3}


def test_two_threads_record_at_once():
    before = inner_functions()
    recorders = [Recorder() for _ in range(4)]
    barrier = threading.Barrier(4)

    def work(recorder, count):
        barrier.wait()
        for _ in range(20):
            with recorder.recording():
                for _ in range(count):
                    imported_before([0, 1], [0, 1])

    threads = [threading.Thread(target=work, args=(r, n + 1)) for n, r in enumerate(recorders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(recorder.observations) for recorder in recorders] == [20, 40, 60, 80]
    assert inner_functions() == before


def test_a_metric_that_raises_is_the_users_error(record):
    recorder = Recorder()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"), recorder.recording():
        imported_before([0, 1], [0])
    with recorder.recording():
        imported_before([0, 1], [0, 1])
    assert len(recorder.observations) == 1


def test_a_call_that_cannot_be_kept_is_named_and_does_not_disturb(monkeypatch):
    def broken(*_):
        raise RuntimeError("no room")

    monkeypatch.setattr("notewright.experiments.observation.value_digest", broken)
    recorder = Recorder()
    with recorder.recording():
        value = imported_before([0, 1], [0, 1])
    assert value == 1.0
    assert recorder.observations == []
    [problem] = recorder.problems
    assert "accuracy_score" in problem


def test_warnings_are_the_same_with_and_without_recording():
    def warned():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            sklearn.metrics.precision_score([0, 0, 1], [0, 0, 0])
            sklearn.metrics.cohen_kappa_score([0, 0], [0, 0])
            sklearn.metrics.class_likelihood_ratios([0, 0, 1], [0, 0, 0])
            sklearn.metrics.r2_score([1.0], [1.0])
        return [(str(w.message), w.category, w.filename, w.lineno) for w in caught]

    plain = warned()
    with Recorder().recording():
        recorded = warned()
    assert recorded == plain
    assert len(plain) >= 3


def test_the_random_state_and_the_arrays_are_left_alone():
    true, scores = np.array([0, 1, 0, 1]), np.array([0.1, 0.9, 0.4, 0.3])
    copies = true.copy(), scores.copy()
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    recorder = Recorder()
    with recorder.recording():
        roc_auc_score(true, scores)
    assert np.array_equal(before, np.random.get_state()[1])
    assert np.array_equal(true, copies[0])
    assert np.array_equal(scores, copies[1])
    # What was recorded is a copy: changing the arrays later changes nothing.
    scores[:] = 0
    assert recorder.observations[0].scored.score.tolist() == copies[1].tolist()


METRICS = {
    name: function
    for name in sklearn.metrics.__all__
    if isinstance(function := getattr(sklearn.metrics, name), types.FunctionType)
}


def test_most_of_sklearns_metrics_are_reached():
    reached = {function.__name__ for _, function in hooks.metric_cells()}
    assert {"roc_auc_score", "accuracy_score", "mean_squared_error", "silhouette_score"} <= reached
    assert len(reached) >= 45
    assert "make_scorer" not in reached


ESTIMATORS = [
    "LogisticRegression", "LogisticRegressionCV", "RidgeClassifier", "SGDClassifier",
    "Perceptron", "LinearSVC", "SVC", "DecisionTreeClassifier", "ExtraTreeClassifier",
    "RandomForestClassifier", "ExtraTreesClassifier", "GradientBoostingClassifier",
    "HistGradientBoostingClassifier", "AdaBoostClassifier", "BaggingClassifier",
    "KNeighborsClassifier", "NearestCentroid", "GaussianNB", "BernoulliNB",
    "LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis", "MLPClassifier",
    "DummyClassifier", "CalibratedClassifierCV",
]  # fmt: skip


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.filterwarnings("ignore")
def test_results_are_bit_identical_with_recording(name, record):
    from sklearn.utils import all_estimators

    kind = dict(all_estimators(type_filter="classifier"))[name]

    def work(space):
        import inspect

        options = (
            {"random_state": 0} if "random_state" in inspect.signature(kind).parameters else {}
        )
        model = kind(**options).fit(space["X_train"], space["y_train"])
        pred = model.predict(space["X_test"])
        true = space["y_test"]
        values = [METRICS[m](true, pred) for m in ("accuracy_score", "f1_score", "log_loss")]
        values += [METRICS[m](true, pred) for m in ("classification_report", "confusion_matrix")]
        values += [model.score(space["X_test"], true)]
        if hasattr(model, "predict_proba"):
            proba = model.predict_proba(space["X_test"])
            values += [METRICS["roc_auc_score"](true, proba[:, 1]), proba]
        return [pred, *values]

    space: dict = {"work": work}
    plain: dict = {}
    record("", variables=space)
    plain = work(space)
    run = record("model_out = work(globals())", variables=space)
    for ours, theirs in zip(space["model_out"], plain, strict=True):
        assert np.array_equal(ours, theirs), name
    assert {"accuracy", "f1", "log_loss"} <= set(run.metrics)


REGRESSION = [
    "mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "r2_score",
    "median_absolute_error", "max_error", "explained_variance_score", "mean_pinball_loss",
    "mean_absolute_percentage_error", "d2_absolute_error_score",
]  # fmt: skip


@pytest.mark.parametrize("name", REGRESSION)
def test_regression_metrics_are_recorded_with_the_users_value(name, generator):
    true = generator.normal(size=50)
    pred = true + generator.normal(size=50)
    plain = METRICS[name](true, pred)
    recorder = Recorder()
    with recorder.recording():
        value = METRICS[name](true, pred)
    assert value == plain
    [seen] = recorder.observations
    assert seen.value == plain
    assert seen.scored.task == "regression"


def test_metrics_are_named_after_what_makes_them_different(generator):
    true, pred = generator.integers(0, 3, 60), generator.integers(0, 3, 60)
    recorder = Recorder()
    with recorder.recording():
        f1_score(true, pred, average="macro")
        f1_score(true, pred, average="weighted")
        sklearn.metrics.fbeta_score(true, pred, beta=2, average="micro")
        sklearn.metrics.mean_squared_error(true, pred)
        sklearn.metrics.silhouette_score(true[:, None], pred)
    assert [seen.metric for seen in recorder.observations] == [
        "f1_macro", "f1_weighted", "fbeta_micro_beta_2", "mse", "silhouette",
    ]  # fmt: skip
