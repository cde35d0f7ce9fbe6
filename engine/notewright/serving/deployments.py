"""Deploy, deploy over, roll back, stop: with authority, evidence and no refused request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import (
    GateClosed,
    NoRollback,
    NotDeployed,
    NotewrightError,
    NotRegistered,
    UnknownId,
)
from notewright.progress import Progress
from notewright.serving.alternative import newest_other, offer
from notewright.serving.control import State, Wanted
from notewright.serving.environment import require_proved_versions
from notewright.serving.erasing import Erasure, chosen_moment, count, erase
from notewright.serving.host import Host
from notewright.serving.log import PredictionLog
from notewright.serving.records import Deployment, DeploymentRecords
from notewright.state.withheld import UNRESTRICTED, Restrictions
from notewright.store import Store
from notewright.store.names import check_name

if TYPE_CHECKING:
    from notewright.governance.identities import Identity

#: The gate that a version passes before it answers requests.
GATE = "production"


class Deployments:
    """The deployments of one workspace.

    Parameters
    ----------
    store : Store
        Records go to its catalog, servers work in its ``deployments`` folder.
    packages : packaging.packages.Packages
        Where package versions come from: ``get(ref)``, ``list(name)``; ``verify(package)``
        checks signature and files.
    models : experiments.models.Models
        Where model versions come from: ``get(ref)`` and ``find(fingerprint)``.
    gates : governance.gates.Gates
        What a version passes before it goes live, and what was revoked.
    roles, identities, audit
        Who may act, who acts by default and whose keys sign, and the log of acts.
    restrictions : Restrictions, optional
        Which columns are withheld from who reads the logs.
    kept_days : callable, optional
        Returns for how many days the policy keeps requests and answers, or None.
    """

    def __init__(
        self,
        store: Store,
        packages: Any,
        models: Any,
        gates: Any,
        roles: Any,
        identities: Any,
        audit: Any,
        restrictions: Restrictions = UNRESTRICTED,
        kept_days: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._store = store
        self._packages = packages
        self._models = models
        self._gates = gates
        self._roles = roles
        self._identities = identities
        self._audit = audit
        self.records = DeploymentRecords(store)
        self.restrictions = restrictions
        self._kept_days = kept_days

    # -- changing ---------------------------------------------------------------

    def deploy(
        self,
        name: str,
        package: str | None = None,
        port: int = 0,
        progress: Progress | None = None,
        identity: Identity | None = None,
    ) -> Deployment:
        """Serve a package version under `name`, over whatever is live there.

        Parameters
        ----------
        name : str
            The name requests use: ``/v2/models/<name>/infer``.
        package : str, optional
            A package version (``credit_risk``, ``credit_risk@2``, an id); by
            default the latest package called `name`.
        port : int, default 0
            The port of the first deployment; 0 takes the one of last time, or
            a free one. A name keeps its address while it is up.
        progress : Progress, optional
            Reports steps; cancelling leaves what was live.
        identity : Identity, optional
            Who deploys; the OS user's own by default.

        Returns
        -------
        Deployment
            Live: it answers before this returns.

        Raises
        ------
        AccessDenied, GateClosed
            If the identity or the version may not.
        PackageAltered, WrongEnvironment, PortInUse, ServerFailed
            If it cannot be served; what was live before stays live.
        """
        check_name(name, "deployment")
        progress = progress or Progress(what="The deployment")
        progress.step(0.05, "looking at the package")
        found = self._packages.get(package or name)
        identity = identity or self._identities.me()
        try:
            version = self.version_of(found)
            self._roles.require(identity, "deploy", version)
            progress.step(0.1, f"asking the gate '{GATE}'")
            self._gates.require(GATE, version, identity)
        except (GateClosed, NotRegistered) as refusal:
            self._offer_another(refusal, name, found)
            raise
        with self._host(name).alone():
            self._host(name).check_port(port)
            live = self.records.live(name)
            evidence = {
                "kind": "deploy",
                "actor": identity.name,
                "previous": live.origin if live else None,
            }
            return self._put_live(name, found, version, evidence, port, progress, identity)

    def rollback(
        self,
        name: str,
        progress: Progress | None = None,
        identity: Identity | None = None,
    ) -> Deployment:
        """Bring back the version that was live before.

        It needs the operator's role and leaves an audit entry, but no new
        approval, unless that version was revoked since.

        Raises
        ------
        NotDeployed
            If nothing is live under `name`.
        NoRollback
            If nothing was live before, or that version was revoked.
        AccessDenied
            If the identity may not.
        """
        check_name(name, "deployment")
        progress = progress or Progress(what="The rollback")
        identity = identity or self._identities.me()
        with self._host(name).alone():
            live = self.records.live(name)
            if live is None:
                raise NotDeployed(name)
            target = self._before(live)
            if target is None:
                self._roles.require(identity, "rollback", None)
                raise NoRollback(name, "no version was live before this one")
            found = self._packages.get(target.package)
            version = self._models.get(target.model_version)
            self._roles.require(identity, "rollback", version)
            reason = self._gates.revoked(version)
            if reason is not None:
                raise NoRollback(name, f"the version before, {target.package_ref}, {reason}")
            evidence = {
                "kind": "rollback",
                "actor": identity.name,
                "restores": target.origin,
                "previous": target.previous,
            }
            return self._put_live(name, found, version, evidence, 0, progress, identity)

    def _before(self, live: Deployment) -> Deployment | None:
        """Return what was live before `live` with another package than its own, or None."""
        previous = live.previous
        while previous is not None:
            earlier = self.records.get(previous)
            if earlier.package != live.package:
                return earlier
            previous = earlier.previous
        return None

    def stop(self, name: str, identity: Identity | None = None) -> Deployment:
        """End the server of `name` after what it is answering.

        Raises
        ------
        NotDeployed
            If there never was one.
        """
        check_name(name, "deployment")
        subject = self.records.current(name)
        if subject is None:
            raise NotDeployed(name)
        identity = identity or self._identities.me()
        live = self.records.live(name)
        host = self._host(name)
        if live is not None or host.state() is not None:
            self._roles.require(identity, "deploy", self._models.get(subject.model_version))
        with host.alone():
            host.stop()
            if live is not None:
                with self._store.catalog.transaction():
                    self.records.ended(name, "stopped")
                    self._audit.append("stop", name, {"deployment": live.id}, identity)
        return self.get(name)

    def erase(
        self,
        name: str,
        *,
        older_than: str | None = None,
        prediction: str | None = None,
        identity: Identity | None = None,
        really: bool = True,
    ) -> Erasure:
        """Erase what was asked and answered; when, and by which version, stays.

        Parameters
        ----------
        name : str
            The deployment's name.
        older_than : str, optional
            ``90d`` or a date; by default after as many days as the policy says.
        prediction : str, optional
            One prediction's id instead, however new it is: somebody asks for that.
        identity : Identity, optional
            Who erases; the OS user's own by default.
        really : bool, optional
            Whether to do it, or only to count.

        Raises
        ------
        AccessDenied
            If the identity may not.
        UsageError
            If the policy keeps them for longer.
        UnknownPrediction, NotDeployed, BadMoment
        """
        log = self.log(name)
        if prediction is not None:
            prediction, before = log.find(prediction).entry.id, None
        else:
            before = chosen_moment(older_than, self._kept_days())
        if not really:
            return Erasure(name, before, prediction, count(log.folder, before, prediction), False)
        identity = identity or self._identities.me()
        self._roles.require(identity, "predictions.erase")
        erased = Erasure(name, before, prediction, erase(log.folder, before, prediction), True)
        details = {"before": before, "prediction": prediction, "records": erased.records}
        self._audit.append("predictions.erase", name, details, identity)
        return erased

    # -- looking ----------------------------------------------------------------

    def get(self, name: str) -> Deployment:
        """Return what is live under `name`, else what was live last.

        Raises
        ------
        NotDeployed
            If there never was anything.
        """
        found = self.records.current(check_name(name, "deployment"))
        if found is None:
            raise NotDeployed(name)
        return self._seen(found)

    def list(self) -> Sequence[Deployment]:
        """Return every name with what is live under it, else what was live last."""
        return [self._seen(deployment) for deployment in self.records.all()]

    def history(self, name: str) -> Sequence[Deployment]:
        """Return everything that was ever put under `name`, oldest first."""
        history = self.records.history(check_name(name, "deployment"))
        if not history:
            raise NotDeployed(name)
        return [self._seen(deployment) for deployment in history]

    def log(self, name: str) -> PredictionLog:
        """Return the prediction log of `name`, with what dead servers left in it."""
        if self.records.current(check_name(name, "deployment")) is None:
            raise NotDeployed(name)
        return PredictionLog(self._folder(name), self.restrictions)

    def logs(self) -> dict[str, PredictionLog]:
        """Return the prediction log of every name."""
        return {
            name: PredictionLog(self._folder(name), self.restrictions)
            for name in self.records.names()
        }

    def version_of(self, package: Any) -> Any:
        """Return the registered model version that a package holds.

        Raises
        ------
        NotRegistered
            If its model was never registered.
        """
        reference = getattr(package, "model_version", None)
        if reference:
            return self._models.get(reference)
        version = self._models.find(package.fingerprint)
        if version is None:
            raise NotRegistered(f"{package.name}@{package.number}")
        return version

    def path_of(self, deployment: Deployment) -> Path:
        """Return the directory that a deployment serves, signature and files checked."""
        checked = self._packages.verify(self._packages.get(deployment.package))
        return Path(checked.path)

    # -- inside -----------------------------------------------------------------

    def _offer_another(self, refusal: NotewrightError, name: str, package: Any) -> None:
        """Name the newest version that could go live instead, unless that is live already."""
        other = newest_other(self._packages, package, self._may_go_live)
        live = self.records.live(name)
        if other is not None and (live is None or live.package != other.id):
            offer(refusal, name, other)

    def _may_go_live(self, package: Any) -> bool:
        """Tell whether the gate would let a package's model version through; changes nothing."""
        try:
            return bool(self._gates.evaluate(GATE, self.version_of(package)).open)
        except (NotRegistered, UnknownId):
            return False

    def _put_live(
        self,
        name: str,
        package: Any,
        version: Any,
        evidence: dict[str, Any],
        port: int,
        progress: Progress,
        identity: Identity,
    ) -> Deployment:
        progress.step(0.2, "checking signature, files and versions")
        verified = self._packages.verify(package)
        reference = f"{package.name}@{package.number}"
        require_proved_versions(reference, verified.path)
        with self._store.catalog.transaction():
            made = self.records.add(
                name=name,
                package=package.id,
                package_ref=reference,
                manifest=verified.manifest,
                model_version=version.id,
                model_digest=version.digest,
                **evidence,
            )
            # Before the switch: no prediction may come from what the log does not know.
            details = {key: value for key, value in evidence.items() if key != "actor"}
            details |= {"deployment": made.id, "digest": made.digest, "package": package.id}
            details |= {"model_version": version.id}
            self._audit.append(made.kind, name, details, identity)
        wanted = Wanted(
            generation=0,
            deployment=made.id,
            package=str(verified.path),
            manifest=verified.manifest,
            name=name,
            version=str(package.number),
            port=port,
        )
        progress.step(0.4, "starting the server")
        try:
            state = self._host(name).go_live(wanted, progress)
        except BaseException as error:
            problem = error.problem if isinstance(error, NotewrightError) else "it was interrupted"
            with self._store.catalog.transaction():
                self.records.failed(made, problem)
                self._audit.append(f"{made.kind}.failed", name, {"deployment": made.id}, identity)
            raise
        live = self.records.went_live(made)
        if progress.report is not None:
            progress.report(1.0, f"{name} answers at {state.url}")
        return _with_state(live, state)

    def _seen(self, deployment: Deployment) -> Deployment:
        """Add what its processes say; a live record without a process is ``down``."""
        if deployment.status != "live":
            return deployment
        state = self._host(deployment.name).state()
        if state is None or state.deployment != deployment.id:
            return replace(deployment, status="down")
        return _with_state(deployment, state)

    def _host(self, name: str) -> Host:
        return Host(name, self._folder(name))

    def _folder(self, name: str) -> Path:
        folder = self._store.folder("deployments") / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder


def _with_state(deployment: Deployment, state: State) -> Deployment:
    return replace(deployment, url=state.url, pid=state.pid)
