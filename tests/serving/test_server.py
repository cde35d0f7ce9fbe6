"""A real server process answers the protocol, and says what is wrong with a bad request."""

from __future__ import annotations

import json
import py_compile
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.serving.conftest import (
    COLUMNS,
    Shared,
    environment,
    raw_rows,
    request,
    until,
    write_manifest,
)

from notewright.serving.log import PredictionLog

Serve = Callable[..., tuple[Any, httpx.Client]]
INFER = "/v2/models/credit_risk/infer"


def own_predictions(package: Path, rows_file: Path) -> Any:
    """What the package itself says, in a process of its own."""
    code = (
        "import sys, json, pandas as pd; sys.path.insert(0, sys.argv[1] + '/src')\n"
        "from credit_risk.predict import predict\n"
        "print(json.dumps(predict(pd.read_pickle(sys.argv[2])).to_dict('list')))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(package), str(rows_file)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    return json.loads(ran.stdout)


def test_served_predictions_are_the_packages_own(
    serve: Serve, package: Path, tmp_path: Path
) -> None:
    rows = raw_rows(40, seed=3)
    rows.to_pickle(tmp_path / "rows.pkl")
    expected = own_predictions(package, tmp_path / "rows.pkl")
    _, client = serve(package)
    answer = client.post(INFER, json=request(rows)).json()
    outputs = {output["name"]: output["data"] for output in answer["outputs"]}
    assert outputs["prediction"] == expected["prediction"]
    assert outputs["probability_good"] == pytest.approx(expected["probability_good"], abs=1e-14)
    single = client.post(INFER, json=request(rows.iloc[[7]])).json()
    assert single["outputs"][0]["data"] == [expected["prediction"][7]]


def test_the_protocols_paths_answer(shared: Shared) -> None:
    client = shared.client
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert client.get("/v2").json()["name"] == "notewright"
    for path in ("/v2/models/credit_risk", "/v2/models/credit_risk/versions/3"):
        metadata = client.get(path).json()
        assert metadata["versions"] == ["3"]
        assert [item["name"] for item in metadata["inputs"]] == [c["name"] for c in COLUMNS]
        assert metadata["outputs"][0] == {"name": "prediction", "datatype": "BYTES", "shape": [-1]}
        assert client.get(path + "/ready").json()["ready"] is True
    body = request(raw_rows(1))
    assert client.post("/v2/models/credit_risk/versions/3/infer", json=body).status_code == 200


def test_an_answer_carries_the_packages_own_version_unless_told_another(
    serve: Serve, light: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    shutil.copytree(light, second)
    manifest = second / "model" / "manifest.json"
    said = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**said, "version": 2}), encoding="utf-8")
    _, client = serve(second)
    answer = client.post(INFER, json=request(raw_rows(1))).json()
    assert answer["model_version"] == "2"


def test_the_answer_carries_an_id_of_ours_and_the_clients_beside_it(shared: Shared) -> None:
    client = shared.client
    answers = [client.post(INFER, json=request(raw_rows(1), id="mine")).json() for _ in range(2)]
    assert answers[0]["id"] != answers[1]["id"]
    assert all(len(answer["id"]) == 16 for answer in answers)
    assert answers[0]["parameters"]["request_id"] == "mine"


def test_wrong_requests_get_their_status_and_a_sentence(shared: Shared) -> None:
    client = shared.client
    good = request(raw_rows(1))
    missing = {"inputs": [t for t in good["inputs"] if t["name"] != "months"]}
    wrong = json.loads(json.dumps(good).replace('"car"', "5").replace('"house"', "5"))
    wrong["inputs"][3]["data"] = [5]
    headers = {"content-type": "application/json"}
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"json": missing}, 400, "'months' is missing"),
        ({"json": wrong}, 400, "'purpose', row 0: expected a string"),
        ({"json": {**good, "outputs": [{"name": "odds"}]}}, 400, "no output 'odds'"),
        ({"content": b"{", "headers": headers}, 400, "not valid JSON"),
        ({"content": b" " * 5001, "headers": headers}, 413, "larger than 5000 bytes"),
        ({"content": iter([b" " * 4000, b" " * 4000]), "headers": headers}, 413, "larger"),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415, "application/json"),
        ({"json": good, "headers": {"inference-header-content-length": "5"}}, 400, "Binary"),
        ({"json": good, "headers": {"host": "evil.example"}}, 421, "127.0.0.1"),
    ]
    for words, status, sentence in cases:
        answer = client.post(INFER, **words)
        assert (answer.status_code, sentence in answer.json()["error"]) == (status, True), sentence
    other = client.post("/v2/models/other/infer", json=good)
    assert (other.status_code, "'other'" in other.json()["error"]) == (404, True)
    assert client.get("/v2/models/credit_risk/versions/9").status_code == 404
    assert client.get("/nowhere").json() == {"error": "There is nothing at this path."}
    assert client.get(INFER).status_code == 405


