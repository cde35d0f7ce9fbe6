"""The model as an ONNX file beside the model: kept only where it answers the same.

`make test-all` runs these with skl2onnx and onnxruntime; elsewhere most are skipped.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from packaged import Command
from recorded import CORPUS, Notebook
from tables import make_project

from notewright.packaging.onnx_model import BOUND, FILE, can_convert, convert

needs_onnx = pytest.mark.skipif(not can_convert(), reason="notewright[onnx] is not installed")


def flowers() -> tuple[pd.DataFrame, pd.Series]:
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True, as_frame=True)
    return X, y


def mixed() -> tuple[pd.DataFrame, pd.Series]:
    X, y = flowers()
    return X.assign(kind=np.where(X.iloc[:, 0] > 5, "long", "short"), count=range(len(X))), y == 1


def _pipeline() -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    prepare = make_column_transformer(
        (StandardScaler(), ["count", "petal length (cm)"]), (OneHotEncoder(), ["kind"])
    )
    return make_pipeline(prepare, LogisticRegression())


def _models() -> list[tuple[str, Any, pd.DataFrame, Any]]:
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.ensemble import (
        GradientBoostingRegressor,
        HistGradientBoostingClassifier,
        RandomForestRegressor,
    )
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    X, y = flowers()
    named, length = y.map({0: "a", 1: "b", 2: "c"}), X.iloc[:, 0] * 3.7
    search = GridSearchCV(LogisticRegression(max_iter=500), {"C": [0.1, 1]})
    forest = RandomForestRegressor(10, random_state=0)
    return [
        ("numbers as labels", HistGradientBoostingClassifier(max_iter=20), X, y),
        ("words as labels", LogisticRegression(max_iter=500), X, named),
        ("False and True", LogisticRegression(max_iter=500), X, y == 1),
        ("regression", GradientBoostingRegressor(random_state=0), X, length),
        ("several outputs", forest, X, np.c_[length, y]),
        ("columns of several types", _pipeline(), *mixed()),
        ("a search", search, X, y),
        ("clusters", KMeans(3, random_state=0), X, None),
        ("a transformer", PCA(2), X, None),
    ]


@needs_onnx
@pytest.mark.parametrize("case", _models() if can_convert() else [], ids=lambda case: case[0])
def test_a_model_is_written_and_answers_the_same(
    case: tuple[str, Any, pd.DataFrame, Any], tmp_path: Path
) -> None:
    _, model, X, y = case
    model.fit(X, y)
    parity = convert(model, {"fit": X.iloc[:100], "other": X.iloc[100:]}, tmp_path / FILE)
    assert parity.kept, parity.reason
    assert parity.rows == 150
    assert parity.largest_difference <= BOUND
    # What the file says of itself is enough to use it.
    answers = run(tmp_path / FILE, parity.inputs, X)
    first = answers[parity.outputs[0]]
    wanted = model.predict(X) if hasattr(model, "predict") else model.transform(X)
    if wanted.dtype.kind == "f":
        np.testing.assert_allclose(first.reshape(wanted.shape), wanted, rtol=1e-4, atol=1e-5)
    else:
        kind = int if wanted.dtype.kind == "b" else wanted.dtype
        assert first.tolist() == wanted.astype(kind).tolist()


def run(file: Path, inputs: Any, table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Ask a file the plain way, as its README says."""
    import onnxruntime

    kinds = {"double": np.float64, "float": np.float32, "string": object}
    given = {
        i.name: (table[[i.column]] if i.column else table).to_numpy().astype(kinds[i.type])
        for i in inputs
    }
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, given), strict=True))


@needs_onnx
def test_a_model_that_would_answer_otherwise_is_not_kept(tmp_path: Path) -> None:
    from sklearn.neighbors import KNeighborsClassifier

    # Of neighbours that are equally far, the runtime takes others.
    X, y = flowers()
    model = KNeighborsClassifier().fit(X, y)
    parity = convert(model, {"fit": X}, tmp_path / FILE)
    assert not parity.kept
    assert re.search(r"values up to 0\.\d+ away where the model's predict_proba", parity.reason)
    assert not (tmp_path / FILE).exists()


@needs_onnx
def test_a_model_that_cannot_be_converted_says_why(tmp_path: Path) -> None:
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    X, y = flowers()
    model = make_pipeline(FunctionTransformer(np.log1p), LinearRegression()).fit(X, y)
    parity = convert(model, {"fit": X}, tmp_path / FILE)
    assert not parity.kept
    assert "FunctionTransformer is not supported" in parity.reason


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Notebook, Any]:
    notebook = Notebook(make_project(tmp_path_factory.mktemp("onnx") / "project"))
    notebook.run((CORPUS / "credit_pipeline.py").read_text(encoding="utf-8"))
    return notebook, notebook.export("model", "credit_risk")


@needs_onnx
def test_a_package_holds_the_file_signed_and_described(converted: tuple[Notebook, Any]) -> None:
    _, package = converted
    said = package.equivalence["onnx"]
    assert said["kept"]
    assert said["rows"] == 1000
    assert said["largest_difference"] <= said["bound"]
    manifest = json.loads((package.path / "model" / "manifest.json").read_bytes())
    assert f"model/{FILE}" in manifest["files"]
    readme = (package.path / "README.md").read_text(encoding="utf-8")
    assert f"`model/{FILE}`" in readme
    assert "`housing` (string)" in readme
    assert "output `label`, `probabilities`" in readme
    assert "skl2onnx" not in (package.path / "requirements.txt").read_text(encoding="utf-8")


@needs_onnx
def test_training_again_makes_the_file_again(
    converted: tuple[Notebook, Any], tmp_path: Path
) -> None:
    notebook, package = converted
    rows = pd.read_csv(package.path / "data" / "german_credit.csv")
    rows.sample(frac=0.8, random_state=3).to_csv(tmp_path / "newer.csv", index=False)
    again = notebook.packages.retrain(package, tmp_path / "newer.csv")
    said = again.equivalence["onnx"]
    assert said["kept"], said["reason"]
    assert said["rows"] == 800
    files = [p.path / "model" / FILE for p in (package, again)]
    assert files[0].read_bytes() != files[1].read_bytes()


@needs_onnx
def test_training_in_place_removes_the_file_of_the_model_before(
    converted: tuple[Notebook, Any], tmp_path: Path
) -> None:
    command = Command(converted[1], tmp_path)
    folder = tmp_path / "trained"
    folder.mkdir()
    (folder / FILE).write_bytes(b"of another model")
    done = command("train", "--data", "data/german_credit.csv", "--out", str(folder))
    assert done.returncode == 0, done.stderr
    assert not (folder / FILE).exists()
    assert (folder / "model.skops").exists()


@pytest.mark.skipif(can_convert(), reason="notewright[onnx] is installed")
def test_without_the_libraries_a_package_says_nothing_of_onnx(exported: Any) -> None:
    _, package = exported
    assert package.equivalence["onnx"] is None
    for file in package.path.rglob("*.*"):
        assert file.suffix != ".onnx"
        if file.suffix in (".py", ".md"):
            assert "onnx" not in file.read_text(encoding="utf-8")
