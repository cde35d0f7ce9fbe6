"""A file that runs code when it is loaded never runs it, wherever it is offered."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import skops.io
import yaml
from sklearn.linear_model import LogisticRegression
from tests.attacks.conftest import Payload
from tests.edited import edited

from notewright.errors import BadRecord, ModelUnloadable, NotewrightError, UntrustedStore
from notewright.experiments.arrays import read_array, read_arrays
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.mlflow_store import flavour
from notewright.experiments.rows import load_labels
from notewright.workspace import Workspace


def skops_that_calls(module: str, name: str, arguments: tuple[Any, ...]) -> bytes:
    """Return a skops file one of whose nodes calls what it names, as those of losses do."""
    data = skops.io.dumps({"arguments": arguments})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema = json.loads(archive.read("schema.json"))
        parts = {n: archive.read(n) for n in archive.namelist() if n != "schema.json"}
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps({}))) as archive:
        nothing = json.loads(archive.read("schema.json"))
    node = {
        "__class__": name,
        "__module__": module,
        "__loader__": "LossNode",
        "__id__": 99,
        "__reduce__": {"args": schema["content"]["arguments"]},
        "content": {k: v for k, v in nothing.items() if k not in ("protocol", "_skops_version")},
        "protocol": schema["protocol"],
        "_skops_version": schema["_skops_version"],
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
        archive.writestr("schema.json", json.dumps(node))
    return out.getvalue()


def poisoned_array(marker: Path) -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([Payload(str(marker))], dtype=object), allow_pickle=True)
    return out.getvalue()


def with_joblib(marker: Path) -> bytes:
    out = io.BytesIO()
    joblib.dump(Payload(str(marker)), out)
    return out.getvalue()


def calls_load(marker: Path) -> bytes:
    file = marker.with_name("poisoned.npy")
    file.write_bytes(poisoned_array(marker))
    return skops_that_calls("numpy", "load", (str(file), None, True))


POISONS = {
    "pickle": lambda marker: pickle.dumps(Payload(str(marker))),
    "joblib": with_joblib,
    "npy": poisoned_array,
    "skops that calls numpy.load": calls_load,
    "skops that opens a file": lambda marker: skops_that_calls(
        "sklearn.datasets._covtype", "GzipFile", (str(marker), "wb")
    ),
    "skops that calls open": lambda marker: skops_that_calls(
        "builtins", "open", (str(marker), "w")
    ),
    "skops that calls eval": lambda marker: skops_that_calls(
        "builtins", "eval", (f"open({str(marker)!r}, 'w')",)
    ),
    "skops that calls os.system": lambda marker: skops_that_calls(
        "os", "system", (f"touch '{marker}'",)
    ),
    "skops that saves an array": lambda marker: skops_that_calls(
        "numpy", "savetxt", (str(marker), (1, 2))
    ),
    "skops that calls through scipy": lambda marker: skops_that_calls(
        "scipy.io", "savemat", (str(marker), {"a": 1})
    ),
}


@pytest.fixture(params=POISONS)
def poison(request, marker) -> bytes:
    return POISONS[request.param](marker)


def test_the_payload_would_run_if_it_were_loaded(tmp_path):
    """Or the tests below would prove nothing."""
    marker = tmp_path / "ran"
    pickle.loads(pickle.dumps(Payload(str(marker)))).close()
    assert marker.exists()
    marker.unlink()
    data = calls_load(marker)
    for file in skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data)):
        file.close()
    assert marker.exists()


def test_as_the_stored_model_of_a_run(workspace, poison):
    """The record is right, and its digest: the store is somebody else's."""
    model = LogisticRegression()
    digest = workspace.store.objects.put(poison)
    run = workspace.runs.record("poisoned", model=model, object=digest)
    with pytest.raises(ModelUnloadable):
        workspace.runs.load_model(run)


@pytest.mark.parametrize("kind", ["skops", "pickle", "cloudpickle", "joblib", "onnx", "?"])
def test_as_the_model_of_an_mlflow_run(poison, kind):
    own = {"pickled_model": "it", "serialization_format": kind}
    files = {"MLmodel": yaml.safe_dump({"flavors": {"sklearn": own}}).encode(), "it": poison}
    with pytest.raises(flavour.NotLoadable):
        flavour.read(files, trust_pickles=False)


