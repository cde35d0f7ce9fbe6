"""Runs: their life, what is kept of them, and how they are found."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pandas as pd
import pytest
from tests.older_stores import make_older

from notewright.errors import (
    AmbiguousId,
    BadRecord,
    ModelUnloadable,
    NoEvaluation,
    NoModel,
    UnknownId,
)
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.run import Run
from notewright.experiments.runs import Runs
from notewright.state.namespace import Namespace
from notewright.state.records import FileRead
from notewright.store import Store
from notewright.store.canonical import digest_of

FILES = (FileRead("data/a.csv", "0" * 64, 12),)


def test_a_run_knows_what_happened_without_a_line_of_logging(record, runs):
    run = record(
        "from sklearn.ensemble import RandomForestClassifier\n"
        "forest = RandomForestClassifier(n_estimators=7, max_depth=3, random_state=1)\n"
        "forest.fit(X_train, y_train)\n"
        "print(forest.score(X_test, y_test))\n",
        name="forest, depth 3",
    )
    again = runs.get(run.id)
    assert again == run
    assert run.status == "finished"
    assert run.model.type == "sklearn.ensemble._forest.RandomForestClassifier"
    assert run.params["max_depth"] == 3
    assert run.params["min_samples_leaf"] == 1
    assert set(run.changed_params) == {"n_estimators", "max_depth", "random_state"}
    assert 0 < run.metrics["accuracy"] <= 1
    assert run.seconds > 0


def test_the_record_is_evidence(record, store):
    run = record("from sklearn.svm import SVC\nmodel = SVC().fit(X, y)\n")
    data = store.objects.get(run.digest)
    assert digest_of(data) == run.digest
    assert Run.parse(data, run.digest) == run


def test_a_model_that_resists_does_not_cost_the_run(record):
    run = record(
        "from sklearn.base import BaseEstimator\n"
        "class Stubborn(BaseEstimator):\n"
        "    def __init__(self, *parts): self.parts = parts\n"
        "    def fit(self, X, y): self.seen_ = 1; return self\n"
        "    def predict(self, X): return X[:, 0]\n"
        "    def __reduce_ex__(self, protocol): raise TypeError('not today')\n"
        "model = Stubborn().fit(X, y)\n"
    )
    assert run.status == "finished"
    assert run.model is None
    assert any("could not be kept: not today" in note for note in run.notes)
    assert any("cannot be read" in note for note in run.notes)


def test_logging_by_hand_wins_and_keeps_steps(runs):
    active = runs.start("by hand", {"team": "risk"})
    for step in range(5):
        active.log_metric("loss", 1.0 / (step + 1), step=step)
    active.log_metric("profit", np.float32(2.5))
    active.log_param("depth", np.int64(4))
    active.log_param("seed", 2**60)
    active.log_artifact(b"hello", "note.txt")
    active.set_tag("stage", "trial")
    run = active.finish()
    assert run.metrics == {"loss": 0.2, "profit": 2.5}
    assert run.params == {"depth": 4, "seed": str(2**60)}
    assert run.tags == {"team": "risk", "stage": "trial"}
    assert runs.steps(run)[0] == ("loss", 0, 1.0)
    assert len(runs.steps(run)) == 5
    assert runs.artifact(run, "note.txt") == b"hello"
    with pytest.raises(UnknownId):
        runs.artifact(run, "other.txt")
    with pytest.raises(BadRecord, match="has ended"):
        active.log_metric("late", 1)


def test_a_run_is_found_by_how_its_name_begins_where_no_other_does(runs):
    for name in ("Ridge alpha=1", "Ridge alpha=2", "Tree 100%", "Tree 100%"):
        runs.record(name)
    last = runs.get("last")
    assert runs.get("Tree") == runs.get("Tree 100%") == last
    assert runs.get("Ridge alpha=1").name == "Ridge alpha=1"
    with pytest.raises(AmbiguousId, match=r"'Ridge alpha=1', 'Ridge alpha=2'"):
        runs.get("Ridge")
    for absent in ("", "%", "Tree%", "ree"):
        with pytest.raises(UnknownId):
            runs.get(absent)


def test_artifacts_are_kept_as_they_were_when_logged(runs, tmp_path):
    file = tmp_path / "plot.svg"
    file.write_text("first")
    active = runs.start("plots")
    active.log_artifact(file)
    file.write_text("second")
    run = active.finish()
    assert runs.artifact(run, "plot.svg") == b"first"
    with pytest.raises(BadRecord, match="cannot be read"):
        runs.start("none").log_artifact(tmp_path / "missing.svg")


@pytest.mark.parametrize("value", ["high", None, [1, 2]])
def test_a_metric_must_be_a_number(runs, value):
    with pytest.raises(BadRecord, match="must be a number"):
        runs.start("x").log_metric("auc", value)


@pytest.mark.parametrize("name", ["", 3, "x" * 300])
def test_names_of_values_are_checked(runs, name):
    with pytest.raises(BadRecord, match="cannot name a value"):
        runs.start("x").log_param(name, 1)


def test_not_a_number_and_infinity_survive(runs):
    run = runs.record("odd", metrics={"a": float("nan"), "b": float("inf"), "c": -float("inf")})
    metrics = runs.get(run.id).metrics
    assert np.isnan(metrics["a"])
    assert (metrics["b"], metrics["c"]) == (float("inf"), -float("inf"))
    frame = runs.frame()
    assert frame["metrics.b"][0] == float("inf")
    assert np.isnan(frame["metrics.a"][0])


def test_a_failed_run_keeps_what_it_had(runs):
    namespace = Namespace({})

    def cell():
        with runs.start("oops", namespace=namespace) as active:
            active.log_metric("before", 1.0)
            1 / 0

    with pytest.raises(ZeroDivisionError):
        cell()
    run = runs.get("oops")
    assert run.status == "failed"
    assert run.metrics == {"before": 1.0}
    assert run.error == "ZeroDivisionError: division by zero"


def test_an_interrupted_run_is_kept_as_such(runs):
    def cell():
        with runs.start("stopped") as active:
            active.log_param("depth", 3)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cell()
    run = runs.get("stopped")
    assert (run.status, run.params) == ("interrupted", {"depth": 3})


def test_finishing_twice_is_finishing_once(runs):
    active = runs.start("once")
    assert active.finish() is active.finish("failed")
    assert len(runs.list()) == 1


def test_runs_are_found_by_id_prefix_name_and_last(runs):
    first = runs.record("same")
    second = runs.record("same")
    other = runs.record("gbm, depth 6")
    assert runs.get(first.id[:10]).id == first.id
    assert runs.get("same").id == second.id
    assert runs.get("last").id == other.id
    assert runs.get("gbm, depth 6").id == other.id
    with pytest.raises(UnknownId, match="no run 'zzz'"):
        runs.get("zzz")
    with pytest.raises(UnknownId):
        runs.get("0123456789abcdef0")


def test_an_ambiguous_prefix_is_refused(runs):
    ids = [runs.record("x").id for _ in range(17)]
    prefix = next(i[0] for i in ids if sum(j[0] == i[0] for j in ids) > 1)
    with pytest.raises(AmbiguousId):
        runs.get(prefix)


def test_a_frame_has_one_row_a_run_and_typed_columns(runs):
    runs.record("a", params={"depth": 3, "loss": "log"}, metrics={"auc": 0.5}, tags={"t": "1"})
    runs.record("b", params={"depth": 5}, metrics={"auc": 0.7, "f1": 0.1})
    frame = runs.frame("metrics.auc > 0.4")
    assert frame["name"].tolist() == ["a", "b"]
    assert frame["params.depth"].tolist() == [3, 5]
    assert frame["metrics.auc"].dtype == float
    assert frame["params.loss"][0] == "log"
    assert pd.isna(frame["params.loss"][1])
    assert pd.isna(frame["metrics.f1"][0])
    assert str(frame["created"].dtype).startswith("datetime64")
    assert runs.list().frame().equals(runs.frame())
    assert len(runs.list("metrics.auc > 9").frame()) == 0


def test_a_list_of_runs_is_a_sequence(runs):
    for name in "abc":
        runs.record(name)
    found = runs.list()
    assert [run.name for run in found] == ["a", "b", "c"]
    assert [run.name for run in found[1:]] == ["b", "c"]
    assert found[-1].name == "c"
    assert repr(found) == "RunList of 3 runs"


def test_a_retrained_model_is_recorded_outside_a_kernel(runs):
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=2.0).fit([[0.0], [1.0], [2.0]], [0, 1, 1])
    run = runs.record(
        "challenger",
        model=model,
        params={"rows": 3},
        metrics={"roc_auc": 0.9},
        evaluation=Evaluation.of([0, 1, 1], [0, 1, 1]),
        files=FILES,
        origin="retrain",
    )
    assert run.origin == "retrain"
    assert run.params["C"] == 2.0
    assert run.params["rows"] == 3
    assert run.changed_params == ("rows", "C")
    assert run.files == FILES
    assert runs.evaluation(run).y_pred.tolist() == [0, 1, 1]
    loaded = runs.load_model(runs.get(run.id))
    assert np.array_equal(loaded.coef_, model.coef_)
    assert runs.of_model(run.model.fingerprint).id == run.id


def test_model_bytes_stored_by_somebody_else_are_used(runs, store):
    import skops.io
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    digest = store.objects.put(skops.io.dumps(model))
    run = runs.record("given", model=model, object=digest)
    assert run.model.object == digest
    assert runs.load_model(run).coef_ == model.coef_


def test_a_model_that_is_not_what_was_recorded_is_refused(runs, store):
    import skops.io
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    other = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    run = runs.record("swapped", model=model, object=store.objects.put(skops.io.dumps(other)))
    with pytest.raises(ModelUnloadable, match="not the model that was recorded"):
        runs.load_model(run)
    run = runs.record("pickled", model=model, object=store.objects.put(b"\x80\x04N."))
    with pytest.raises(ModelUnloadable, match="not in skops' format"):
        runs.load_model(run)


def test_what_a_run_lacks_is_said_in_words(runs):
    run = runs.record("empty")
    with pytest.raises(NoModel, match="recorded no fitted model"):
        runs.load_model(run)
    with pytest.raises(NoEvaluation, match="recorded no predictions"):
        runs.evaluation(run)


def test_flushed_values_survive_a_killed_process(tmp_path):
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from notewright.store import Store
        from notewright.experiments.runs import Runs
        active = Runs(Store(Path(sys.argv[1]))).start("long")
        for step in range(10):
            active.log_metric("loss", 1.0 / (step + 1), step=step)
        active.log_param("depth", 6)
        active.flush()
        print("flushed", flush=True)
        time.sleep(600)
        """
    )
    folder = tmp_path / ".notewright"
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline().strip() == "flushed"
        runs = Runs(Store(folder))
        assert runs.get("long").status == "running"
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    run = runs.get("long")
    assert run.status == "interrupted"
    assert run.metrics == {"loss": 0.1}
    assert run.params == {"depth": 6}
    assert len(runs.steps(run)) == 10
    assert "ended before" in run.error
    assert runs.store.objects.has(run.digest)


