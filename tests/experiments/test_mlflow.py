"""To MLflow and back, against the MLflow that is installed (`make test-all` installs it)."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from notewright.errors import Cancelled, MlflowFailed, UnknownId, UsageError
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.mlflow_store.foreign import files_at, paged
from notewright.experiments.mlflow_store.opening import opened, store_uri
from notewright.progress import Progress
from notewright.verbs import find_verb
from notewright.verbs.base import Context
from notewright.workspace import Workspace

pytest.importorskip("mlflow", reason="notewright[mlflow] is not installed")
pytestmark = pytest.mark.slow

RUNS = 100
X = np.random.default_rng(0).normal(size=(80, 3))
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture(scope="module", params=["database", "folder"])
def store(request, tmp_path_factory) -> str:
    """Return the address of an MLflow store with a hundred runs of all sorts."""
    root = tmp_path_factory.mktemp("theirs")
    given = f"sqlite:///{root}/mlflow.db" if request.param == "database" else str(root / "mlruns")
    uri = store_uri(given, must_exist=False)
    with opened(uri) as client:
        fill(client, root)
    return uri


def fill(client, root: Path) -> None:
    from mlflow.entities import Metric, Param, RunTag

    dice = random.Random(5)
    places = [(root / name).as_uri() for name in ("a", "b")]
    ids = [
        client.create_experiment(name, artifact_location=place)
        for name, place in zip(["first & foremost", "second/ß"], places, strict=True)
    ]
    made: list[str] = []
    for number in range(RUNS):
        tags = {"team": dice.choice(["risk", "übung"]), "mlflow.user": "rita"}
        if made and number % 7 == 0:
            tags["mlflow.parentRunId"] = made[-1]
        began = 1_772_546_700_123 + number * 60_000
        run = client.create_run(
            dice.choice(ids), start_time=began, tags=tags, run_name=f"run {number % 90} <b>"
        ).info.run_id
        made.append(run)
        texts = ["0.10", "1e-05", "6", "True", "None", "nan", "007", "", "ü" * 500, "a\nb", "-0.0"]
        client.log_batch(
            run,
            params=[Param(f"p{at} x/y", dice.choice(texts)) for at in range(dice.randrange(6))],
            tags=[RunTag("long", "x" * dice.randrange(4000))],
        )
        values = [0.5, -1.0, 1e300, float("nan"), 1 / 3, 0.0]
        logged = [
            Metric(f"m{dice.randrange(3)}", dice.choice(values), began + dice.randrange(50), step)
            for step in dice.sample(range(-3, 40), dice.randrange(12))
        ]
        client.log_batch(run, metrics=logged)
        if number % 10 == 0:
            client.log_text(run, f"contents {number}", "deep/er/note.txt")
            client.log_text(run, "", "empty.txt")
        status = dice.choice(["FINISHED", "FAILED", "KILLED"])
        client.set_terminated(run, status, end_time=began + dice.randrange(10_000))


def of_store(uri: str) -> dict:
    """Return everything that MLflow tells of a store's runs, by experiment and start."""
    with opened(uri) as client:
        names = {e.experiment_id: e.name for e in client.search_experiments()}
        told = {}
        names_of = {}
        found = client.search_runs(list(names), max_results=50_000)
        for run in found:
            names_of[run.info.run_id] = run.info.start_time
        for run in found:
            tags = {n: v for n, v in run.data.tags.items() if not n.startswith("notewright.")}
            if "mlflow.parentRunId" in tags:
                tags["mlflow.parentRunId"] = names_of[tags["mlflow.parentRunId"]]
            history = sorted(
                (m.key, repr(m.value), m.timestamp, m.step)
                for key in run.data.metrics
                for m in client.get_metric_history(run.info.run_id, key)
            )
            info = run.info
            files = {
                n: d for n, d in files_at(info.artifact_uri).items() if n[:11] != "notewright/"
            }
            told[names[info.experiment_id], info.start_time] = (
                info.run_name,
                info.status,
                info.end_time,
                dict(run.data.params),
                {name: repr(value) for name, value in run.data.metrics.items()},
                tags,
                history,
                files,
            )
        return told


def test_a_hundred_runs_there_and_back_are_in_mlflow_what_they_were(store, tmp_path):
    workspace = Workspace(tmp_path / "mine")
    taken = workspace.mlflow.take(store)
    assert (taken.runs, taken.left_out) == (RUNS, [])
    target = f"sqlite:///{tmp_path}/back.db"
    given = workspace.mlflow.give(target)
    assert (given.runs, given.left_out) == (RUNS, [])
    before = of_store(store)
    assert len(before) == RUNS
    assert of_store(target) == before
    # and a third workspace learns the same from the copy
    other = Workspace(tmp_path / "other")
    assert other.mlflow.take(target).runs == RUNS
    for run in workspace.runs.list():
        again = other.runs.get(run.id)
        assert (again.name, again.status, again.created, again.seconds) == (
            run.name,
            run.status,
            run.created,
            run.seconds,
        )
        assert dict(again.params) == dict(run.params)
        assert repr(other.runs.steps(again)) == repr(workspace.runs.steps(run))
        assert again.parent == run.parent