def test_only_the_outputs_asked_for_come_back(shared: Shared) -> None:
    client = shared.client
    body = request(raw_rows(2), outputs=[{"name": "probability_good"}])
    outputs = client.post(INFER, json=body).json()["outputs"]
    assert [output["name"] for output in outputs] == ["probability_good"]


def test_a_failure_inside_the_model_shows_nothing_of_the_inside(shared: Shared) -> None:
    client = shared.client
    before = len(PredictionLog(shared.log).records())
    rows = raw_rows(1)
    rows["amount"] = 666_666.0
    answer = client.post(INFER, json=request(rows))
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert client.post(INFER, json=request(raw_rows(1))).status_code == 200
    logged = PredictionLog(shared.log).records()[before:]
    assert [record.entry.status for record in logged] == [500, 200]
    assert logged[0].entry.id in answer.json()["error"]


def test_values_unlike_any_in_training_that_the_model_refuses_are_the_clients_error(
    shared: Shared,
) -> None:
    rows = raw_rows(1)
    rows["amount"] = 1e308
    answer = shared.client.post(INFER, json=request(rows))
    assert answer.status_code == 400
    assert answer.json()["error"] == (
        "Column 'amount' has values outside what training saw. The model has no answer to them."
    )


def test_no_answer_waits_for_a_delayed_acknowledgement(shared: Shared) -> None:
    # An answer in two small packets takes 40 ms where Nagle's delay is left on.
    body = request(raw_rows(1))
    fastest = min(_seconds(shared.client, body) for _ in range(40))
    assert fastest < 0.03


def _seconds(client: httpx.Client, body: dict[str, Any]) -> float:
    begun = time.perf_counter()
    client.post(INFER, json=body)
    return time.perf_counter() - begun


def test_metrics_count_what_happened(shared: Shared) -> None:
    client = shared.client
    before = _series(client)
    client.post(INFER, json=request(raw_rows(3)))
    client.post(INFER, json={"inputs": []})
    rows = raw_rows(1)
    rows["purpose"] = "boat"
    assert "'purpose'" in client.post(INFER, json=request(rows)).json()["parameters"]["notices"]
    after = _series(client)
    label = 'model="credit_risk"'
    expected = {
        f'notewright_requests_total{{{label},status="200",version="3"}}': 2.0,
        f'notewright_requests_total{{{label},status="400",version="3"}}': 1.0,
        f'notewright_rows_total{{{label},version="3"}}': 4.0,
        f'notewright_rows_outside_training_total{{{label},version="3"}}': 1.0,
    }
    assert {name: after[name] - before.get(name, 0.0) for name in expected} == expected
    assert any(name.startswith("notewright_request_seconds_bucket") for name in after)


