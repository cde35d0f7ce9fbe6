"""A workspace with a model version, the evidence about it, and people."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import numpy as np
import pandas as pd
import pytest
from tests.edited import edited

from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks.evidence import Cell, Evidence, Sources
from notewright.governance.checks.service import CheckReport
from notewright.governance.identities import Identity
from notewright.governance.services import Governance
from notewright.store import Store

# Machines that run tests are shared: how long an example takes proves nothing here.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

POLICY = """\
version: 1
documentation:
  intended_use: Ranks applications for a clerk.
  limitations: One bank, one year.
  owner: Credit Risk Analytics
data:
  favourable: good
  sensitive:
    age: {bands: [25, 60]}
checks:
  performance:
    floor: {metric: accuracy, limit: 0.6}
    champion: {run: false}  # the house's version is in no store: it has no model and no others
  explainability:
    additive: {run: false}
  data_quality:
    label_errors: {run: false}  # this and the next one fit models, in each of hundreds of reports
  drift:
    domain: {run: false}
  security:
    pickles: {run: false}
    signature: {run: false}
gates:
  staging:
    checks: [data_quality, performance]
  production:
    checks: [data_quality, performance, bias, documentation, privacy]
    approvals: [risk_officer]
"""


@dataclass(frozen=True)
class Version:
    """A model version with what governance reads of one."""

    id: str = "00000000000000a1"
    name: str = "credit_risk"
    number: int = 1
    run: str = "00000000000000b1"
    fingerprint: str = "f" * 64
    model_object: str = "e" * 64
    data: str = "d" * 64
    actor: str = "somebody"


@dataclass
class Clock:
    """A time that tests move."""

    time: str = "2026-05-01T12:00:00.000000Z"

    def __call__(self) -> str:
        return self.time


@dataclass
class House:
    """A project with governance, a model version and the evidence about it."""

    root: Path
    config: Path
    governance: Governance
    clock: Clock
    version: Version = field(default_factory=Version)
    evidence: Evidence = field(default_factory=Evidence)

    def policy(self, text: str = POLICY) -> None:
        (self.root / "policy.yaml").write_text(text, encoding="utf-8")

    def replace(self, old: str, new: str) -> None:
        text = (self.root / "policy.yaml").read_text(encoding="utf-8")
        assert old in text
        self.policy(text.replace(old, new))

    def check(self, version: Version | None = None) -> CheckReport:
        return self.governance.checks.run(version or self.version, evidence=self.evidence)

    def person(self, name: str, *roles: str) -> Identity:
        made = self.governance.identities.create(name, self.root / f"{name}.key")
        for role in roles:
            self.governance.roles.grant(name, role)
        return made

    def again(self) -> Governance:
        """Return the same workspace as another process would open it."""
        return governance_of(self.root, self.config, self.clock)

    def sql(self, statement: str, *values: Any) -> None:
        """Edit the database behind Notewright's back."""
        edited(self.root / ".notewright", statement, *values)


def governance_of(root: Path, config: Path, clock: Clock) -> Governance:
    return Governance(
        Store(root / ".notewright"), root, lambda: Sources(None, None, None), config, clock
    )


def people(rng: np.random.Generator, index: list[str]) -> pd.DataFrame:
    rows = len(index)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, rows),
            "amount": rng.normal(3000, 900, rows).round(2),
            "job": rng.choice(list("abc"), rows),
        },
        index=index,
    )


def evidence(seed: int = 0, rows: int = 400, fair: bool = True) -> Evidence:
    """Return a table, and predictions that treat the young worse unless `fair`."""
    rng = np.random.default_rng(seed)
    index = [f"row{i}" for i in range(rows)]
    frame = people(rng, index)
    age = frame["age"].to_numpy()
    deserving = rng.random(rows) < 0.7
    selected = np.where(rng.random(rows) < 0.85, deserving, ~deserving)
    if not fair:
        selected = selected & ~((age < 25) & (rng.random(rows) < 0.8))
    words = np.array(["bad", "good"])
    evaluation = Evaluation.of(
        words[deserving.astype(int)], words[selected.astype(int)], rows=index, positive="good"
    )
    frame["outcome"] = words[deserving.astype(int)]
    training = people(rng, [f"trained{i}" for i in range(2 * rows)])
    training["outcome"] = rng.choice(words, len(training), p=[0.3, 0.7])
    return Evidence(evaluation, {"raw": frame}, (Cell("cell [1]", "raw = load()"),), training)


@pytest.fixture
def house(tmp_path: Path) -> House:
    root, config = tmp_path / "project", tmp_path / "config"
    root.mkdir()
    clock = Clock()
    house = House(root, config, governance_of(root, config, clock), clock)
    house.policy()
    house.evidence = evidence()
    house.version = Version(actor=house.governance.identities.me().name)
    return house


@pytest.fixture
def make_evidence() -> Callable[..., Evidence]:
    return evidence


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """The second verifier, in oracle.py beside this file."""
    spec = importlib.util.spec_from_file_location("oracle", Path(__file__).with_name("oracle.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def registered(workspace, notebook) -> Callable[[str, str, str], Any]:
    """Return a function that runs cells, the last one as a run, and registers its model."""

    def register(first: str, trained: str, policy: str = POLICY) -> Any:
        assert notebook.run(first).status == "ok"
        active = workspace.runs.start(
            "run", session=notebook.recorder.session, namespace=notebook.namespace
        )
        with active.recording():
            execution = notebook.run(trained)
        assert execution.status == "ok"
        after = notebook.recorder.take("trained")
        run = active.finish(changed=["model"], execution=execution.id, snapshot_after=after.id)
        (workspace.root / "policy.yaml").write_text(policy)
        return workspace.models.register(run, "model", workspace.identities.me())

    return register


@pytest.fixture
def checked_notebook(workspace, registered) -> Callable[[str, str], CheckReport]:
    """Return a function that runs cells, the last one as a run, and checks its model."""

    def check(first: str, trained: str, policy: str = POLICY) -> CheckReport:
        return workspace.checks.run(registered(first, trained, policy))

    return check
