"""What a dossier says of the deployments of a model version, and of what was seen of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notewright.governance.dossier.ports import (
    DeploymentFacts,
    LogFacts,
    MonitorFacts,
    Operation,
)
from notewright.serving.monitor import monitor

if TYPE_CHECKING:
    from notewright.governance.checks.evidence import Version
    from notewright.serving.deployments import Deployments
    from notewright.serving.records import Deployment


def operation_facts(deployments: Deployments, version: Version) -> Operation:
    """Return every deployment of a version, the logs it is in, and their monitoring."""
    made: list[Deployment] = []
    logs, monitors = [], []
    for name in deployments.records.names():
        own = [d for d in deployments.history(name) if d.model_version == version.id]
        if not own:
            continue
        made += own
        logs.append(_log(deployments, name, {each.id for each in own}))
        current = deployments.get(name)
        if current.model_version == version.id and current.live_from:
            monitors.append(_monitor(deployments, name))
    made.sort(key=lambda each: each.created)
    return Operation(tuple(map(_deployment, made)), tuple(logs), tuple(monitors))


def _deployment(made: Deployment) -> DeploymentFacts:
    return DeploymentFacts(
        id=made.id,
        digest=made.digest,
        name=made.name,
        kind=made.kind,
        actor=made.actor,
        created=made.created,
        package=made.package_ref,
        status=made.status,
        live_from=made.live_from,
        live_until=made.live_until,
    )


def _log(deployments: Deployments, name: str, own: set[str]) -> LogFacts:
    log = deployments.log(name)
    return LogFacts(name, len(log.records(deployments=own)), log.problem())


def _monitor(deployments: Deployments, name: str) -> MonitorFacts:
    seen = monitor(deployments, name)
    return MonitorFacts(
        name=name,
        package=seen.package,
        since=seen.since,
        requests=seen.requests,
        rows=seen.rows,
        refused=sum(seen.refused.values()),
        failed=sum(seen.failed.values()),
        columns=len(seen.drift),
        drifted=tuple(column.sentence for column in seen.drifted),
        notes=seen.notes,
    )