def _series(client: httpx.Client) -> dict[str, float]:
    lines = [line for line in client.get("/metrics").text.splitlines() if line[0] != "#"]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_ended_leaves_no_copy_of_the_model(
    serve: Serve,
    light: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: signal.Signals,
) -> None:
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    monkeypatch.setenv("TMPDIR", str(rooms))
    process, client = serve(light, tmp_path)
    assert client.post(INFER, json=request(raw_rows(1))).status_code == 200
    assert list(rooms.glob("notewright-model-*"))
    process.send_signal(how)
    assert process.wait(30) == 128 + how
    assert not list(rooms.iterdir())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_every_answer_that_left_the_server_is_in_the_log(
    serve: Serve, light: Path, tmp_path: Path, how: signal.Signals
) -> None:
    process, client = serve(light, tmp_path)
    answered: list[str] = []
    body = request(raw_rows(1))

    def send() -> None:
        with httpx.Client(base_url=client.base_url, timeout=10) as own:
            while True:
                try:
                    answer = own.post(INFER, json=body)
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    answered.append(answer.json()["id"])

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: len(answered) > 100)
    process.send_signal(how)
    for thread in threads:
        thread.join()
    process.wait(20)
    found = {logged.entry.id for logged in PredictionLog(tmp_path).records()}
    assert set(answered) <= found


def test_a_port_in_use_is_one_sentence(light: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = subprocess.run(
            [sys.executable, "-m", "notewright.serving.server", str(light), "--port", str(port)],
            capture_output=True,
            text=True,
            env=environment(),
            timeout=60,
        )
    assert ran.returncode == 1
    assert f"Port {port} on 127.0.0.1 is already in use" in ran.stderr
    assert "Traceback" not in ran.stderr


def _change_model(package: Path) -> None:
    with (package / "model" / "model.json").open("ab") as file:
        file.write(b"x")


def _change_code(package: Path) -> None:
    file = package / "src" / "credit_risk" / "features.py"
    file.write_text(file.read_text() + "\nimport os\n", encoding="utf-8")


def _remove_file(package: Path) -> None:
    (package / "model" / "schema.json").unlink()


def _add_code(package: Path) -> None:
    (package / "src" / "credit_risk" / "extra.py").write_text("import os\n", encoding="utf-8")


def _add_compiled(package: Path) -> None:
    (package / "src" / "credit_risk" / "features.abi3.so").write_bytes(b"")


def _escape(package: Path) -> None:
    manifest = package / "model" / "manifest.json"
    document = json.loads(manifest.read_text())
    document["files"]["../outside"] = "0" * 64
    manifest.write_text(json.dumps(document), encoding="utf-8")


ALTERED = [
    (_change_model, "model/model.json: its bytes changed"),
    (_change_code, "src/credit_risk/features.py: its bytes changed"),
    (_remove_file, "model/schema.json: it is missing"),
    (_add_code, "src/credit_risk/extra.py: it is not in the manifest"),
    (_add_compiled, "src/credit_risk/features.abi3.so: it is not in the manifest"),
    (_escape, "../outside: it lies outside the package"),
]


@pytest.mark.parametrize(("alter", "sentence"), ALTERED)
def test_an_altered_package_is_named_and_never_run(
    light: Path, tmp_path: Path, alter: Callable[[Path], None], sentence: str
) -> None:
    copy = tmp_path / "credit_risk"
    shutil.copytree(light, copy, ignore=shutil.ignore_patterns("__pycache__"))
    write_manifest(copy)
    alter(copy)
    ran = subprocess.run(
        [sys.executable, "-m", "notewright.serving.server", str(copy), "--port", "0"],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
    )
    assert ran.returncode == 1
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_compiled_module_that_was_planted_is_not_run(
    serve: Serve, light: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "credit_risk"
    shutil.copytree(light, copy, ignore=shutil.ignore_patterns("__pycache__"))
    other = tmp_path / "other.py"
    other.write_text("raise RuntimeError('planted code ran')\n", encoding="utf-8")
    # Where the server's Python looks for it.
    monkeypatch.setattr(sys, "pycache_prefix", environment().get("PYTHONPYCACHEPREFIX"))
    planted = Path(cache_from_source(str(copy / "src" / "credit_risk" / "features.py")))
    # Of a kind that is taken without a look at its source.
    kind = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(other), str(planted), invalidation_mode=kind)
    try:
        code = "import sys; sys.path.insert(0, sys.argv[1]); import credit_risk.features"
        words = [sys.executable, "-c", code, str(copy / "src")]
        plain = subprocess.run(words, env=environment(), capture_output=True, text=True)
        assert "planted code ran" in plain.stderr
        _, client = serve(copy)
        assert client.post(INFER, json=request(raw_rows(1))).status_code == 200
    finally:
        planted.unlink()
