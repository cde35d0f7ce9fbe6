"""What needs no MLflow: the flavour that is written, and models of strangers that are read."""

from __future__ import annotations

import importlib.util
import json
import pickle
from urllib.parse import quote

import numpy as np
import pytest
import skops.io
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from notewright.errors import MlflowMissing, NotewrightError, UsageError
from notewright.experiments.mlflow_store import flavour
from notewright.experiments.mlflow_store.foreign import files_at
from notewright.experiments.mlflow_store.opening import store_uri
from notewright.experiments.mlflow_store.spelling import is_safe_path, keys, parameter
from notewright.experiments.scalars import Scalar

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


class Danger:
    def __reduce__(self):
        return (open, ("danger-was-here", "w"))


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(3, random_state=0),
        HistGradientBoostingClassifier(max_iter=3),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_model_that_was_written_is_read_and_predicts_the_same(model):
    model.fit(X, Y)
    files = flavour.written(model)
    described = yaml.safe_load(files["MLmodel"])["flavors"]
    trusted = described["sklearn"]["skops_trusted_types"]
    # what MLflow does with it
    theirs = skops.io.loads(files[described["python_function"]["model_path"]], trusted=trusted)
    ours, data = flavour.read(files, trust_pickles=False)
    np.testing.assert_array_equal(theirs.predict(X), model.predict(X))
    np.testing.assert_array_equal(ours.predict(X), model.predict(X))
    assert data == files["model.skops"]


def foreign(data: bytes, kind: str) -> dict[str, bytes]:
    own = {"pickled_model": "it", "serialization_format": kind}
    return {"MLmodel": yaml.safe_dump({"flavors": {"sklearn": own}}).encode(), "it": data}


@pytest.mark.parametrize("kind", ["pickle", "cloudpickle", "skops", "unheard of"])
def test_a_pickle_is_never_loaded_unasked_whatever_it_says_it_is(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(flavour.NotLoadable):
        flavour.read(foreign(pickle.dumps(Danger()), kind), trust_pickles=False)
    assert list(tmp_path.iterdir()) == []


def test_a_pickle_is_loaded_when_it_is_trusted():
    model = LogisticRegression().fit(X, Y)
    loaded, data = flavour.read(foreign(pickle.dumps(model), "pickle"), trust_pickles=True)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    np.testing.assert_array_equal(skops.io.loads(data).predict(X), model.predict(X))


def test_functions_in_a_strangers_model_are_refused_even_of_trusted_libraries():
    from sklearn.utils import shuffle

    for function in (shuffle, np.save, np.load, json.loads):
        data = skops.io.dumps(FunctionTransformer(function))
        if not skops.io.get_untrusted_types(data=data):
            continue  # skops itself trusts it
        with pytest.raises(flavour.NotLoadable, match="not trusted"):
            flavour.parsed(data)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_model_are_refused_in_words(data):
    for given_ in (data, b"PK" + data):
        with pytest.raises(flavour.NotLoadable):
            flavour.parsed(given_)


@pytest.mark.parametrize(
    "text", ["", "[", "flavors: 3", "flavors: {sklearn: 1}", "flavors: {spark: {}}", "- a"]
)
def test_a_description_that_is_none_is_refused_in_words(text):
    with pytest.raises(flavour.NotLoadable):
        flavour.read({"MLmodel": text.encode()}, trust_pickles=True)


def test_a_model_file_outside_its_folder_is_not_read():
    files = foreign(b"", "skops")
    del files["it"]
    with pytest.raises(flavour.NotLoadable, match="missing"):
        flavour.read(files, trust_pickles=True)


@given(st.one_of(st.booleans(), st.none(), st.integers(), st.floats(allow_nan=False), st.text()))
def test_a_parameters_text_comes_back_as_it_was(value: Scalar):
    assert str(parameter(str(value))) == str(value)
    if isinstance(value, bool | None) or (isinstance(value, int) and abs(value) < 2**53):
        assert parameter(str(value)) is value or parameter(str(value)) == value


@given(st.lists(st.text(max_size=300), unique=True, max_size=20))
def test_keys_are_unique_and_such_as_mlflow_takes(names):
    import posixpath
    import re

    found = keys(names)
    assert len(set(found.values())) == len(names)
    for key in found.values():
        assert re.fullmatch(r"[\w\-. :/]{1,250}", key)
        assert posixpath.normpath(key) == key
        assert not key.startswith(("/", ".."))


@given(st.text(max_size=60))
def test_a_safe_path_stays_below_its_folder(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp()
    if is_safe_path(name):
        assert (folder / name).resolve().is_relative_to(folder.resolve())


def test_links_out_of_a_runs_files_are_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "run with space"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "own").write_text("own")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "folder").symlink_to(tmp_path)
    assert files_at(str(folder)) == {"deep/own": b"own"}
    assert files_at(f"file://{quote(str(folder))}") == {"deep/own": b"own"}


def test_a_store_is_found_by_its_address_or_its_path(tmp_path):
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "m.db").touch()
    assert store_uri(str(tmp_path / "mlruns"), must_exist=True).startswith("file:///")
    assert store_uri(str(tmp_path / "m.db"), must_exist=True) == f"sqlite:///{tmp_path}/m.db"
    assert store_uri("https://host/x", must_exist=True) == "https://host/x"
    for absent in ("absent", "sqlite:///absent.db", "file:///absent"):
        with pytest.raises(UsageError):
            store_uri(absent, must_exist=True)


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is not None, reason="MLflow is installed")
def test_without_mlflow_it_says_how_to_install_it(workspace, tmp_path):
    with pytest.raises(MlflowMissing, match="pip install"):
        workspace.mlflow.give(str(tmp_path / "new.db"))
    assert issubclass(MlflowMissing, NotewrightError)
    assert not (tmp_path / "new.db").exists()
