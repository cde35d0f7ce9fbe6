"""A real export, from the notebook's cells to a retraced prediction of a retrained model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from tests.conftest import PlainNotebook
from tests.serving.conftest import outcome, raw_rows
from tests.serving.test_retrace import POLICY

from notewright.packaging.model_bill import model_bill
from notewright.serving.retrace import retrace
from notewright.workspace import Workspace

CELLS = [
    "import pandas as pd\nfrom sklearn.model_selection import train_test_split",
    "rows = pd.read_csv('rows.csv')",
    "rows['burden'] = rows['amount'] / rows['months']",
    "X = pd.get_dummies(rows[['age', 'burden', 'purpose']], columns=['purpose'])\n"
    "y = (rows['risk'] == 'good').astype(int)\n"
    "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)",
]
RUN = (
    "from sklearn.ensemble import RandomForestClassifier\n"
    "from sklearn.metrics import accuracy_score, roc_auc_score\n"
    "model = RandomForestClassifier(20, max_depth=4, random_state=0).fit(X_train, y_train)\n"
    "accuracy_score(y_test, model.predict(X_test))\n"
    "roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])"
)
DATATYPES = {"integer": "INT64", "number": "FP64", "boolean": "BOOL"}


def write_rows(path: Path, seed: int) -> pd.DataFrame:
    rows = raw_rows(400, seed).drop(columns=["since", "owner"])
    rows["risk"] = outcome(rows.assign(owner=False), seed)
    rows.to_csv(path, index=False)
    return rows


@pytest.mark.slow
def test_a_model_lives_from_its_cells_to_its_successor(
    workspace: Workspace, notebook: PlainNotebook, tmp_path: Path
) -> None:
    rows = write_rows(tmp_path / "rows.csv", seed=1)
    (tmp_path / "policy.yaml").write_text(POLICY.replace("good", "1"), encoding="utf-8")
    for cell in CELLS:
        notebook.run(cell)
    session = notebook.recorder.session
    active = workspace.runs.start("forest", session=session, namespace=notebook.namespace)
    with active.recording():
        execution = notebook.run(RUN)
    after = notebook.recorder.take(kind="run")
    run = active.finish(
        "finished", changed=execution.changed, execution=execution.id, snapshot_after=after.id
    )
    version = workspace.models.register(run, "credit_risk", workspace.identities.me())
    workspace.checks.run(version)
    rita = workspace.identities.create("rita", tmp_path / "rita.key")
    workspace.roles.grant("rita", "risk_officer")
    workspace.approvals.sign(rita, "production", version, "sound")
    package = workspace.packages.export("model", "credit_risk", version=version)
    deployment = workspace.deployments.deploy("credit_risk")
    try:
        url = f"{deployment.url}/v2/models/credit_risk/infer"
        body = _request(package.path, rows.iloc[:5])
        answer = httpx.post(url, json=body, timeout=60).json()
        served = {output["name"]: output["data"] for output in answer["outputs"]}
        expected = notebook["model"].predict_proba(notebook["X"].iloc[:5])[:, 1]
        assert served["probability_1"] == expected.tolist()
        assert retrace(workspace, answer["id"]).verified
        _files_a_dossier(workspace, version)
        estimate = workspace.monitor("credit_risk").estimates[0]
        assert (estimate.metric, estimate.rows) == ("accuracy", 5)
        assert estimate.before == run.metrics["accuracy"]

        write_rows(tmp_path / "newer.csv", seed=2)
        found = workspace.retrain("credit_risk", tmp_path / "newer.csv")
        assert (found.rows, found.held_out, found.seen) == (300, 100, 0)
        assert not found.verdict.open
        judged = {each.check: each.status for each in found.report.findings}
        assert judged["behaviour.overfitting"] == "passed"
        assert judged["behaviour.size"] == "passed"
        assert found.comparison.sentences
        assert workspace.deployments.get("credit_risk").id == deployment.id

        challenger = workspace.models.get(found.challenger)
        workspace.approvals.sign(rita, "production", challenger, "sound as well")
        workspace.deployments.deploy("credit_risk", found.package)
        newer = retrace(workspace, httpx.post(url, json=body, timeout=60).json()["id"])
        assert newer.verified, newer.broken
        assert "credit_risk@2" in " ".join(link.sentence for link in newer.links)
    finally:
        workspace.deployments.stop("credit_risk")


def _files_a_dossier(workspace: Workspace, version: Any) -> None:
    """What is exported and served is in its dossier, verified, and in the bill of the model."""
    found = workspace.dossiers.collect(version)
    held = {kind for kind, each in found.evidence.items() if each.held}
    kinds = {"package", "equivalence", "bill", "deployment", "predictions", "monitoring"}
    lost = kinds | {"version", "run", "data", "cells", "approval", "passage", "audit"}
    assert lost - held == set(), {k: found.evidence[k].sentence for k in lost - held}
    assert dict(found.evidence["predictions"].facts) == {"credit_risk": "1 request"}
    assert found.package is not None
    bill = json.loads(model_bill(found))
    libraries = {c["name"] for c in bill["components"] if c["type"] == "library"}
    assert {"scikit-learn", "pandas"} <= libraries
    file = next(workspace.store.folder("packages").glob("*/model/schema.json"))
    kept = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(kept + b" ")
    altered = workspace.dossiers.collect(version)
    assert altered.evidence["package"].state == "broken"
    assert "schema.json" in altered.evidence["package"].sentence
    file.write_bytes(kept)
    assert workspace.dossiers.collect(version).evidence["package"].held


def _request(package: Path, rows: pd.DataFrame) -> dict[str, object]:
    schema = json.loads((package / "model" / "schema.json").read_bytes())
    return {
        "inputs": [
            {
                "name": column["name"],
                "datatype": DATATYPES.get(column["kind"], "BYTES"),
                "shape": [len(rows)],
                "data": rows[column["name"]].tolist(),
            }
            for column in schema["columns"]
        ]
    }
