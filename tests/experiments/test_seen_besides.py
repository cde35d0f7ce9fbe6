"""Learning curves, warnings and what a run took of the machine."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from notewright.experiments.resources import Meter

CURVES = {
    "GradientBoostingClassifier(n_estimators=6, random_state=0)": ("train_loss", "train_score_"),
    "HistGradientBoostingClassifier(max_iter=5, early_stopping=True, scoring='loss')": (
        "validation_score",
        "validation_score_",
    ),
    "MLPClassifier(max_iter=7, random_state=0)": ("loss", "loss_curve_"),
}


@pytest.mark.parametrize("made", CURVES)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("piped", [False, True])
def test_learning_curves_are_metrics_with_steps(made, piped, record, runs):
    space: dict = {}
    name, attribute = CURVES[made]
    fit = f"make_pipeline(StandardScaler(), {made})" if piped else made
    run = record(
        "from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier\n"
        "from sklearn.neural_network import MLPClassifier\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        f"model = {fit}.fit(X_train, y_train)",
        variables=space,
    )
    core = space["model"][-1] if piped else space["model"]
    curve = [(step, value) for n, step, value in runs.steps(run) if n == name]
    assert [value for _, value in curve] == list(getattr(core, attribute))
    assert [step for step, _ in curve] == list(range(len(curve)))
    assert run.metrics[name] == curve[-1][1]


@pytest.mark.filterwarnings("ignore")
def test_models_without_a_curve_say_how_many_rounds_they_took(record):
    space: dict = {}
    run = record(
        "from sklearn.linear_model import SGDClassifier\n"
        "model = SGDClassifier(random_state=0).fit(X_train, y_train)",
        variables=space,
    )
    assert run.metrics == {"n_iter": space["model"].n_iter_}


def test_warnings_are_kept_and_shown_all_the_same(record):
    code = (
        "import warnings\n"
        "for n in range(3):\n    warnings.warn('look out', stacklevel=1)\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "model = LogisticRegression(max_iter=1).fit(X_train, y_train)"
    )
    before = (warnings.showwarning, warnings._showwarnmsg_impl, list(warnings.filters))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = record(code)
    assert run.warnings[0] == "UserWarning: look out (3 times)"
    assert run.warnings[1].startswith("ConvergenceWarning: lbfgs failed to converge")
    assert [str(w.message) for w in caught][:3] == ["look out"] * 3
    assert (warnings.showwarning, warnings._showwarnmsg_impl, list(warnings.filters)) == before


def test_what_a_filter_hides_is_not_kept(record):
    run = record(
        "import warnings\n"
        "with warnings.catch_warnings():\n"
        "    warnings.simplefilter('ignore')\n    warnings.warn('hidden', stacklevel=1)"
    )
    assert run.warnings == ()


def test_processor_time_and_memory_are_kept(record):
    run = record(
        "import time\n"
        "began = time.process_time()\n"
        "while time.process_time() - began < 0.05: pass\n"
        "kept = np.ones(8_000_000)"
    )
    assert 0.05 <= run.cpu_seconds < 60
    assert run.memory >= 40_000_000


def test_memory_that_was_given_back_is_seen_where_it_was_the_most_ever():
    meter = Meter()
    np.ones(40_000_000).sum()
    used = meter.read()
    assert used.memory is not None
    # Another test may have had more: then the peak went unseen, and that is said.
    assert used.memory > 200_000_000 or not used.memory_exact


def test_runs_from_before_are_read(runs):
    import json

    from notewright.experiments.run import Run

    body = json.loads(json.dumps(runs.record("old").body()))
    for name in ("rows", "warnings", "cpu_seconds", "memory", "memory_exact"):
        del body[name]
    old = Run.parse(body, "")
    assert (old.rows, old.warnings, old.cpu_seconds) == ((), (), None)


def test_partial_fits_in_a_loop_are_one_fit(record):
    run = record(
        "from sklearn.linear_model import SGDClassifier\n"
        "model = SGDClassifier(random_state=0)\n"
        "for n in range(3):\n    model.partial_fit(X_train, y_train, classes=[0, 1])"
    )
    assert [rows.count for rows in run.rows] == [300]


def test_models_that_a_loop_does_not_keep_are_counted(record):
    run = record(
        "from sklearn.tree import DecisionTreeClassifier\n"
        "for depth in (1, 2, 3):\n"
        "    model = DecisionTreeClassifier(max_depth=depth).fit(X_train, y_train)\n"
        "    print(model.score(X_test, y_test))"
    )
    assert run.params["max_depth"] == 3
    assert any("models were fitted; the run is of one of them" in note for note in run.notes)


def test_fits_on_another_thread_are_not_the_cells(record):
    run = record(
        "import threading\n"
        "from sklearn.tree import DecisionTreeClassifier\n"
        "def work(): DecisionTreeClassifier().fit(X_train, y_train)\n"
        "thread = threading.Thread(target=work); thread.start(); thread.join()"
    )
    assert run.rows == ()
    assert run.model is None
