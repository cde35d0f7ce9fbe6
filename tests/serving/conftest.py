"""A small real package directory, and servers that always end."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from notewright.errors import GateClosed, NotewrightError
from notewright.governance.gates import Verdict
from notewright.packaging.records import Checked
from notewright.serving.deployments import Deployments
from notewright.serving.integrity import check_files, manifest_digest
from notewright.serving.processes import with_our_code
from notewright.store import Store
from notewright.store.canonical import digest_of

FEATURES = '''
"""Features of one raw row at a time."""

import pandas as pd

AGE_MEDIAN = {age_median!r}
PURPOSES = {purposes!r}


def features(rows):
    table = pd.DataFrame(index=rows.index)
    table["age"] = rows["age"].fillna(AGE_MEDIAN)
    table["burden"] = rows["amount"] / rows["months"]
    table["owner"] = rows["owner"].astype(float)
    for purpose in PURPOSES:
        table["purpose_" + purpose] = (rows["purpose"] == purpose).astype(float)
    return table
'''

PREDICT = '''
"""Predictions for raw rows."""

import functools
from pathlib import Path

import pandas as pd
import skops.io

from {name}.features import features

MODEL = Path(__file__).resolve().parents[2] / "model" / "model.skops"


@functools.cache
def load_model(path=None):
    return skops.io.load(path or MODEL)


def predict(rows):
    model = load_model()
    table = features(rows)
    found = pd.DataFrame({{"prediction": model.predict(table)}}, index=rows.index)
    for number, label in enumerate(model.classes_):
        found["probability_" + str(label)] = model.predict_proba(table)[:, number]
    return found
'''

LIGHT_PREDICT = '''
"""Predictions for raw rows, by a model small enough to start at once."""

import functools
import json
from pathlib import Path

import numpy as np
import pandas as pd

from {name}.features import features

MODEL = Path(__file__).resolve().parents[2] / "model" / "model.json"


@functools.cache
def load_model(path=None):
    return json.loads(Path(path or MODEL).read_text())


def predict(rows):
    if (rows["amount"] == 666_666).any():
        raise RuntimeError("a secret of the inside: /etc/shadow")
    if (rows["amount"] == 1e308).any():
        raise ValueError("a secret of the inside: too large for float32")
    model = load_model()
    score = features(rows).to_numpy() @ np.array(model["weights"]) + model["intercept"]
    good = 1 / (1 + np.exp(-score))
    found = {{"prediction": np.where(good > 0.5, "good", "bad"), "probability_good": good}}
    return pd.DataFrame(found, index=rows.index)
'''

COLUMNS = [
    {"name": "age", "kind": "integer", "nullable": True, "minimum": 18, "maximum": 80},
    {"name": "amount", "kind": "number", "nullable": False, "minimum": 0.0, "maximum": 1e6},
    {"name": "months", "kind": "integer", "nullable": False},
    {
        "name": "purpose",
        "kind": "string",
        "nullable": False,
        "categories": ["car", "house", "study"],
    },
    {"name": "owner", "kind": "boolean", "nullable": False},
    {"name": "since", "kind": "datetime", "nullable": True},
]


def raw_rows(count: int, seed: int = 0, shift: float = 0.0) -> pd.DataFrame:
    """Raw rows of a made-up population; `shift` makes it older."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": random.integers(18, 70, count) + int(shift),
            "amount": random.gamma(2.0, 1500.0, count).round(2),
            "months": random.integers(6, 60, count),
            "purpose": random.choice(["car", "house", "study"], count),
            "owner": random.random(count) < 0.4,
            "since": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(random.integers(0, 900, count), unit="D"),
        }
    )


def outcome(rows: pd.DataFrame, seed: int = 1) -> np.ndarray:
    """Whether each was a good risk."""
    random = np.random.default_rng(seed)
    score = 1.5 - rows["amount"] / rows["months"] / 120 + 0.5 * rows["owner"]
    return np.where(score + random.normal(0, 0.7, len(rows)) > 0, "good", "bad")