def test_what_is_taken_over_can_be_searched_and_sorted(store, workspace):
    workspace.mlflow.take(store)
    with opened(store) as client:
        ids = [e.experiment_id for e in client.search_experiments()]
        theirs = client.search_runs(ids, "metrics.m0 > 0.4", max_results=50_000)
    assert len(workspace.runs.list("metrics.m0 > 0.4")) == len(theirs) > 3
    statuses = {run.status for run in workspace.runs.list()}
    assert statuses == {"finished", "failed", "interrupted"}
    child = next(run for run in workspace.runs.list() if run.parent)
    parent = workspace.runs.get(child.parent)
    assert parent.tags["mlflow.run"] == child.tags["mlflow.parentRunId"]


def test_a_second_time_changes_nothing(store, workspace):
    workspace.mlflow.take(store)
    before = [(run.id, run.digest) for run in workspace.runs.list()]
    taken = workspace.mlflow.take(store)
    assert (taken.runs, taken.known) == (0, RUNS)
    assert [(run.id, run.digest) for run in workspace.runs.list()] == before
    # nor does writing runs to where they came from
    given = workspace.mlflow.give(store)
    assert (given.runs, given.known) == (0, RUNS)


def test_cancelling_keeps_whole_runs_and_going_on_takes_the_rest(store, workspace):
    progress = Progress()
    progress.report = lambda fraction, words: progress.cancel() if "run 31 " in words else None
    with pytest.raises(Cancelled):
        workspace.mlflow.take(store, progress=progress)
    assert len(workspace.runs.list()) == 31
    taken = workspace.mlflow.take(store)
    assert (taken.known, taken.runs) == (31, RUNS - 31)


def test_one_experiment_can_be_named(store, workspace):
    taken = workspace.mlflow.take(store, "second/ß")
    assert 0 < taken.runs < RUNS
    assert {run.tags["mlflow.experiment"] for run in workspace.runs.list()} == {"second/ß"}
    with pytest.raises(UnknownId):
        workspace.mlflow.take(store, "absent")


# -- runs that were made here -------------------------------------------------------


@pytest.fixture
def filled(workspace):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    for number in range(RUNS):
        model = None
        if number % 25 == 0:
            kind = RandomForestClassifier(3, random_state=number)
            model = (kind if number % 50 else LogisticRegression()).fit(X, Y)
        run = workspace.runs.start(f"run {number % 90}", {"odd [tag]": "x", "k": str(number)})
        with run:
            run.log_param("grid", {"a": [1, 2]})
            run.log_param("odd [name]", number / 3)
            for step in range(number % 4):
                run.log_metric("loss", 1 / (step + 1), step=step)
            run.log_metric("none", float("nan"))
            if number % 20 == 0:
                run.log_artifact(os.urandom(50), "plots/raw.bin")
                run.log_artifact(b"x", "../../outside.txt")
                run.log_artifact(b"y", "model/MLmodel")
        if model is not None:
            workspace.runs.record(
                f"fitted {number}",
                model=model,
                metrics={"auc": 0.5 + number / 1000, "inf": float("inf")},
                evaluation=Evaluation.of(Y, model.predict(X)),
                parent=workspace.runs.get("last").id,
            )
    me = workspace.identities.me()
    workspace.models.register("fitted 25", "credit", me)
    workspace.models.register("fitted 50", "credit", me)
    workspace.models.move_alias("credit", "champion", 1, None, me)
    return workspace


def test_runs_of_ours_come_back_from_mlflow_as_the_same_records(filled, tmp_path):
    target = f"sqlite:///{tmp_path}/ours.db"
    given = filled.mlflow.give(target)
    assert given.runs == RUNS + 4
    assert given.left_out == []
    assert given.versions == ["credit/1", "credit/2"]
    other = Workspace(tmp_path / "other")
    taken = other.mlflow.take(target)
    assert (taken.runs, taken.versions, taken.aliases, taken.left_out) == (
        RUNS + 4,
        ["credit@1", "credit@2"],
        ["credit@champion"],
        [],
    )
    for run in filled.runs.list():
        again = other.runs.get(run.id)
        assert again.digest == run.digest
        assert again.body() == run.body()
        assert repr(other.runs.steps(again)) == repr(filled.runs.steps(run))
        for artifact in run.artifacts:
            assert other.runs.artifact(again, artifact.name) == filled.runs.artifact(
                run, artifact.name
            )
        if run.evaluation:
            assert other.runs.evaluation(again).dumps() == filled.runs.evaluation(run).dumps()
        if run.model:
            model = other.runs.load_model(again)
            np.testing.assert_array_equal(model.predict(X), filled.runs.load_model(run).predict(X))
    assert not (tmp_path / "outside.txt").exists()
    given = filled.mlflow.give(target)
    assert (given.runs, given.known, given.versions, given.aliases) == (0, RUNS + 4, [], [])


