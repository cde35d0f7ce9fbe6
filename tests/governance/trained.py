"""A model trained in a notebook with a document, for single checks on what was recorded of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright.governance.checks.base import Finding
from notewright.governance.checks.evidence import Cell, Evidence, Sources
from notewright.governance.checks.material import Material
from notewright.governance.checks.registry import own_checks
from notewright.governance.checks.service import run_check
from notewright.governance.policy import CheckRules, parse_policy


@dataclass
class Notebook:
    """Cells with ids, run in any order and recorded; the document is written when asked."""

    workspace: Any
    folder: Path
    variables: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from notewright.lineage.recorder import Recorder
        from notewright.state.namespace import Namespace

        self.variables |= {"__name__": "__main__", "__builtins__": __builtins__}
        self.namespace = Namespace(self.variables, folders=[self.folder])
        self.recorder = Recorder(
            self.workspace.history,
            self.workspace.snapshots,
            self.namespace,
            self.folder,
            notebook="nb.ipynb",
        )

    def run(self, source: str, id_: str | None = None) -> Any:
        """Run a cell; an error in it is recorded, not raised."""
        from notewright.lineage.cell import Cell

        cell = Cell(source, source, cell=id_)
        with contextlib.suppress(Exception), self.recorder.running(cell):
            exec(compile(source, "<cell>", "exec"), self.variables)
        return cell.execution

    def train(self, source: str, id_: str | None = None) -> Any:
        """Run a cell as a run, and return the version of the model that it made."""
        active = self.workspace.runs.start(
            "run", session=self.recorder.session, namespace=self.namespace
        )
        with active.recording():
            execution = self.run(source, id_)
        assert execution.status == "ok", execution.error
        after = self.recorder.take("trained")
        run = active.finish(changed=["model"], execution=execution.id, snapshot_after=after.id)
        return self.workspace.models.register(run, "model", self.workspace.identities.me())

    def save(self, cells: Sequence[tuple[str, str]]) -> None:
        """Write the document: the id and source of each code cell."""
        content = {
            "cells": [
                {"cell_type": "code", "id": id_, "source": source.splitlines(keepends=True),
                 "metadata": {}, "outputs": [], "execution_count": None}
                for id_, source in cells
            ],
            "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
        }  # fmt: skip
        (self.folder / "nb.ipynb").write_text(json.dumps(content))


def found_in(workspace: Any, version: Any, name: str, **options: Any) -> list[Finding]:
    """Return what one check finds in a registered version."""
    check = own_checks()[name]
    material = Material(version, parse_policy("version: 1"), workspace._sources())
    defaults = {key: option.default for key, option in check.options.items()}
    return run_check(check, CheckRules(options={**defaults, **options}), material)


def found_in_cells(name: str, *sources: str, **options: Any) -> list[Finding]:
    """Return what one check finds in the sources of cells alone."""

    class Version:
        id, name, number, run, fingerprint = "a", "model", 1, "b", "f"
        model_object, data, actor = "e", "d", "somebody"

    check = own_checks()[name]
    cells = tuple(Cell(f"cell [{at}]", source) for at, source in enumerate(sources, 1))
    given = Evidence(cells=cells)
    material = Material(Version(), parse_policy("version: 1"), Sources(None, None, None), given)
    defaults = {key: option.default for key, option in check.options.items()}
    return run_check(check, CheckRules(options={**defaults, **options}), material)


def failures(findings: list[Finding]) -> list[Finding]:
    """Return those that did not pass; a check that could not run is an error here."""
    stuck = [f for f in findings if f.status == "could_not_run"]
    assert not stuck, stuck[0].sentence
    return [f for f in findings if f.status == "failed"]
