"""A dossier of a workspace as it is, without copies or stand-ins, wherever records are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.conftest import PlainNotebook
from tests.governance.dossiers import CELLS, TRAIN, loans, train

from notewright.cli import main
from notewright.governance.dossier.model_card import model_card
from notewright.store.canonical import digest_of
from notewright.workspace import Workspace


def test_a_run_without_metrics_answers_nothing_about_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    loans(tmp_path / "loans.csv")
    workspace = Workspace(tmp_path)
    notebook = PlainNotebook(workspace, tmp_path)
    for cell in CELLS:
        notebook.run(cell)
    version = train(
        workspace, notebook, "model = LogisticRegression().fit(train[['amount']], train['risk'])"
    )
    dossier = workspace.dossiers.collect(version)
    lacking = {kind for kind, found in dossier.evidence.items() if not found.held}
    assert {"metrics", "rows"} <= lacking
    assert {
        "version",
        "run",
        "parameters",
        "data",
        "cells",
        "snapshot",
        "environment",
        "audit",
    }.isdisjoint(lacking)
    assert dossier.evidence["monitoring"].state == "missing"
    assert model_card(dossier)["metrics"] == {}


def test_the_verb_writes_what_its_audit_entry_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    loans(tmp_path / "loans.csv")
    workspace = Workspace(tmp_path)
    notebook = PlainNotebook(workspace, tmp_path)
    for cell in CELLS:
        notebook.run(cell)
    train(workspace, notebook, TRAIN)
    assert main(["dossier", "credit_risk"]) == 0
    shown = capsys.readouterr().out
    assert "EU AI Act" in shown
    assert "--write dossier.html" in shown
    assert workspace.audit.list(act="dossier") == []
    words = ["dossier", "credit_risk@1", "--write", "filed/", "--write", "a.html", "--json"]
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    (entry,) = workspace.audit.list(act="dossier")
    assert entry.subject == "credit_risk@1"
    assert entry.details["files"] == said["written"]
    assert entry.details["digest"] == said["digest"]
    assert len(said["written"]) == 4
    for path, digest in said["written"].items():
        assert digest_of(Path(path).read_bytes()) == digest
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "filed/dossier.html").read_bytes()
    assert main(["dossier", "credit_risk", "--write", "a.docx"]) == 2
    assert "End it in one of" in capsys.readouterr().err
    assert len(workspace.audit.list(act="dossier")) == 1
