"""An exported package as its user has it: its command, in its own environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd

from notewright.packaging.answering import Answer
from notewright.packaging.emit import modules
from notewright.packaging.pieces import Context
from notewright.packaging.plan import Plan

CONTEXT = Context("credit_risk", "credit-risk", "skops", [], "A model.", True, Answer("predict", 0))
DATA = "german_credit.csv"
ALL = ["load", "prepare", "train", "evaluate"]


class Command:
    """Runs ``python -m NAME`` of a package in a folder of its own, with a cache of its own."""

    def __init__(self, package, folder: Path) -> None:
        self.package = package
        self.folder = folder
        shutil.copytree(package.path / "data", folder / "data")
        (folder / "data").chmod(0o755)
        for file in (folder / "data").iterdir():
            file.chmod(0o644)

    def __call__(self, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        variables = {"PYTHONPATH": "", f"{self.package.name.upper()}_CACHE": str(self.cache)}
        python = self.package.environment / "bin" / "python"
        return subprocess.run(
            [python, "-m", self.package.name, *map(str, words)],
            cwd=self.folder,
            env={**os.environ, **variables, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def rows(self) -> pd.DataFrame:
        """Return the training rows as they are predicted: with the columns of the schema."""
        schema = json.loads((self.package.path / "model" / "schema.json").read_bytes())
        rows = pd.read_csv(self.package.path / "data" / DATA)
        return rows[[column["name"] for column in schema["columns"]]]

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def stages(self, *words: object, **environment: str) -> list[str]:
        """Run the command and return the stages that it says it ran."""
        done = self(*words, **environment)
        assert done.returncode == 0, done.stderr
        lines = [line.split(": ") for line in done.stderr.splitlines() if ": " in line]
        assert [name for name, _ in lines] == ALL
        return [name for name, what in lines if what.startswith("run")]


def run_modules(made: Plan, folder: Path, code: str) -> str:
    """Return what code prints that imports the modules of a plan as ``credit_risk``."""
    for path, text in modules(made, CONTEXT).items():
        file = folder / "credit_risk" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (folder / "data").symlink_to(made.directory / "data")
    (folder / "trial.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "trial.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
