"""From a trained model to an open gate, as in a notebook with a second person at a shell."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.edited import edited

from notewright.errors import GateClosed
from notewright.verbs import find_verb
from notewright.verbs.base import Context

POLICY = """\
version: 1
documentation:
  intended_use: Ranks loan applications for a clerk, who decides.
data:
  favourable: good
  sensitive:
    age_in_years: {bands: [25, 60]}
    sex: {}
checks:
  performance:
    floor: {metric: balanced_accuracy, limit: 0.55}
gates:
  production:
    checks: [data_quality, performance, bias, documentation, privacy]
    approvals: [risk_officer]
"""

CELLS = [
    "import pandas as pd\nraw = pd.read_csv('loans.csv')",
    "df = raw.drop(columns='creditability').assign(sex=raw['sex'] == 'male')\n"
    "df['rate'] = df['amount'] / df['amount'].max()\ny = raw['creditability']",
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import balanced_accuracy_score\n"
    "from sklearn.model_selection import train_test_split\n"
    "X_train, X_test, y_train, y_test = train_test_split(df, y, test_size=0.5, random_state=0)",
]
TRAIN = (
    "model = LogisticRegression(max_iter=5000, class_weight='balanced').fit(X_train, y_train)\n"
    "score = balanced_accuracy_score(y_test, model.predict(X_test))"
)


def loans(path: Path) -> None:
    """Write loans that young people are mostly refused."""
    rng = np.random.default_rng(0)
    age = rng.integers(19, 75, 1200)
    good = rng.random(1200) < np.where(age < 25, 0.35, 0.75)
    frame = pd.DataFrame(
        {
            "age_in_years": age,
            "sex": rng.choice(["male", "female"], 1200),
            "amount": rng.integers(500, 9000, 1200),
            "creditability": np.where(good, "good", "bad"),
        }
    )
    frame.to_csv(path, index=False)


def shell(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `notewright` in a process of its own, where the environment names somebody else."""
    code = "import sys; from notewright.cli import main; raise SystemExit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=root,
        env={**os.environ, "USER": "mallory", "LOGNAME": "mallory"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def verb(workspace, name: str, *words: str):
    """Run a verb as `%nw` does."""
    found = find_verb(name)
    return found.run(found.parser().parse_args(list(words)), Context(workspace))


@pytest.fixture
def trained(workspace, notebook, tmp_path: Path):
    """A notebook whose model is registered as credit_risk."""
    loans(tmp_path / "loans.csv")
    for cell in CELLS:
        assert notebook.run(cell).status == "ok"
    active = workspace.runs.start(
        "logistic", session=notebook.recorder.session, namespace=notebook.namespace
    )
    with active.recording():
        execution = notebook.run(TRAIN)
    assert execution.status == "ok"
    after = notebook.recorder.take("trained")
    run = active.finish(changed=["model"], execution=execution.id, snapshot_after=after.id)
    (tmp_path / "policy.yaml").write_text(POLICY)
    return workspace.models.register(run, "credit_risk", workspace.identities.me())


@pytest.mark.sqlite  # a copy of the folder shares records that are elsewhere
def test_the_story(workspace, trained, tmp_path: Path):
    # the check finds what is there, and says it in words
    report = verb(workspace, "check", "credit_risk")
    assert report.exit_code() == 1
    assert "'below 25' are given the favourable outcome, against" in report.text()
    assert "`limitations: ...` under `documentation:`" in report.text()
    failed = {f["check"] for f in report.data()["findings"] if f["blocks"]}
    assert {"bias.selection_rate_ratio", "documentation.complete"} <= failed
    assert not [f for f in report.data()["findings"] if f["status"] == "could_not_run"]

    # the gate refuses and lists each requirement
    verdict = verb(workspace, "gate", "production", "credit_risk")
    assert verdict.exit_code() == 1
    states = {r["name"]: r["status"] for r in verdict.data()["requirements"]}
    assert states["documentation.complete"] == "failed"
    assert states["approval: risk_officer"] == "missing"
    assert states["performance.floor"] == "met"
    with pytest.raises(GateClosed):
        workspace.gates.require("production", trained)

    # documentation is written; the gap by age stays, for somebody else to accept
    text = POLICY.replace(
        "documentation:\n", "documentation:\n  limitations: Invented people.\n  owner: Tests\n"
    )
    (tmp_path / "policy.yaml").write_text(text)
    still = verb(workspace, "check", "credit_risk").data()["findings"]
    assert {f["check"].partition(".")[0] for f in still if f["blocks"]} == {"bias"}

    # a second person, with a key of their own, in a process of their own
    created = shell(tmp_path, "identity", "create", "rita", "--key", "rita.key")
    assert created.returncode == 0, created.stderr
    words = ("approve", "credit_risk", "--gate", "production", "--note", "Law sets the age.")
    own = shell(tmp_path, *words)
    assert own.returncode == 2
    assert "it is their own work" in own.stderr
    early = shell(tmp_path, *words, "--key", "rita.key")
    assert early.returncode == 2
    assert "'rita' (no role) may not approve" in early.stderr
    assert shell(tmp_path, "role", "grant", "rita", "risk_officer").returncode == 0
    signed = shell(tmp_path, *words, "--key", "rita.key", "--json")
    assert signed.returncode == 0, signed.stderr
    approval = json.loads(signed.stdout)["approval"]
    assert approval["signer"] == "rita"
    assert ["bias.selection_rate_ratio", "age_in_years"] in approval["accepts"]

    # the gate opens, here
    assert verb(workspace, "gate", "production", "credit_risk").exit_code() == 0
    assert workspace.gates.require("production", trained).open

    # the log is sound, and is not after a byte is changed
    assert verb(workspace, "audit", "verify").exit_code() == 0
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / ".notewright", copy / ".notewright")
    edited(
        copy / ".notewright",
        "UPDATE audit_entries SET entry = replace(entry, 'Law sets', 'Law Sets')"
        " WHERE act = 'approve'",
    )
    entry = workspace.audit.list(act="approve")[0].n
    changed = shell(copy, "audit", "verify")
    assert changed.returncode == 1
    assert f"Entry {entry} was changed" in changed.stdout
    assert verb(workspace, "audit", "verify", "--every-head").exit_code() == 0

    # who did what is in the log, under the names the operating system and the keys give
    actors = {(e.act, e.actor) for e in workspace.audit.list()}
    me = workspace.identities.me().name
    assert ("approve", "rita") in actors
    assert ("gate.pass", me) in actors
    assert "mallory" not in {actor for _, actor in actors}


