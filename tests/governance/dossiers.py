"""A project with all evidence that a dossier asks for, and copies of it to take evidence from."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from tests.conftest import PlainNotebook

from notewright.governance.checks.documentation import QUESTIONS
from notewright.governance.dossier.dossier import Dossier
from notewright.governance.dossier.ports import (
    DeploymentFacts,
    LogFacts,
    MonitorFacts,
    Operation,
    PackageFacts,
)
from notewright.governance.dossier.service import Dossiers
from notewright.workspace import Workspace

CELLS = [
    "import pandas as pd\nraw = pd.read_csv('loans.csv')",
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import balanced_accuracy_score\n"
    "from sklearn.model_selection import train_test_split\n"
    "train, test = train_test_split(raw, test_size=0.5, random_state=0)",
]
TRAIN = (
    "model = LogisticRegression().fit(train[['amount', 'age']], train['risk'])\n"
    "score = balanced_accuracy_score(test['risk'], model.predict(test[['amount', 'age']]))"
)
POLICY = {
    "version": 1,
    "documentation": {name: f"Says {question}." for name, question in QUESTIONS.items()},
    "data": {"favourable": "good", "sensitive": {"age": {"bands": [40]}}},
    "checks": {
        "data_quality": {"label_errors": {"run": False}},
        "performance": {"floor": {"limit": 0.5}},
        "bias": {"equalized_odds_difference": {"run": False}},
    },
    "gates": {
        "production": {
            "checks": ["data_quality", "performance", "bias", "documentation", "privacy"],
            "approvals": ["risk_officer"],
        }
    },
}
BILL = {"components": [{"type": "library", "bom-ref": "numpy@2", "name": "numpy", "version": "2"}]}
MOMENT = "2026-05-01T12:00:00.000000Z"


@dataclass
class Project:
    """A workspace, its model version, and what the floors above say of it."""

    workspace: Workspace
    package: PackageFacts | None
    operation: Operation
    clock: str = MOMENT

    @property
    def version(self):
        return self.workspace.models.get("credit_risk@1")

    def dossier(self) -> Dossier:
        services = replace(
            self.workspace.dossiers._services,
            package=lambda version: self.package,
            operation=lambda version: self.operation,
            clock=lambda: self.clock,
        )
        return Dossiers(services).collect(self.version)

    def again(self) -> Project:
        """Return the same project as another process would open it."""
        return replace(self, workspace=Workspace(self.workspace.root))

    def policy(self, edit) -> None:
        """Edit what the policy says."""
        path = self.workspace.root / "policy.yaml"
        said = yaml.safe_load(path.read_text())
        edit(said)
        path.write_text(yaml.safe_dump(said))

    def approve(self) -> None:
        """Check, approve and pass, all under the policy as it is now."""
        self.workspace.checks.run(self.version)
        rita = self.workspace.identities.load_key(self.workspace.root / "rita.key")
        self.workspace.approvals.sign(rita, "production", self.version, "Sound enough.")
        self.workspace.gates.require("production", self.version)


def loans(path: Path) -> None:
    rng = np.random.default_rng(0)
    amount, age = rng.normal(3000, 900, 500).round(2), rng.integers(19, 75, 500)
    sure = 1 / (1 + np.exp((amount - 3800) / 300))
    risk = np.where(rng.random(500) < sure, "good", "bad")
    pd.DataFrame({"amount": amount, "age": age, "risk": risk}).to_csv(path, index=False)


def train(workspace: Workspace, notebook: PlainNotebook, code: str):
    """Run a cell as a run, and return the model version of it."""
    active = workspace.runs.start(
        "logistic", session=notebook.recorder.session, namespace=notebook.namespace
    )
    with active.recording():
        execution = notebook.run(code)
    after = notebook.recorder.take("trained")
    run = active.finish(changed=execution.changed, execution=execution.id, snapshot_after=after.id)
    return workspace.models.register(run, "credit_risk", workspace.identities.me())


def build(root: Path) -> Project:
    """Make the project in an empty folder, which is the current one."""
    loans(root / "loans.csv")
    (root / "policy.yaml").write_text(yaml.safe_dump(POLICY))
    workspace = Workspace(root)
    notebook = PlainNotebook(workspace, root)
    for cell in CELLS:
        notebook.run(cell)
    train(workspace, notebook, TRAIN)
    workspace.identities.create("rita", root / "rita.key")
    workspace.roles.grant("rita", "risk_officer")
    project = Project(workspace, None, Operation())
    project.approve()
    return replace(project, package=_package(project), operation=_operation(project))


def _package(project: Project) -> PackageFacts:
    details = {"package": "a" * 64, "record": "b" * 64}
    project.workspace.audit.append("export", "credit_risk@1", details)
    return PackageFacts(
        ref="credit_risk@1",
        id="a" * 64,
        record="b" * 64,
        created=MOMENT,
        origin="notebook",
        signer="rita",
        problem=None,
        files=40,
        result="equal",
        compared=(("metric score", "notebook 0.8, package 0.8, equal True"),),
        findings=("A library has no licence.",),
        bill=json.dumps(BILL),
    )


def _operation(project: Project) -> Operation:
    project.workspace.audit.append("deploy", "credit_risk", {"digest": "c" * 64})
    made = DeploymentFacts(
        "00000000000000d1", "c" * 64, "credit_risk", "deploy", "rita", MOMENT, "credit_risk@1",
        "live", MOMENT, None,
    )  # fmt: skip
    seen = MonitorFacts("credit_risk", "credit_risk@1", MOMENT, 7, 70, 1, 0, 2, ("age grew.",), ())
    return Operation((made,), (LogFacts("credit_risk", 7, None),), (seen,))


def copied(built: Project, to: Path) -> Project:
    """Return a copy of a project in a folder of its own."""
    shutil.copytree(built.workspace.root, to)
    return replace(built, workspace=Workspace(to))
