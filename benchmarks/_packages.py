"""What a package's user does with it: install it where nothing is, run its tests, ask its server.

Each function returns what is wrong, beginning with the step's name, or ``""``.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import platformdirs
from serving import running

from notewright.packaging.answering import answer_method, dense
from notewright.packaging.indexes import sources

#: The rows that are asked for over HTTP.
ROWS = 50


def in_empty_environment(package: Any) -> str:
    """Install the package from its lock where nothing is, and run its tests there."""
    import uv

    tree, folder = package.tree, _empty_folder()
    python = folder / "env" / "bin" / "python"
    install = [uv.find_uv_bin(), "pip", "install", "-q", "--python", python]
    if any("not on the usual package index" in finding for finding in package.findings):
        install += sources()[-1]
    wheel = tree / "dist" / package.wheel
    for command in (
        [uv.find_uv_bin(), "venv", "-q", "--python", sys.executable, folder / "env"],
        [*install, "--require-hashes", "-r", tree / "requirements.txt"],
        [*install, "--no-deps", wheel],
        [*install, "--require-hashes", "-r", tree / "tests" / "requirements.txt"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"installs: {done.stderr.strip()[-300:]}"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {"OMP_NUM_THREADS": "1", "PYTHONPYCACHEPREFIX": f"{folder}-bytecode"}
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"tests: {done.stdout.strip()[-300:]}" if done.returncode else ""


@functools.cache
def _folder() -> Path:
    """Return this process's folder: its own, and always the same.

    So modules that were compiled there once need not be again.
    """
    folder = platformdirs.user_cache_path("notewright") / "tried" / str(os.getpid())
    for made in (folder, Path(f"{folder}-bytecode")):
        atexit.register(shutil.rmtree, made, ignore_errors=True)
    return folder


def _empty_folder() -> Path:
    shutil.rmtree(_folder(), ignore_errors=True)
    _folder().mkdir(parents=True)
    return _folder()


def over_http(package: Any, model: Any) -> str:
    """Serve the package; compare its answers with the notebook's model on the same rows.

    Labels must be the same, numbers to 1e-9.

    Where the notebook has none that can be asked (a function, a model that was never fitted),
    they are compared with the package's own `predict`.
    """
    import numpy as np

    rows = _raw_rows(package)
    expected = _expected(package, model, rows)
    asked = {"inputs": [_tensor(name, rows[name]) for name in rows.columns]}
    words = ["-m", "notewright.serving.server", str(package.path), "--port", "PORT"]
    with running(words) as port:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v2/models/{package.name}/infer",
            json.dumps(asked).encode(),
            {"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                outputs = json.loads(answer.read())["outputs"]
        except urllib.error.HTTPError as error:
            return f"http: {error.code}: {error.read()[:200]!r}"
    found = [np.asarray(o["data"]) for o in outputs if not o["name"].startswith("probability_")]
    answered = found[0] if len(found) == 1 else np.column_stack(found)
    expected = expected.reshape(answered.shape)
    if expected.dtype.kind in "OUS":
        return "" if answered.tolist() == expected.tolist() else "http: other predictions"
    # The same numbers in another order in memory add up to others in their last digits.
    expected = expected.astype(float)
    same = np.allclose(answered.astype(float), expected, rtol=1e-9, atol=1e-12, equal_nan=True)
    return "" if same else "http: other predictions"


def _expected(package: Any, model: Any, rows: Any) -> Any:
    method = answer_method(model)
    sys.path.insert(0, str(package.path / "src"))
    try:
        if method is not None:
            features = importlib.import_module(f"{package.name}.features").features(rows)
            return dense(getattr(model, method)(features))
        table = importlib.import_module(f"{package.name}.predict").predict(rows)
    finally:
        sys.path.remove(str(package.path / "src"))
    chances = [name for name in table.columns if name.startswith("probability_")]
    return table.drop(columns=chances).to_numpy()


def _raw_rows(package: Any) -> Any:
    """Return the first rows of the package's own table, with the columns of its schema."""
    schema = json.loads((package.path / "model" / "schema.json").read_bytes())
    names = [column["name"] for column in schema["columns"]]
    needed = [column["name"] for column in schema["columns"] if not column["nullable"]]
    sys.path.insert(0, str(package.path / "src"))
    try:
        settings = importlib.import_module(f"{package.name}.settings").Settings()
        with contextlib.chdir(package.path):
            rows = importlib.import_module(f"{package.name}.stages.load").load(settings)
    finally:
        sys.path.remove(str(package.path / "src"))
    rows = rows.set_axis([str(label) for label in rows.columns], axis=1)
    return rows[names].dropna(subset=needed).head(ROWS)


def _tensor(name: str, values: Any) -> dict[str, Any]:
    datatype = {"i": "INT64", "f": "FP64", "b": "BOOL"}.get(values.dtype.kind, "BYTES")
    data = values.astype(object).where(values.notna(), None).tolist()
    return {"name": name, "datatype": datatype, "shape": [len(values)], "data": data}
