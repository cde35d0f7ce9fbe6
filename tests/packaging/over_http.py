"""An exported package as a caller over HTTP has it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

DATATYPES = {"integer": "INT64", "number": "FP64", "boolean": "BOOL"}


@contextmanager
def served(package: Any) -> Iterator[Callable[..., dict[str, Any]]]:
    """Serve a package in a process of its own; give a function that asks for predictions.

    It is given rows and returns the outputs by name, or ``{"error": ...}``.
    """
    words = [sys.executable, "-m", "notewright.serving.server", str(package.path), "--port", "0"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert "answers at" in line, line
        url = line.split()[-1]

        def ask(rows: pd.DataFrame, more: tuple[str, ...] = ()) -> dict[str, Any]:
            return _outputs(url, request(package, rows, more))

        yield ask
    finally:
        server.terminate()
        server.communicate(timeout=30)


def request(package: Any, rows: pd.DataFrame, more: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the protocol's JSON for the columns that a package asks for, and `more` of its own."""
    schema = json.loads((package.path / "model" / "schema.json").read_bytes())
    columns = schema["columns"] + [c for c in schema["optional"] if c["name"] in more]
    return {"inputs": [_tensor(column, rows[column["name"]]) for column in columns]}


def _tensor(column: dict[str, Any], values: pd.Series) -> dict[str, Any]:
    datatype = DATATYPES.get(column["kind"], "BYTES")
    data = values.astype(object).where(values.notna(), None).tolist()
    if column["kind"] == "datetime":
        data = [value.isoformat() for value in values]
    return {"name": column["name"], "datatype": datatype, "shape": [len(data)], "data": data}


def _outputs(url: str, asked: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(asked).encode()
    posted = urllib.request.Request(url, body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(posted, timeout=60) as answer:
            return {o["name"]: o["data"] for o in json.loads(answer.read())["outputs"]}
    except urllib.error.HTTPError as error:
        return {"error": f"{error.code}: {json.loads(error.read())['error']}"}