def test_two_processes_log_into_one_store_at_once(tmp_path):
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from notewright.store import Store
        from notewright.experiments.runs import Runs
        runs = Runs(Store(Path(sys.argv[1])))
        for n in range(40):
            active = runs.start(f"{sys.argv[2]} {n}")
            for k in range(10):
                active.log_metric(f"m{k}", n + k / 10)
                active.log_param(f"p{k}", k)
                if k == 5:
                    active.flush()
            active.finish()
        """
    )
    folder = tmp_path / ".notewright"
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(folder), name]) for name in "ab"
    ]
    deadline = time.monotonic() + 120
    for process in processes:
        assert process.wait(timeout=deadline - time.monotonic()) == 0
    runs = Runs(Store(folder))
    found = runs.list()
    assert len(found) == 80
    assert all(len(run.metrics) == 10 and run.status == "finished" for run in found)
    assert {run.name for run in found} == {f"{p} {n}" for p in "ab" for n in range(40)}
    assert runs.store.catalog.integrity() == []


def test_logging_costs_microseconds(runs):
    active = runs.start("fast")
    began = time.perf_counter()
    for n in range(1000):
        active.log_metric("loss", n, step=n)
        active.log_param("depth", n)
    assert (time.perf_counter() - began) / 2000 < 0.00015


@pytest.mark.sqlite
def test_runs_of_different_shapes_and_of_older_stores_make_the_same_frame(runs):
    import json

    import pandas as pd

    runs.record("a", metrics={"auc": 0.5, "loss": float("nan")}, params={"x": 1}, tags={"t": "ü"})
    runs.record("b", metrics={"auc": float("inf")}, params={"x": "text", "y": None})
    runs.record("c")
    runs.record("d", metrics={"auc": -0.0, "loss": 1 / 3}, params={"x": True}, tags={"t": "v"})
    before = runs.frame()
    assert before["metrics.auc"].tolist()[0::3] == [0.5, -0.0]
    assert before["metrics.auc"].dtype == before["metrics.loss"].dtype == float
    assert before["params.x"].tolist() == [1, "text", None, True]
    with runs.store.catalog.transaction() as connection:
        for run in runs.list()[:2]:
            groups = (run.metrics, run.params, run.tags)
            text = json.dumps([group[name] for group in groups for name in sorted(group)])
            connection.execute("UPDATE runs SET shape_values = ? WHERE id = ?", (text, run.id))
    pd.testing.assert_frame_equal(runs.frame(), before)


@pytest.mark.sqlite
def test_a_store_from_before_knows_which_run_came_of_which(tmp_path):
    from notewright.experiments.runs import Runs
    from notewright.store import Store

    store = Store(tmp_path / "old")
    first = Runs(store).record("first")
    Runs(store).record("retrained", parent=first.id, origin="retrain")
    make_older(store, 3)
    again = Runs(Store(tmp_path / "old"))
    assert [run.name for run in again.list(f'parent == "{first.id}"')] == ["retrained"]
    assert [run.name for run in again.list("part_of == None")] == ["first", "retrained"]


@pytest.mark.sqlite
@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_a_store_of_each_older_version_keeps_what_its_runs_are_searched_by(runs, version):
    given = {
        "depth": 6, "rate": 0.1, "loss": "log", "deep": True, "none": None,
        "seed": 2**53 + 1, "least": -0.5,
    }  # fmt: skip
    runs.record("old", params=given, metrics={"auc": 0.5})
    runs.record("other", params={"seed": 2**53, "depth": "6"})
    before = runs.frame()
    make_older(runs.store, version)
    again = Runs(Store(runs.store.root))
    for words in (
        "params.depth == 6", "params.depth < 7", "params.rate == 0.1", 'params.loss == "log"',
        "params.deep == true", "params.seed == 9007199254740993", "params.least < 0",
        "params.none == None", "metrics.auc == 0.5", 'params.depth != "6"',
    ):  # fmt: skip
        assert [run.name for run in again.list(words)] == ["old"], words
    assert [run.name for run in again.list("params.seed != 9007199254740993")] == ["other"]
    assert [run.name for run in again.list(order="params.depth")] == ["old", "other"]
    assert [run.name for run in again.list(order="-params.depth")] == ["other", "old"]
    pd.testing.assert_frame_equal(again.frame(), before)
