"""How fast a package is served: `python benchmarks/serving.py [--package DIR] [--json FILE]`.

Three servers answer the same requests, each in its own process: the floor
(FastAPI and the package's own predict function, nothing checked, nothing
logged), Notewright without a prediction log, and Notewright as it is deployed.
Each is asked over one connection and over several. Rounds alternate, so that a
busy machine slows all alike; the figures are medians over rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

PREDICT = """
import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd


@cache
def load_model(path=None):
    return np.array(json.loads((Path(__file__).parents[2] / "model" / "model.json").read_text()))


def predict(rows):
    score = rows.to_numpy(dtype=float) @ load_model()
    good = 1 / (1 + np.exp(-score))
    return pd.DataFrame({"prediction": good > 0.5, "probability_True": good}, index=rows.index)
"""
FLOOR = """
import importlib, json, os, sys
import pandas as pd, uvicorn
from fastapi import FastAPI, Request, Response
os.environ["OMP_NUM_THREADS"] = "1"
package, module, port = sys.argv[1:]
sys.path.insert(0, package + "/src")
predict = importlib.import_module(module + ".predict").predict
app = FastAPI()

@app.post("/v2/models/{name}/infer")
async def infer(name: str, request: Request) -> Response:
    asked = json.loads(await request.body())
    table = predict(pd.DataFrame({t["name"]: t["data"] for t in asked["inputs"]}))
    answer = {"outputs": [{"name": n, "data": table[n].tolist()} for n in table.columns]}
    return Response(json.dumps(answer), media_type="application/json")

@app.get("/v2/health/ready")
async def ready() -> dict:
    return {}

uvicorn.run(app, port=int(port), log_level="error", access_log=False)
"""


def main() -> None:
    """Run the benchmark, print a table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, help="serve this package; by default a tiny one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each measurement")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        package = options.package or _package(Path(folder) / "tiny")
        name = json.loads((package / "model" / "schema.json").read_bytes())["name"]
        module = next(p.parent.name for p in package.glob("src/*/predict.py"))
        body = _body(package)
        floor = Path(folder) / "floor.py"
        floor.write_text(FLOOR, encoding="utf-8")
        ours = ["-m", "notewright.serving.server", str(package)]
        servers = {
            "floor: FastAPI + predict": [str(floor), str(package), module, "PORT"],
            "notewright, no log": [*ours, "--port", "PORT"],
            "notewright": [*ours, "--port", "PORT", "--log", folder],
        }
        ports = {label: stack.enter_context(running(w)) for label, w in servers.items()}
        path = f"/v2/models/{name}/infer"
        figures = _measure(ports, path, body, options)
    _show(figures, options.connections)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _measure(
    ports: dict[str, int], path: str, body: bytes, options: argparse.Namespace
) -> dict[str, dict[str, float]]:
    rounds: dict[str, list[dict[str, float]]] = {label: [] for label in ports}
    for port in ports.values():
        _ask(port, path, body, 0.5)
    for _ in range(options.rounds):
        for label, port in ports.items():
            one = sorted(_ask(port, path, body, options.seconds))
            began = time.perf_counter()
            many = sorted(_many(port, path, body, options))
            elapsed = time.perf_counter() - began
            rounds[label].append(
                {
                    "p50_ms": 1000 * one[len(one) // 2],
                    "p99_ms": 1000 * one[int(len(one) * 0.99)],
                    "requests_per_second": len(one) / sum(one),
                    "p99_ms_several": 1000 * many[int(len(many) * 0.99)],
                    "requests_per_second_several": len(many) / elapsed,
                }
            )
    return {
        label: {key: statistics.median(found[key] for found in all_) for key in all_[0]}
        for label, all_ in rounds.items()
    }


def _ask(port: int, path: str, body: bytes, seconds: float) -> list[float]:
    """Ask over one connection; return the seconds each answer took."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    taken = []
    until = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < until:
        connection.request("POST", path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        taken.append(time.perf_counter() - begun)
        if answer.status != 200:
            raise SystemExit(f"the server answered {answer.status}: {content[:300]!r}")
    connection.close()
    return taken


def _many(port: int, path: str, body: bytes, options: argparse.Namespace) -> list[float]:
    taken: list[float] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(_ask(port, path, body, options.seconds)))
        for _ in range(options.connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


@contextlib.contextmanager
def running(words: list[str]) -> Iterator[int]:
    """Run Python with `words`, with a free port for `PORT`, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, *(str(port) if word == "PORT" else word for word in words)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            try:
                with socket.create_connection(("127.0.0.1", port), 0.2):
                    break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _package(path: Path, columns: int = 8) -> Path:
    """Write a package with a logistic model of a few numbers: almost all time is serving."""
    from notewright.store.canonical import digest_of

    (path / "src" / "tiny").mkdir(parents=True)
    (path / "model").mkdir()
    (path / "src" / "tiny" / "__init__.py").write_text("", encoding="utf-8")
    (path / "src" / "tiny" / "predict.py").write_text(PREDICT, encoding="utf-8")
    names = [{"name": f"x{n}", "kind": "number", "nullable": False} for n in range(columns)]
    schema = {"name": "tiny", "columns": names, "target": {"name": "y"}}
    (path / "model" / "model.json").write_text(json.dumps([0.1] * columns), encoding="utf-8")
    (path / "model" / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    files = {
        file.relative_to(path).as_posix(): digest_of(file.read_bytes())
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }
    (path / "model" / "manifest.json").write_text(json.dumps({"files": files}), encoding="utf-8")
    return path


def _body(package: Path) -> bytes:
    """Return a request of one row, made up from the schema."""
    schema = json.loads((package / "model" / "schema.json").read_bytes())
    datatypes = {"integer": "INT64", "number": "FP64", "boolean": "BOOL"}
    inputs = []
    for column in schema["columns"]:
        value = {"boolean": False, "datetime": "2000-01-01"}.get(column["kind"])
        if value is None:
            value = column.get("minimum", (column.get("categories") or [1])[0])
        datatype = datatypes.get(column["kind"], "BYTES")
        inputs.append({"name": column["name"], "datatype": datatype, "shape": [1], "data": [value]})
    return json.dumps({"inputs": inputs}).encode()


def _show(figures: dict[str, dict[str, float]], connections: int) -> None:
    print(f"{'':26} {'one connection':>32} {f'{connections} connections':>24}")
    print(f"{'':26} {'p50 ms':>10} {'p99 ms':>10} {'req/s':>10} {'p99 ms':>12} {'req/s':>11}")
    for label, found in figures.items():
        print(
            f"{label:26} {found['p50_ms']:10.2f} {found['p99_ms']:10.2f}"
            f" {found['requests_per_second']:10.0f} {found['p99_ms_several']:12.2f}"
            f" {found['requests_per_second_several']:11.0f}"
        )


if __name__ == "__main__":
    main()
