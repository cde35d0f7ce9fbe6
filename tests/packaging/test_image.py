"""The image of a package: its Dockerfile, step by step by hand, down to an answer over HTTP."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pandas as pd
import pytest


@dataclass
class Stage:
    """One image in the making: its files lie under `root` instead of ``/``."""

    root: Path
    folder: str = "/"
    user: str = "root"
    environment: dict[str, str] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)


def instructions(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def context(package: Path, to: Path) -> Path:
    """Copy what .dockerignore lets into the context."""
    patterns = (package / ".dockerignore").read_text().split()
    assert patterns[0] == "*"
    allowed = [p[1:] for p in patterns if p.startswith("!")]
    for name in allowed:
        shutil.copytree(package / name, to / name)
    for path in list(to.rglob("*")):
        if any(fnmatch.fnmatch(path.name, p.removeprefix("**/")) for p in patterns[1:]):
            shutil.rmtree(path)
    return to


class Built:
    """Runs the instructions of a Dockerfile on this machine."""

    def __init__(self, text: str, sources: Path, home: Path) -> None:
        self.stages: dict[str, Stage] = {}
        self.sources = sources
        for word, rest in instructions(text):
            if word == "FROM":
                assert re.fullmatch(r"python:3\.\d+-slim( AS \w+)?", rest), rest
                name = rest.rpartition(" AS ")[2] if " AS " in rest else "last"
                # As in an image, what the later stage copies is at the same place.
                self.stage = Stage(home)
                self.stages[name] = self.stage
            else:
                getattr(self, word.lower())(rest)

    def here(self, path: str) -> Path:
        return self.stage.root / (
            self.stage.folder + "/" + path if path[0] != "/" else path
        ).lstrip("/")

    def workdir(self, rest: str) -> None:
        self.stage.folder = rest
        self.here(".").mkdir(parents=True, exist_ok=True)

    def copy(self, rest: str) -> None:
        if rest.startswith("--from="):
            stage, source, target = rest.removeprefix("--from=").split()
            assert stage in self.stages
            assert source == target
            return
        source, target = rest.split()
        shutil.copytree(self.sources / source, self.here(target), dirs_exist_ok=True)

    def run(self, rest: str) -> None:
        if rest.startswith("useradd"):
            return
        words = rest.replace("/opt/", f"{self.stage.root}/opt/")
        words = re.sub(r"^python ", f"{shlex.quote(sys.executable)} ", words)
        variables = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        done = subprocess.run(
            words, shell=True, cwd=self.here("."), env=variables, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-2000:]

    def user(self, rest: str) -> None:
        self.stage.user = rest

    def env(self, rest: str) -> None:
        self.stage.environment |= dict(pair.split("=", 1) for pair in rest.split())

    def expose(self, rest: str) -> None:
        assert rest == "8080"

    def healthcheck(self, rest: str) -> None:
        self.stage.words["health"] = json.loads(rest[rest.index("[") :])

    def entrypoint(self, rest: str) -> None:
        self.stage.words["entry"] = json.loads(rest)

    def cmd(self, rest: str) -> None:
        self.stage.words["command"] = json.loads(rest)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def tensors(rows: pd.DataFrame) -> list[dict]:
    kinds = {"int64": "INT64", "float64": "FP64"}
    return [
        {
            "name": name,
            "shape": [len(rows)],
            "datatype": kinds.get(str(rows[name].dtype), "BYTES"),
            "data": rows[name].tolist(),
        }
        for name in rows.columns
    ]


@pytest.mark.slow
def test_the_image_answers_as_the_package_predicts_and_says_that_it_is_healthy(
    exported, command, tmp_path: Path
) -> None:
    _, package = exported
    text = (package.path / "Dockerfile").read_text()
    built = Built(text, context(package.path, tmp_path / "context"), tmp_path / "image")
    last = built.stages["last"]
    assert last.user not in ("root", "0")
    assert not list((tmp_path / "image").rglob("german_credit.csv"))
    binaries = tmp_path / "image" / "opt" / "app" / "bin"
    port = free_port()
    place = [w.replace("/opt/", f"{tmp_path}/image/opt/") for w in last.words["command"]]
    process = subprocess.Popen(
        [binaries / last.words["entry"][0], *place, "--port", str(port)],
        env={"PATH": f"{binaries}:/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        cwd=tmp_path,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        health = [w.replace("8080", str(port)) for w in last.words["health"][1:]]
        deadline = time.monotonic() + 60
        while subprocess.run([binaries / "python", *health], stderr=subprocess.DEVNULL).returncode:
            assert process.poll() is None
            assert time.monotonic() < deadline
        rows = command.rows().head(5)
        answer = httpx.post(f"{url}/v2/models/credit_risk/infer", json={"inputs": tensors(rows)})
        assert answer.status_code == 200, answer.text
        rows.to_csv(command.folder / "rows.csv", index=False)
        assert command("predict", "--in", "rows.csv", "--out", "out.csv").returncode == 0
        expected = pd.read_csv(command.folder / "out.csv")
        found = {t["name"]: t["data"] for t in answer.json()["outputs"]}
        pd.testing.assert_frame_equal(pd.DataFrame(found)[list(expected)], expected, rtol=1e-12)
    finally:
        process.terminate()
        process.wait(30)


def test_the_servers_wheel_is_the_same_every_time_and_asks_for_the_server_alone(
    tmp_path: Path,
) -> None:
    import zipfile

    from notewright.packaging.server_wheel import SERVER_NEEDS, write_server_wheel

    one, two = write_server_wheel(tmp_path / "a"), write_server_wheel(tmp_path / "b")
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as wheel:
        (name,) = (n for n in wheel.namelist() if n.endswith("METADATA"))
        metadata = wheel.read(name).decode()
    needs = re.findall(r"^Requires-Dist: ([\w-]+)", metadata, re.M)
    assert tuple(needs) == SERVER_NEEDS
    assert metadata.count('extra == "serve"') == len(needs)