def test_every_verb_has_text_html_and_stable_data(workspace, trained, tmp_path: Path):
    (tmp_path / "policy.yaml").unlink()
    shown = {
        "policy init": verb(workspace, "policy", "init"),
        "policy": verb(workspace, "policy"),
        "policy schema": verb(workspace, "policy", "schema"),
        "check": verb(workspace, "check", "credit_risk"),
        "check --last": verb(workspace, "check", "credit_risk", "--last"),
        "gate": verb(workspace, "gate", "production", "credit_risk"),
        "identity": verb(workspace, "identity"),
        "role": verb(workspace, "role"),
        "approve --list": verb(workspace, "approve", "--list"),
        "audit list": verb(workspace, "audit", "list", "-n", "3"),
        "audit verify": verb(workspace, "audit", "verify"),
        "audit export": verb(workspace, "audit", "export", str(tmp_path / "audit.json")),
    }
    for name, view in shown.items():
        assert view.text().strip(), name
        assert view.html().strip(), name
        json.dumps(view.data(), allow_nan=False)
    fields = {"id", "subject", "version", "policy_digest", "created", "actor", "findings", "passed"}
    assert fields <= shown["check"].data().keys()
    assert {"gate", "version", "open", "requirements"} <= shown["gate"].data().keys()
    assert {"ok", "entries", "problem", "entry", "outside", "heads"} == shown[
        "audit verify"
    ].data().keys()


def test_script_in_names_and_values_stays_text(workspace, trained, tmp_path: Path):
    evil = "<script>alert(1)</script>"
    text = POLICY.replace("intended_use: Ranks", f"intended_use: {evil} Ranks")
    (tmp_path / "policy.yaml").write_text(text.replace("sex: {}", f"'{evil}': {{}}"))
    for view in (
        verb(workspace, "check", "credit_risk"),
        verb(workspace, "gate", "production", "credit_risk"),
    ):
        assert evil in view.text()
        assert "<script>" not in view.html()
