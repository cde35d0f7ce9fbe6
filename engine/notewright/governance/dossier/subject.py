"""The model version that a dossier is about, and what leads from it to its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from notewright.errors import PolicyMissing
from notewright.governance.dossier.evidence import Absent, Ref
from notewright.store import Store
from notewright.store.ids import now

if TYPE_CHECKING:
    from notewright.experiments.datasets import Datasets
    from notewright.experiments.models import Models, ModelVersion
    from notewright.experiments.run import Run
    from notewright.experiments.runs import Runs
    from notewright.governance.approval_record import Approval
    from notewright.governance.checks.service import CheckReport
    from notewright.governance.dossier.ports import Operation, PackageFacts
    from notewright.governance.policy import Policy
    from notewright.governance.services import Governance
    from notewright.lineage.history import History
    from notewright.state.records import Snapshot
    from notewright.state.snapshots import Snapshots


@dataclass(frozen=True)
class Services:
    """Where the evidence is.

    Parameters
    ----------
    root : Path
        The project's folder.
    store, models, runs, snapshots, history, datasets, governance
        The services of the workspace.
    needed : callable
        Returns why snapshots are needed as evidence, by id.
    package : callable
        Returns the newest package of a version, or None.
    operation : callable
        Returns deployments of a version and what was seen of them.
    clock : callable
        Returns the current time as ISO 8601.
    """

    root: Path
    store: Store
    models: Models
    runs: Runs
    snapshots: Snapshots
    history: History
    datasets: Datasets
    governance: Governance
    needed: Callable[[], Mapping[str, str]]
    package: Callable[[ModelVersion], PackageFacts | None]
    operation: Callable[[ModelVersion], Operation]
    clock: Callable[[], str] = now


class Subject:
    """One model version; each property raises `Absent` where the evidence is not there.

    Parameters
    ----------
    version : ModelVersion
        What the dossier is about.
    services : Services
        Where the evidence is.
    """

    def __init__(self, version: ModelVersion, services: Services) -> None:
        self.version = version
        self.services = services

    @cached_property
    def run(self) -> Run:
        """The run that trained the version, its record verified."""
        found = self.services.runs.get(self.version.run)
        self.services.store.objects.get(found.digest)
        if found.digest != self.version.run_digest:
            raise Absent("It is not the run that the version was registered from.", "broken")
        if found.model is None or found.model.fingerprint != self.version.fingerprint:
            raise Absent("The run's model is not the version's.", "broken")
        return found

    @cached_property
    def origin(self) -> Run:
        """The run whose cells are behind the model: a retrained one goes back to its parent's."""
        found, seen = self.run, set[str]()
        while found.execution is None and found.parent is not None and found.id not in seen:
            seen.add(found.id)
            found = self.services.runs.get(found.parent)
        return found

    @cached_property
    def snapshot(self) -> Snapshot:
        """The state after the run, its record and signature verified."""
        if self.origin.snapshot_after is None:
            raise Absent("The run kept no snapshot.")
        found = self.services.snapshots.get(self.origin.snapshot_after)
        self.services.store.objects.get(found.digest)
        signer, holds = self.services.snapshots.signature(found)
        if not holds or signer not in self.keys:
            raise Absent("The snapshot is not signed by a key registered here.", "broken")
        return found

    @cached_property
    def keys(self) -> dict[str, str]:
        """Names by public key."""
        return {r.public: r.name for r in self.services.governance.identities.list()}

    @cached_property
    def policy(self) -> Policy:
        """The policy in force."""
        try:
            return self.services.governance.policy()
        except PolicyMissing as error:
            raise Absent(error.problem, remedy=error.remedy) from None

    @cached_property
    def policy_node(self) -> yaml.Node | None:
        """The policy file as YAML that knows its lines."""
        text = self.services.governance.policy_path.read_text(encoding="utf-8")
        return yaml.compose(text, Loader=yaml.SafeLoader)

    @cached_property
    def signed(self) -> Approval | None:
        """The newest approval that signed the policy as it is now, or None."""
        approvals = self.services.governance.approvals
        for each in reversed(approvals.list()):
            if each.policy == self.policy.digest and approvals.genuine(each):
                return each
        return None

    @cached_property
    def newest_report(self) -> CheckReport:
        """The newest check report about the version, whether it still counts or not."""
        found = self.services.governance.checks.latest(self.version)
        if found is None:
            raise Absent("The version was not checked.")
        return found

    @cached_property
    def report(self) -> CheckReport:
        """The check report that counts: of this model and data, under the policy in force."""
        found = self.newest_report
        when = f"The newest report ({found.id}) is"
        if (found.fingerprint, found.data) != (self.version.fingerprint, self.version.data):
            raise Absent(f"{when} about another model or other data.", "stale")
        if found.policy_digest != self.policy.digest:
            raise Absent(f"{when} from before policy.yaml was changed.", "stale")
        if self.services.governance.gates.report(self.version, self.policy) is None:
            raise Absent(f"{when} not in the audit log.", "broken")
        return found

    @cached_property
    def package(self) -> PackageFacts:
        """The newest package that holds the model, its signature and files verified."""
        found = self.services.package(self.version)
        if found is None:
            raise Absent("The version was not exported.")
        if found.problem is not None:
            raise Absent(f"{found.ref} does not verify: {found.problem}", "broken")
        return found

    @cached_property
    def operation(self) -> Operation:
        """Its deployments, and what was seen of them."""
        return self.services.operation(self.version)

    def audit_ref(self, act: str, about: str, digest: str, key: str = "digest") -> Ref:
        """Return the audit entry that was made with a record.

        Raises
        ------
        Absent
            If the log does not know it.
        """
        for entry in self.services.governance.audit.list(act=act, subject=about):
            if entry.details.get(key) == digest:
                return Ref("audit entry", str(entry.n))
        raise Absent(f"The audit log has no entry '{act}' for this record.", "broken")
