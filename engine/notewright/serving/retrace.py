"""From one prediction back to everything behind it, each link verified."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from notewright.errors import AmbiguousId, NotewrightError, UnknownPrediction
from notewright.serving import evidence
from notewright.serving.links import Link, broken, guarded
from notewright.serving.log import Logged
from notewright.serving.ports import Services


@dataclass(frozen=True)
class Retrace:
    """The chain behind one prediction.

    Parameters
    ----------
    prediction : str
        Its full id.
    links : tuple of Link
        From the prediction to the audit log.
    """

    prediction: str
    links: tuple[Link, ...]

    @property
    def verified(self) -> bool:
        """Whether every link holds."""
        return all(link.verified for link in self.links)

    @property
    def broken(self) -> tuple[Link, ...]:
        """The links that do not hold."""
        return tuple(link for link in self.links if not link.verified)

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        if self.verified:
            return f"All {len(self.links)} links hold."
        names = ", ".join(dict.fromkeys(link.kind for link in self.broken))
        return f"{len(self.broken)} of {len(self.links)} links do not hold: {names}."


def retrace(services: Services, prediction: str) -> Retrace:
    """Follow a prediction to model version, package, run, cells, data, checks and approvals.

    Every hash is computed again and every signature checked. A link that does
    not hold is named, and the rest is still followed.

    Parameters
    ----------
    services : Services
        The workspace.
    prediction : str
        The id in the server's answer, or its first characters.

    Raises
    ------
    UnknownPrediction, AmbiguousId
        If no prediction, or more than one, has this id.
    """
    logged = _find(services, prediction)
    entry = logged.entry
    links = [guarded("prediction", entry.id, lambda: evidence.prediction(services, logged))]
    links += _behind(services, entry.deployment)
    links.append(guarded("audit", "", lambda: evidence.audit(services, links)))
    return Retrace(entry.id, tuple(links))


def _behind(services: Services, ref: str) -> list[Link]:
    records = services.deployments.records
    try:
        deployment = records.get(ref)
        links = [guarded("deployment", ref, lambda: evidence.deployment(services, deployment))]
    except NotewrightError as error:
        links = [broken("deployment", ref, error.problem)]
        found = _try(lambda: records.from_catalog(ref))
        if found is None:
            return links
        # Its own evidence is gone; what the catalog says still leads on.
        deployment = found
    links += [
        guarded("package", deployment.package, lambda: evidence.package(services, deployment)),
        guarded("model", deployment.model_version, lambda: evidence.model(services, deployment)),
    ]
    version = _try(lambda: services.models.get(deployment.model_version))
    if version is None:
        return links
    links.append(guarded("run", version.run, lambda: evidence.run(services, version)))
    run = _try(lambda: services.runs.get(version.run))
    if run is not None:
        origin = _origin(services, run)
        links.append(guarded("cells", run.id, lambda: evidence.cells(services, origin)))
        if origin.snapshot_after is not None:
            links.append(
                guarded(
                    "snapshot",
                    origin.snapshot_after,
                    lambda: evidence.snapshot(services, origin),
                )
            )
        links.append(guarded("data", version.data, lambda: evidence.data(services, version, run)))
    links += evidence.governance(services, deployment, version)
    return links


def _origin(services: Services, run: Any) -> Any:
    """Return the run whose cells are behind `run`: a retrained one goes back to its parent's."""
    seen = set()
    while run.execution is None and run.parent is not None and run.id not in seen:
        seen.add(run.id)
        parent = _try(partial(services.runs.get, run.parent))
        if parent is None:
            break
        run = parent
    return run


def _find(services: Services, prediction: str) -> Logged:
    found = [
        logged for log in services.deployments.logs().values() for logged in log.matches(prediction)
    ]
    if not found:
        raise UnknownPrediction(prediction)
    if len(found) > 1:
        raise AmbiguousId("prediction", prediction, [logged.entry.id for logged in found])
    return found[0]


def _try(make: Any) -> Any:
    """Return what `make` gives, or None: the link that needs it has said why."""
    try:
        return make()
    except NotewrightError:
        return None