def write_package(path: Path, name: str = "credit_risk", weight: float | None = None) -> Path:
    """Write a package directory in the layout that export produces.

    With `weight` its model is a few numbers, which loads at once; without, it
    is a fitted scikit-learn model in the skops format.
    """
    rows = raw_rows(400)
    source, model_folder = path / "src" / name, path / "model"
    source.mkdir(parents=True)
    model_folder.mkdir()
    values = {"age_median": float(rows["age"].median()), "purposes": ["car", "house", "study"]}
    (source / "__init__.py").write_text("", encoding="utf-8")
    (source / "features.py").write_text(FEATURES.format(**values), encoding="utf-8")
    if weight is None:
        (source / "predict.py").write_text(PREDICT.format(name=name), encoding="utf-8")
        _fit(rows, FEATURES.format(**values), model_folder / "model.skops")
    else:
        (source / "predict.py").write_text(LIGHT_PREDICT.format(name=name), encoding="utf-8")
        numbers = {"weights": [0.0, weight, 0.5, 0.0, 0.1, 0.0], "intercept": 1.5}
        (model_folder / "model.json").write_text(json.dumps(numbers), encoding="utf-8")
    schema = {"name": name, "columns": COLUMNS, "target": {"name": "risk"}}
    (model_folder / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    write_manifest(path)
    return path


def _fit(rows: pd.DataFrame, features: str, path: Path) -> None:
    import skops.io
    from sklearn.linear_model import LogisticRegression

    scope: dict[str, Any] = {}
    exec(compile(features, "features.py", "exec"), scope)
    model = LogisticRegression(max_iter=2000).fit(scope["features"](rows), outcome(rows))
    skops.io.dump(model, path)


def write_manifest(path: Path) -> None:
    """Write the digests of every file, as export does (unsigned)."""
    files = {
        str(file.relative_to(path)): digest_of(file.read_bytes())
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name != "manifest.json" and "__pycache__" not in file.parts
    }
    (path / "model" / "manifest.json").write_text(json.dumps({"files": files}), encoding="utf-8")


def request(rows: pd.DataFrame, **extra: Any) -> dict[str, Any]:
    """The protocol's JSON for these raw rows."""
    datatypes = {"integer": "INT64", "number": "FP64", "boolean": "BOOL"}
    inputs = []
    for column in COLUMNS:
        values = rows[column["name"]]
        if column["kind"] == "datetime":
            data = [value.isoformat() for value in values]
        else:
            data = values.tolist()
        inputs.append(
            {
                "name": column["name"],
                "datatype": datatypes.get(column["kind"], "BYTES"),
                "shape": [len(rows)],
                "data": data,
            }
        )
    return {"inputs": inputs, **extra}


def until(true: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Poll until `true()` is truthy and return it."""
    deadline = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)
    return value


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    """The environment of a server started by a test: the one that deployments give theirs."""
    return with_our_code(os.environ)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_package(tmp_path_factory.mktemp("package") / "credit_risk")


@pytest.fixture(scope="session")
def light_packages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("light")
    weights = {"first": -0.004, "second": -0.02}
    return [write_package(folder / key / "credit_risk", weight=w) for key, w in weights.items()]


@pytest.fixture(scope="session")
def light(light_packages: list[Path]) -> Path:
    return light_packages[0]


Started = tuple[subprocess.Popen[bytes], httpx.Client]


@contextlib.contextmanager
def serving(package: Path, log: Path | None = None, *more: str) -> Iterator[Started]:
    """Run a server alone on a free port, with a client to it; both are ended."""
    port = free_port()
    words = [sys.executable, "-m", "notewright.serving.server", str(package)]
    words += ["--port", str(port), *more]
    if log is not None:
        words += ["--log", str(log)]
    process = subprocess.Popen(
        words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            until(lambda: _answers(client) or process.poll() is not None, 60)
            assert process.poll() is None, process.stdout.read().decode()
            yield process, client
    finally:
        _end(process)


@pytest.fixture
def serve() -> Iterator[Callable[..., Started]]:
    """Start a server of the test's own; every one is ended."""
    with contextlib.ExitStack() as stack:
        yield lambda *words: stack.enter_context(serving(*words))


@dataclass(frozen=True)
class Shared:
    """A running server that several tests ask; none of them stops it."""

    client: httpx.Client
    log: Path


@pytest.fixture(scope="module")
def shared(light: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """The light package, as version 3, with a log, and bodies of at most 5000 bytes."""
    log = tmp_path_factory.mktemp("log")
    with serving(light, log, "--version", "3", "--max-body", "5000") as (_, client):
        yield Shared(client, log)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/v2/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    assert process.stdout is not None
    process.stdout.close()


# -- deployments, with stand-ins for the floors below ---------------------------


@dataclass(frozen=True)
class Version:
    """A registered model version, as serving sees it."""

    id: str
    digest: str
    name: str = "credit_risk"
    number: int = 1


@dataclass(frozen=True)
class ExportedPackage:
    """An exported package version, as serving sees it."""

    id: str
    name: str
    number: int
    path: Path
    model_version: str


@dataclass(frozen=True)
class Person:
    """Somebody who acts."""

    name: str


class Yard:
    """A store with package versions, and switches for what gates and roles say."""

    def __init__(self, root: Path, paths: list[Path]) -> None:
        self.store = Store(root / ".notewright")
        self.packages = {
            f"credit_risk@{n}": ExportedPackage(f"{n}" * 16, "credit_risk", n, path, f"{n}a" * 8)
            for n, path in enumerate(paths, 1)
        }
        self.acts: list[tuple[str, str, dict[str, Any], str]] = []
        self.gate_open = True
        self.unapproved: set[str] = set()
        self.roles = {"deploy", "rollback"}
        self.withdrawn: dict[str, str] = {}
        self.deployments = Deployments(
            self.store,
            packages=self,
            models=Registry(),
            gates=self,
            roles=Roles(self),
            identities=self,
            audit=self,
        )

    def me(self) -> Person:
        return Person("olga")

    def append(self, act: str, subject: str, details: dict[str, Any], actor: Person) -> None:
        self.acts.append((act, subject, details, actor.name))

    def require(self, gate: str, version: Version, actor: Person) -> None:
        if not self.evaluate(gate, version).open:
            raise GateClosed(gate, version.id, ["Approve it."])

    def evaluate(self, gate: str, version: Version) -> Verdict:
        is_open = self.gate_open and version.id not in self.unapproved
        return Verdict(gate, version.id, is_open, ())

    def revoked(self, version: Version) -> str | None:
        return self.withdrawn.get(version.id)

    def get(self, ref: str) -> ExportedPackage:
        by_id = {package.id: package for package in self.packages.values()}
        return by_id.get(ref) or self.packages[ref if "@" in ref else f"{ref}@1"]

    def list(self, name: str) -> list[ExportedPackage]:
        return [package for package in self.packages.values() if package.name == name]

    def verify(self, package: ExportedPackage) -> Checked:
        digest = manifest_digest(package.path)
        check_files(package.path, digest)
        return Checked(package.path, digest, "olga")

    def end(self) -> None:
        for deployment in self.deployments.list():
            self.roles = {"deploy", "rollback"}
            self.deployments.stop(deployment.name)


class Roles:
    """What the yard's person may do."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard

    def require(self, identity: Person, action: str, resource: Any) -> None:
        if action not in self.yard.roles:
            raise NotewrightError(f"'{identity.name}' may not {action}.", "Ask an admin.")


class Registry:
    """Model versions by id."""

    def get(self, ref: str) -> Version:
        return Version(ref, "d" * 64)


@pytest.fixture
def yard(tmp_path: Path, light_packages: list[Path]) -> Iterator[Yard]:
    made = Yard(tmp_path, light_packages)
    yield made
    made.end()
