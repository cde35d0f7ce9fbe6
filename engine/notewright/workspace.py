"""One project folder and everything Notewright knows of it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.store import Store, marker

if TYPE_CHECKING:
    from notewright.experiments.datasets import Datasets
    from notewright.experiments.evaluation import Evaluation
    from notewright.experiments.mlflow_store.service import MlflowStores
    from notewright.experiments.models import Models
    from notewright.experiments.runs import Runs
    from notewright.governance.approvals import Approvals
    from notewright.governance.audit.log import AuditLog
    from notewright.governance.checks.evidence import Sources
    from notewright.governance.checks.reproduced import Reproduced
    from notewright.governance.checks.service import Checks
    from notewright.governance.dossier.service import Dossiers
    from notewright.governance.explaining.service import Explanations
    from notewright.governance.gates import Gates
    from notewright.governance.identities import Identities, Identity
    from notewright.governance.mitigation.service import Mitigation
    from notewright.governance.person import Person
    from notewright.governance.policy import Policy
    from notewright.governance.policy import Retention as RetentionRules
    from notewright.governance.restricted import RestrictedColumns
    from notewright.governance.roles import Roles
    from notewright.governance.services import Governance
    from notewright.lineage.history import History
    from notewright.packaging.packages import Packages
    from notewright.progress import Progress
    from notewright.serving.deployments import Deployments
    from notewright.serving.monitor import MonitorReport
    from notewright.serving.retrace import Retrace
    from notewright.serving.retrain import RetrainOutcome
    from notewright.state.diff import SnapshotDiff
    from notewright.state.retention import Retention, Rules
    from notewright.state.snapshots import Snapshots

STORE = ".notewright"


class Workspace:
    """A project and its ``.notewright/`` store; services open when first used.

    Parameters
    ----------
    root : Path
        The project's folder; the store is made when missing.
    person : Person, optional
        Who acts by default; whose process it is where nobody is named.
    """

    def __init__(self, root: Path, person: Person | None = None) -> None:
        self.root = root.resolve()
        self._person = person
        self.store = Store(self.root / STORE)

    @property
    def read_only(self) -> bool:
        """Whether nothing can be added to the store."""
        return self.store.catalog.read_only

    @classmethod
    def find(cls, path: Path | str | None = None) -> Workspace:
        """Return the workspace that `path` is in, or start one there."""
        start = Path(path or ".").resolve()
        existing = cls.existing(start)
        return cls(existing or start)

    @staticmethod
    def existing(path: Path) -> Path | None:
        """Return the nearest folder from `path` upward that has a store, or None."""
        for folder in (path, *path.parents):
            if marker(folder / STORE) is not None:
                return folder
        return None

    # -- state and lineage ---------------------------------------------------------

    @cached_property
    def snapshots(self) -> Snapshots:
        """The snapshots of the notebooks' variables."""
        from notewright.state.snapshots import Snapshots

        return Snapshots(
            self.store,
            signer=lambda: self.identities.me(),
            trusted=lambda public: self.identities.require_trusted(public),
            restrictions=self.restricted,
        )

    @cached_property
    def _whole(self) -> Snapshots:
        """The snapshots with all that is in them, for what the engine computes from them."""
        from notewright.state.snapshots import Snapshots

        return Snapshots(
            self.store,
            signer=lambda: self.identities.me(),
            trusted=lambda public: self.identities.require_trusted(public),
        )

    @cached_property
    def history(self) -> History:
        """The executed cells."""
        from notewright.lineage.history import History

        return History(self.store, self.root)

    @cached_property
    def retention(self) -> Retention:
        """Which snapshots stay, and the removal of the others."""
        from notewright.state.retention import Retention

        return Retention(
            self.store,
            self._snapshots_used,
            self._governance.acts,
            lambda: self._permit(self.identities.me(), "snapshot.remove", ""),
            self._snapshots_kept,
        )

    def _snapshots_kept(self) -> Rules:
        """Return which snapshots the policy keeps at least."""
        from notewright.state.retention import Rules

        kept = self._retention_rules()
        return Rules(kept.last, kept.daily, named=False)

    def _retention_rules(self) -> RetentionRules:
        from notewright.errors import PolicyMissing
        from notewright.governance.policy import Retention as RetentionRules

        try:
            return self.policy().retention
        except PolicyMissing:
            return RetentionRules()

    def diff(self, old: str, new: str, session: str | None = None) -> SnapshotDiff:
        """Return how two snapshots differ; each by id, ``HEAD~2``, tag or message.

        Parameters
        ----------
        old, new : str
            The snapshots.
        session : str, optional
            Whose ``HEAD`` is meant; by default the latest of any notebook.
        """
        from dataclasses import replace

        from notewright.lineage.between import cells_between
        from notewright.lineage.sources import sources
        from notewright.state.diff import diff

        was, now = (self.snapshots.get(ref, session) for ref in (old, new))
        before, after = (self.history.line(each.execution) for each in (was, now))
        found = diff(self.store, self.snapshots, was, now, sources(before), sources(after))
        return replace(found, cells=tuple(cells_between(before, after)))

    # -- experiments ---------------------------------------------------------------

    @cached_property
    def runs(self) -> Runs:
        """The recorded runs."""
        from notewright.experiments.runs import Runs

        return Runs(
            self.store,
            self._whole,
            self.history,
            self._governance.acts,
            self.restricted,
        )

    @cached_property
    def models(self) -> Models:
        """The registered model versions and their aliases."""
        from notewright.experiments.models import Models

        return Models(
            self.store,
            self.runs,
            self._governance.acts,
            self._permit,
            signer=lambda: self.identities.me(),
            trusted=lambda public: self.identities.require_trusted(public),
        )

    @cached_property
    def datasets(self) -> Datasets:
        """The datasets that were added, in versions."""
        from notewright.experiments.datasets import Datasets

        return Datasets(
            self.store,
            self.root,
            signer=lambda: self.identities.me(),
            trusted=lambda public: self.identities.require_trusted(public),
            acts=self._governance.acts,
            drift=_drift,
            restrictions=self.restricted,
        )

    @cached_property
    def mlflow(self) -> MlflowStores:
        """MLflow's stores: taking over from them, and writing to them."""
        from notewright.experiments.mlflow_store.service import MlflowStores

        return MlflowStores(
            self.runs, self.models, self.identities.me, self._governance.acts, self._permit
        )

    # -- governance ----------------------------------------------------------------

    @cached_property
    def _governance(self) -> Governance:
        from notewright.governance.services import Governance

        return Governance(self.store, self.root, self._sources, person=self._person)

    def policy(self) -> Policy:
        """Return the policy as ``policy.yaml`` says it now."""
        return self._governance.policy()

    @property
    def identities(self) -> Identities:
        """Who is who: names and public keys."""
        return self._governance.identities

    @property
    def roles(self) -> Roles:
        """Who may do what."""
        return self._governance.roles

    @property
    def restricted(self) -> RestrictedColumns:
        """Which columns are withheld from whom."""
        return self._governance.restricted

    @property
    def checks(self) -> Checks:
        """Checks and their reports."""
        return self._governance.checks

    @property
    def explanations(self) -> Explanations:
        """What moves the answers of models, and the reasons for one."""
        return self._governance.explanations

    @property
    def mitigation(self) -> Mitigation:
        """What would make models fairer, and what it costs."""
        return self._governance.mitigation

    @property
    def gates(self) -> Gates:
        """Gates, and what passed them."""
        return self._governance.gates

    @property
    def approvals(self) -> Approvals:
        """Signed approvals."""
        return self._governance.approvals

    @property
    def audit(self) -> AuditLog:
        """The log of every act."""
        return self._governance.audit

    # -- packages and deployments --------------------------------------------------

    @cached_property
    def packages(self) -> Packages:
        """The exported packages."""
        from notewright.packaging.packages import Packages

        return Packages(
            self.store,
            self.root,
            self._whole,
            self.history,
            signer=self.identities.me,
            trusted=self.identities.require_trusted,
            acts=self._governance.acts,
            permit=self._permit,
            find_version=self.models.find,
            policy=self.policy,
            restrictions=self.restricted,
        )

    @cached_property
    def deployments(self) -> Deployments:
        """What is served, and what was."""
        from notewright.serving.deployments import Deployments

        return Deployments(
            self.store,
            self.packages,
            self.models,
            self.gates,
            self.roles,
            self.identities,
            self.audit,
            self.restricted,
            lambda: self._retention_rules().predictions,
        )

    @cached_property
    def dossiers(self) -> Dossiers:
        """The documentation of model versions that regulators ask for."""
        from notewright.governance.dossier.service import Dossiers
        from notewright.governance.dossier.subject import Services
        from notewright.packaging.facts import package_facts
        from notewright.serving.facts import operation_facts

        return Dossiers(
            Services(
                root=self.root,
                store=self.store,
                models=self.models,
                runs=self.runs,
                snapshots=self.snapshots,
                history=self.history,
                datasets=self.datasets,
                governance=self._governance,
                needed=self._snapshots_used,
                package=lambda version: package_facts(self.packages, version),
                operation=lambda version: operation_facts(self.deployments, version),
            )
        )

    def monitor(self, name: str, since: str | None = None) -> MonitorReport:
        """Return drift, latency and errors of a deployment, since a moment if given."""
        from notewright.serving.monitor import monitor

        return monitor(self.deployments, name, since, self._tested)

    def _tested(self, model_version: str) -> Evaluation | None:
        """Return what a model version said of its test rows, if its run recorded that."""
        run = self.models.get(model_version).run
        return self.runs._evaluation(self.runs.get(run)) if run else None

    def retrain(
        self,
        name: str,
        data: Path | str,
        progress: Progress | None = None,
        identity: Identity | None = None,
    ) -> RetrainOutcome:
        """Train the live package's code on newer rows; compare and check the result."""
        from notewright.serving.retrain import retrain

        return retrain(self, name, data, progress, identity)

    def retrace(self, prediction: str) -> Retrace:
        """Return everything behind one served prediction, each link verified."""
        from notewright.serving.retrace import retrace

        return retrace(self, prediction)

    def _sources(self) -> Sources:
        """Return where the checks find their evidence, of which they withhold what they must."""
        from notewright.governance.checks.evidence import Sources

        return Sources(
            self.runs,
            self._whole,
            self.history,
            self.models,
            self.root,
            signers=lambda: {entry.public: entry.name for entry in self.identities.list()},
            reproduce=self._reproduce,
        )

    def _reproduce(self, run: Any, seconds: float) -> Reproduced:
        from notewright.packaging.reproducing import reproduce

        return reproduce(self.history, self._whole, run, seconds)

    def _snapshots_used(self) -> dict[str, str]:
        """Return why snapshots are needed as evidence, by id."""
        packages = dict.fromkeys(self.packages.snapshots_used(), "made into a package")
        return packages | dict.fromkeys(self.runs.snapshots_used(), "part of a run")

    def _permit(self, actor: Any, action: str, subject: str) -> None:
        self.roles.permit(actor, action, subject)


def _drift(old: Any, new: Any) -> Any:
    from notewright.governance.drift import drift, profile

    return drift(profile(old), new)
