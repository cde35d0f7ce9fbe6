"""Notebooks: a corpus of saved ones, and ones that are run here and train a model of a data set."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.governance.planted.models import Modelled
from tests.governance.trained import Notebook

from notewright.governance.checks.base import Finding
from notewright.governance.checks.evidence import Sources
from notewright.governance.checks.material import Material
from notewright.governance.checks.registry import own_checks
from notewright.governance.checks.service import run_check
from notewright.governance.checks.subject import notebook_subject
from notewright.governance.policy import CheckRules, parse_policy

_CORPUS = Path(__file__).parents[2] / "packaging" / "corpus"
#: Of the corpus, those that run from top to bottom as they stand; the others are there because
#: people also save notebooks that do not.
_OTHERWISE = ("houses_out_of_order",)


@dataclass(frozen=True)
class Saved:
    """A notebook as it is saved: the sources of its cells, in order, and their numbers."""

    name: str
    cells: tuple[str, ...]
    counts: tuple[int, ...] = ()

    @property
    def document(self) -> bytes:
        """Its document."""
        counts = self.counts or range(1, len(self.cells) + 1)
        cells = [
            {"cell_type": "code", "source": source, "execution_count": count, "outputs": [],
             "metadata": {}}
            for source, count in zip(self.cells, counts, strict=True)
        ]  # fmt: skip
        return json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": cells}).encode()

    def with_cell(self, source: str) -> Saved:
        """Return it with one more cell, in the middle."""
        at = len(self.cells) // 2
        return replace(self, cells=(*self.cells[:at], source, *self.cells[at:]), counts=())


@cache
def corpus() -> tuple[Saved, ...]:
    """Return notebooks as people write them, each of them clean."""
    found = []
    for path in sorted(_CORPUS.glob("*.py")):
        cells = path.read_text(encoding="utf-8").split("# %%")
        cells = [cell.partition("\n")[2] if at else cell for at, cell in enumerate(cells)]
        if path.stem not in _OTHERWISE:
            found.append(Saved(path.stem, tuple(cell for cell in cells if cell.strip())))
    return tuple(found)


def found_in_notebook(check: str, book: Saved, folder: Path, **options: Any) -> list[Finding]:
    """Return what a check finds in a saved notebook."""
    subject = notebook_subject(f"{book.name}.ipynb", book.document, folder)
    asked = own_checks()[check]
    rules = {key: option.default for key, option in asked.options.items()} | options
    material = Material(
        subject,
        parse_policy("version: 1"),
        Sources(None, None, None, root=folder),
        subject.evidence,
    )  # type: ignore[arg-type]
    return run_check(asked, CheckRules(options=rules), material)


# -- notebooks that run ---------------------------------------------------------------------

#: The id and source of a cell.
Cell = tuple[str, str]


def cells_of(of: Modelled) -> list[Cell]:
    """Return the cells of a notebook that trains a model of a data set, the last one trains."""
    numbers = of.data.numbers[:6]
    return [
        ("imports", "import numpy as np\nimport pandas as pd\n"
                    "from sklearn.linear_model import LogisticRegression\n"
                    "from sklearn.metrics import accuracy_score\n"
                    "from sklearn.model_selection import train_test_split\n"
                    "from sklearn.preprocessing import StandardScaler"),
        ("load", "raw = pd.read_csv('rows.csv')"),
        ("columns", f"numbers = {numbers!r}"),
        ("fill", "raw[numbers] = raw[numbers].fillna(0)"),
        ("split", "train, test = train_test_split(raw, random_state=0)"),
        ("fit", "scaler = StandardScaler().fit(train[numbers])\n"
                "model = LogisticRegression(max_iter=500).fit(\n"
                "    scaler.transform(train[numbers]), train['target'])\n"
                "accuracy_score(test['target'], model.predict(scaler.transform(test[numbers])))"),
    ]  # fmt: skip


@dataclass(frozen=True)
class Trained:
    """A notebook that ran, and the version of the model that it trained."""

    workspace: Any
    version: Any
    folder: Path

    def found(self, check: str, **options: Any) -> list[Finding]:
        """Return what a check finds in the version."""
        from tests.governance.trained import found_in

        with at_home(self.folder):
            return found_in(self.workspace, self.version, check, **options)


@cache
def _home() -> Path:
    """Return a folder for the keys of all notebooks that are run here."""
    made = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@contextlib.contextmanager
def at_home(folder: Path) -> Iterator[None]:
    """Work in a folder, as the user whose keys are in `_home`."""
    before = os.environ.get("XDG_CONFIG_HOME")
    os.environ["XDG_CONFIG_HOME"] = str(_home())
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        if before is None:
            del os.environ["XDG_CONFIG_HOME"]
        else:
            os.environ["XDG_CONFIG_HOME"] = before


def train(
    of: Modelled, folder: Path, ran: Sequence[Cell], stands: Sequence[Cell] | None = None
) -> Trained:
    """Run cells, the last as a run; then save the document, with other cells if they are given."""
    from notewright.workspace import Workspace

    with at_home(folder):
        of.table.to_csv("rows.csv", index=False)
        notebook = Notebook(Workspace(folder), folder)
        for id_, source in ran[:-1]:
            notebook.run(source, id_)
        version = notebook.train(ran[-1][1], ran[-1][0])
        notebook.save(list(dict(ran).items()) if stands is None else stands)
        notebook.recorder.close()
    return Trained(notebook.workspace, version, folder)


@cache
def honest(of: Modelled) -> Trained:
    """Return an honest notebook of a data set, run once."""
    folder = _home() / of.name.replace(" ", "_")
    folder.mkdir()
    return train(of, folder, cells_of(of))