def test_stock_mlflow_lists_the_runs_and_predicts_with_the_versions(filled, tmp_path):
    """In a process of its own that knows nothing of Notewright."""
    target = f"sqlite:///{tmp_path}/ours.db"
    filled.mlflow.give(target, "written by us")
    np.save(tmp_path / "rows.npy", X)
    code = f"""
import mlflow, numpy, sys
mlflow.set_tracking_uri({target!r})
runs = mlflow.search_runs(experiment_names=["written by us"], max_results=1000)
best = mlflow.search_runs(experiment_names=["written by us"], filter_string="metrics.auc > 0.54",
                          order_by=["metrics.auc DESC"])
print(len(runs), best["tags.mlflow.runName"][0], best["params.n_estimators"][0])
assert "notewright" not in sys.modules
model = mlflow.pyfunc.load_model("models:/credit@champion")
answers = model.predict(numpy.load({str(tmp_path / "rows.npy")!r}))
numpy.save({str(tmp_path / "answers.npy")!r}, answers)
mlflow.sklearn.load_model("models:/credit/2").predict_proba(numpy.zeros((1, 3)))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "104 fitted 75 3"
    champion = filled.models.load(filled.models.get("credit@champion"))
    np.testing.assert_array_equal(np.load(tmp_path / "answers.npy"), champion.predict(X))


def test_a_run_whose_writing_was_cut_short_is_written_anew(filled, tmp_path, monkeypatch):
    from mlflow import MlflowClient

    target = f"sqlite:///{tmp_path}/ours.db"

    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_artifacts", stop)
        with pytest.raises(KeyboardInterrupt):
            filled.mlflow.give(target, filter='name == "fitted 25"')
    given = filled.mlflow.give(target, filter='name == "fitted 25"')
    assert (given.runs, given.known) == (1, 0)
    with opened(target) as client:
        (id_,) = [e.experiment_id for e in client.search_experiments() if e.name == "notewright"]
        (run,) = client.search_runs([id_])
    assert run.info.status == "FINISHED"


def test_a_run_that_began_before_a_child_is_its_parent_there_too(filled, tmp_path):
    target = f"sqlite:///{tmp_path}/ours.db"
    filled.mlflow.give(target, filter='name == "fitted 25" or name == "run 25"')
    with opened(target) as client:
        (id_,) = [e.experiment_id for e in client.search_experiments() if e.name == "notewright"]
        runs = {run.info.run_name: run for run in client.search_runs([id_])}
    assert runs["fitted 25"].data.tags["mlflow.parentRunId"] == runs["run 25"].info.run_id


# -- models that MLflow's own users logged --------------------------------------------


@pytest.fixture
def with_models(tmp_path):
    """Return a store whose model has a safe version, a pickled one and an alias for each."""
    import mlflow
    from sklearn.linear_model import LogisticRegression, Ridge

    uri = f"sqlite:///{tmp_path}/models.db"
    with opened(uri) as client:
        experiment = client.create_experiment("e", artifact_location=(tmp_path / "art").as_uri())
        before = mlflow.get_tracking_uri()
        mlflow.set_tracking_uri(uri)
        for kind, model in (
            ("skops", LogisticRegression().fit(X, Y)),
            ("cloudpickle", Ridge().fit(X, Y)),
        ):
            with mlflow.start_run(experiment_id=experiment, run_name=kind):
                mlflow.log_metric("auc", 0.7)
                mlflow.sklearn.log_model(
                    model,
                    name="it",
                    serialization_format=kind,
                    registered_model_name="scorer",
                    pip_requirements=["scikit-learn"],
                )
        client.set_registered_model_alias("scorer", "safe", 1)
        client.set_registered_model_alias("scorer", "pickled", 2)
        client.create_registered_model("a name with spaces")
        mlflow.set_tracking_uri(before)
    return uri


def test_versions_and_aliases_are_taken_over_and_pickles_only_when_trusted(with_models, workspace):
    taken = workspace.mlflow.take(with_models)
    assert taken.versions == ["scorer@1"]
    assert taken.aliases == ["scorer@safe"]
    assert len(taken.left_out) == 2
    assert "trust-pickles" in " ".join(taken.left_out)
    version = workspace.models.get("scorer@safe")
    assert workspace.runs.get(version.run).name == "skops"
    assert workspace.models.load(version).predict(X).shape == (80,)
    taken = workspace.mlflow.take(with_models, trust_pickles=True)
    assert (taken.runs, taken.versions, taken.aliases) == (0, ["scorer@2"], ["scorer@pickled"])
    assert workspace.models.load(workspace.models.get("scorer@2")).predict(X).shape == (80,)
    taken = workspace.mlflow.take(with_models, trust_pickles=True)
    assert (taken.versions, taken.aliases) == ([], [])


def test_models_of_mlflow_are_models_of_mlflow_again_after_the_way_there_and_back(
    with_models, workspace, tmp_path
):
    import mlflow

    workspace.mlflow.take(with_models)
    target = f"sqlite:///{tmp_path}/back.db"
    given = workspace.mlflow.give(target)
    assert (given.versions, given.aliases) == (["scorer/1"], ["scorer@safe"])
    expected = workspace.models.load(workspace.models.get("scorer@safe")).predict(X)
    with opened(target):
        before = mlflow.get_tracking_uri()
        mlflow.set_tracking_uri(target)
        loaded = mlflow.pyfunc.load_model("models:/scorer@safe")
        mlflow.set_tracking_uri(before)
    np.testing.assert_array_equal(loaded.predict(X), expected)


# -- manners ----------------------------------------------------------------------------


def test_environment_filters_and_random_state_are_left_alone(store, workspace):
    import logging

    look = lambda: (  # noqa: E731
        dict(os.environ),
        list(warnings.filters),
        random.getstate(),
        repr(np.random.get_state()),
        logging.getLogger("mlflow").level,
        os.getcwd(),
    )
    before = look()
    workspace.mlflow.take(store)
    assert look() == before


def test_mistakes_are_told_in_words_and_make_no_store(workspace, tmp_path):
    with pytest.raises(UsageError):
        workspace.mlflow.take(f"sqlite:///{tmp_path}/absent.db")
    assert not (tmp_path / "absent.db").exists()
    with pytest.raises(UsageError):
        workspace.mlflow.take(str(tmp_path / "absent"))
    sqlite3.connect(tmp_path / "other.db").executescript(
        "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('x');"
        "CREATE TABLE experiments (a TEXT);"
    )
    with pytest.raises(MlflowFailed):
        workspace.mlflow.take(f"sqlite:///{tmp_path}/other.db")


def test_a_record_that_was_changed_there_is_taken_over_as_mlflow_tells_it(filled, tmp_path):
    target = f"sqlite:///{tmp_path}/ours.db"
    filled.mlflow.give(target, filter='name == "fitted 25"')
    (record,) = (tmp_path / "mlartifacts").rglob("run.json")
    record.write_text(record.read_text().replace('"auc":0.525', '"auc":0.999'))
    other = Workspace(tmp_path / "other")
    assert other.mlflow.take(target).runs == 1
    (run,) = other.runs.list()
    assert run.metrics["auc"] == 0.525
    assert run.origin == "mlflow"


def test_a_record_never_makes_a_strangers_bytes_a_model_that_is_loaded(filled, tmp_path):
    """Not even where the record is whole, and the bytes came along as an artifact."""
    import json

    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    from notewright.errors import ModelUnloadable
    from notewright.store.canonical import canonical, digest_of

    target = f"sqlite:///{tmp_path}/ours.db"
    filled.mlflow.give(target, filter='name == "fitted 25"')
    evil = skops.io.dumps(FunctionTransformer(eval))
    (path,) = (tmp_path / "mlartifacts").rglob("run.json")
    body = json.loads(path.read_text())["record"]
    body["model"]["object"] = body["models"][0]["object"] = digest_of(evil)
    body["artifacts"] = [{"name": "evil", "digest": digest_of(evil), "size": len(evil)}]
    path.write_bytes(canonical({"record": body, "digest": digest_of(canonical(body))}))
    (path.parent.parent / "evil").write_bytes(evil)
    (path.parent.parent / "model" / "model.skops").write_bytes(evil)
    other = Workspace(tmp_path / "other")
    assert other.mlflow.take(target).versions == []
    (run,) = other.runs.list()
    assert run.model.object is None
    with pytest.raises(ModelUnloadable):
        other.runs.load_model(run)


def test_the_verb_takes_over_and_writes(store, workspace, tmp_path):
    def do(*words):
        verb = find_verb("mlflow")
        return verb.run(verb.parser().parse_args(list(words)), Context(workspace))

    assert do("import", store).data()["runs"] == RUNS
    assert "100 runs were here already" in do("import", store).text()
    view = do("export", str(tmp_path / "new.db"), "--filter", "status == 'failed'")
    assert 0 < view.data()["runs"] < RUNS
    with opened(f"sqlite:///{tmp_path}/new.db") as client:
        names = {e.name for e in paged(lambda at: client.search_experiments(page_token=at))}
    assert names >= {"first & foremost", "second/ß"}
