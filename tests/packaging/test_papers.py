"""What lies beside the code: dependencies, locks, the bill of materials."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

from notewright.packaging.bill import pinned
from notewright.packaging.locking import python_of
from notewright.store.canonical import digest_of


def bill_of(package) -> dict:
    return json.loads((package.path / "sbom.cdx.json").read_bytes())


def parts(bill: dict, kind: str) -> dict[str, dict]:
    return {c["name"]: c for c in bill["components"] if c["type"] == kind}


def check_the_model_and_the_data(package) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = (package.path / "sbom.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = bill_of(package)
    (model,) = parts(bill, "machine-learning-model").values()
    content = (package.path / model["name"]).read_bytes()
    hashes = {h["alg"]: h["content"] for h in model["hashes"]}
    assert hashes == {"SHA-256": hashlib.sha256(content).hexdigest(), "BLAKE3": digest_of(content)}
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    expected = package.equivalence["metrics"]
    assert {m["type"]: float(m["value"]) for m in metrics} == {
        name: value["package"] for name, value in expected.items()
    }
    for name, data in parts(bill, "data").items():
        digest = digest_of((package.path / name).read_bytes())
        assert data["hashes"] == [{"alg": "BLAKE3", "content": digest}]
    assert bill["metadata"]["component"]["version"] == str(package.number)


def test_the_bill_has_the_model_with_its_hash_its_data_and_its_metrics(exported) -> None:
    _, package = exported
    check_the_model_and_the_data(package)
    card = parts(bill_of(package), "machine-learning-model")["model/model.skops"]["modelCard"]
    assert card["modelParameters"]["task"] == "classification"
    assert card["modelParameters"]["datasets"] == [{"ref": "data:data/german_credit.csv"}]
    assert card["considerations"]["useCases"] == ["Ranks applications for a clerk."]


def test_the_bill_lists_every_locked_library_with_its_licence(exported) -> None:
    _, package = exported
    listed = parts(bill_of(package), "library")
    locked = pinned((package.path / "requirements.txt").read_text())
    served = pinned((package.path / "serve" / "requirements.txt").read_text())
    assert {n: c["version"] for n, c in listed.items()} == {n: v for n, v, _ in [*locked, *served]}
    optional = {n for n, c in listed.items() if c.get("scope") == "optional"}
    assert optional == {n for n, _, _ in served} - {n for n, _, _ in locked}
    assert [n for n, c in listed.items() if not c.get("licenses")] == []
    assert listed["pandas"]["licenses"] == [{"license": {"id": "BSD-3-Clause"}}]
    assert listed["skops"]["licenses"] == [{"license": {"name": "MIT License (MIT)"}}]  # its file


@pytest.mark.slow
def test_a_retrained_version_has_a_bill_of_its_own(exported) -> None:
    notebook, package = exported
    again = notebook.packages.retrain(package, package.path / "data" / "german_credit.csv")
    assert again.number > package.number
    check_the_model_and_the_data(again)


def test_the_package_depends_on_what_its_code_imports_and_the_model_needs_and_nothing_else(
    exported,
) -> None:
    _, package = exported
    project = tomllib.loads((package.path / "pyproject.toml").read_text())["project"]
    imported = {package.equivalence["model"]["type"].partition(".")[0]}
    for file in (package.path / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
    imported -= {*sys.stdlib_module_names, "credit_risk"}
    known = packages_distributions()
    names = {known[module][0] for module in imported}
    assert set(project["dependencies"]) == {f"{name}=={version(name)}" for name in names}


def test_the_locks_pin_the_notebooks_versions_with_hashes(exported) -> None:
    _, package = exported
    locked = pinned((package.path / "requirements.txt").read_text())
    assert all(hashes for _, _, hashes in locked)
    assert {name: version(name) for name, _, _ in locked} == {n: v for n, v, _ in locked}
    lock = tomllib.loads((package.path / "pylock.toml").read_text())
    assert {p["name"]: p["version"] for p in lock["packages"]} == {n: v for n, v, _ in locked}
    for entry in lock["packages"]:
        assert all(wheel["hashes"]["sha256"] for wheel in entry["wheels"])


@pytest.mark.slow
def test_pylock_installs_in_an_empty_environment_and_the_package_predicts_there(
    exported, tmp_path: Path
) -> None:
    import uv

    _, package = exported
    run = [uv.find_uv_bin(), "--color", "never"]
    subprocess.run([*run, "venv", "-q", "--python", sys.executable, tmp_path / "env"], check=True)
    python = python_of(tmp_path / "env")
    install = [*run, "pip", "install", "-q", "--python", python]
    subprocess.run([*install, "-r", package.path / "pylock.toml"], check=True)
    (wheel,) = (package.path / "dist").glob("*.whl")
    subprocess.run([*install, "--no-deps", "--no-index", wheel], check=True)
    subprocess.run([*run, "pip", "check", "--python", python], check=True)
    words = ["predict", "--in", package.path / "tests" / "golden.csv", "--out", "out.csv"]
    subprocess.run([python, "-m", "credit_risk", *words], cwd=tmp_path, check=True)
    assert (tmp_path / "out.csv").read_text().count("\n") == 41


def test_nothing_of_the_index_or_its_users_stands_in_the_locks(exported) -> None:
    _, package = exported
    for name in ("pylock.toml", "requirements.txt", "serve/requirements.txt"):
        assert not re.search(r"://[^/\s]*@|index-url", (package.path / name).read_text())


def test_the_wheel_holds_the_code_and_the_model_and_no_data(exported) -> None:
    _, package = exported
    (file,) = (package.path / "dist").glob("*.whl")
    with zipfile.ZipFile(file) as wheel:
        names = {n for n in wheel.namelist() if ".dist-info/" not in n}
    code = {
        f.relative_to(package.path / "src").as_posix()
        for f in (package.path / "src").rglob("*")
        if f.is_file()
    }
    model = {f"credit_risk/model/{f.name}" for f in (package.path / "model").iterdir()}
    assert names == code | model - {"credit_risk/model/manifest.json"}