def test_as_the_description_of_an_mlflow_model(marker):
    text = f"!!python/object/apply:builtins.open ['{marker}', 'w']"
    with pytest.raises(flavour.NotLoadable):
        flavour.read({"MLmodel": text.encode()}, trust_pickles=True)


def test_as_a_policy(workspace, marker):
    text = f"version: !!python/object/apply:builtins.open ['{marker}', 'w']\n"
    (workspace.root / "policy.yaml").write_text(text)
    with pytest.raises(NotewrightError):
        workspace.policy()


@pytest.mark.parametrize("read", [read_array, load_labels, read_arrays, Evaluation.loads])
def test_as_stored_rows(poison, read):
    with pytest.raises(BadRecord):
        read(poison)


@pytest.mark.parametrize("part", ["rows.npy", "y_true.npy", "header.npy"])
def test_as_a_part_of_stored_predictions(marker, part):
    sound = Evaluation.of([0, 1], [0, 1]).dumps()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, poisoned_array(marker) if name == part else old.read(name))
    with pytest.raises(BadRecord):
        Evaluation.loads(out.getvalue())


@pytest.mark.parametrize(
    "suffix", [".pkl", ".joblib", ".npy", ".skops", ".onnx", ".csv", ".parquet"]
)
def test_as_a_data_file_that_is_added_shown_compared_and_given_back(
    workspace, marker, tmp_path, suffix
):
    poison = POISONS["pickle"](marker)
    datasets = workspace.datasets
    versions = []
    for number in range(2):
        file = tmp_path / f"rows{number}{suffix}"
        file.write_bytes(poison + bytes(number))
        versions.append(datasets.add(file, "rows")[0])
    for act in (lambda: datasets.load(versions[0]), lambda: datasets.diff(*versions)):
        with contextlib.suppress(Exception):  # pandas may say what it likes
            act()
    assert datasets.write(versions[0], tmp_path / "back").read_bytes() == poison


def unpickled_group(root: Path) -> Workspace:
    """Return the workspace as another user's machine would open it: no key of its is trusted."""
    return Workspace(root)


def test_as_a_variable_in_a_store_that_somebody_else_signed(notebook, tmp_path, monkeypatch):
    notebook.run("table = [1, 2]")
    snapshot = notebook.recorder.take("theirs")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another user"))
    with pytest.raises(UntrustedStore):
        unpickled_group(tmp_path).snapshots.load(snapshot)


def test_as_a_snapshots_record_that_was_edited_in_the_database(notebook, tmp_path, marker):
    notebook.run("table = [1, 2]")
    taken = notebook.recorder.take("mine")
    store = notebook.workspace.store
    record = store.objects.get_json(taken.digest)
    poison = store.objects.put(pickle.dumps(Payload(str(marker))))
    text = json.dumps(record).replace(taken.variables[0].group, poison)
    digest = store.objects.put(text.encode())
    edited(store.root, "UPDATE snapshots SET digest = ?", digest)
    again = Workspace(tmp_path)
    with pytest.raises(NotewrightError):
        again.snapshots.load(again.snapshots.get(taken.id))
    with pytest.raises(UntrustedStore):
        again.snapshots.load(replace(taken, digest=digest))


def test_as_the_stream_of_a_snapshots_variable(notebook, tmp_path, marker):
    """The record is signed, and names what it holds by hash: other bytes are not what it names."""
    notebook.run("table = [1, 2]")
    taken = notebook.recorder.take("mine")
    objects = notebook.workspace.store.objects
    for digest in list(objects):
        place = objects.place(digest)
        if place is not None:
            poison = pickle.dumps(Payload(str(marker)))
            target = objects.root / "packs" / place.pack
            content = bytearray(target.read_bytes())
            content[place.offset : place.offset + len(poison)] = poison
            target.chmod(0o600)
            target.write_bytes(content)
    again = Workspace(tmp_path)
    with pytest.raises(NotewrightError):
        again.snapshots.load(taken)
