"""Making dossiers, and recording that one was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING, TypeVar

from notewright.governance.dossier import (
    check_evidence,
    control_evidence,
    data_evidence,
    model_evidence,
    policy_evidence,
    use_evidence,
)
from notewright.governance.dossier.dossier import Dossier, assess
from notewright.governance.dossier.evidence import Absent, Evidence, collected
from notewright.governance.dossier.frameworks import FRAMEWORKS
from notewright.governance.dossier.kinds import KINDS
from notewright.governance.dossier.subject import Services, Subject
from notewright.progress import Progress

if TYPE_CHECKING:
    from notewright.experiments.models import ModelVersion
    from notewright.governance.identities import Identity
    from notewright.governance.policy import Policy

T = TypeVar("T")

#: What is asked of those who read or write a dossier: it shows what the audit log shows.
ACTION = "audit.read"

_COLLECTORS = {
    **model_evidence.COLLECTORS,
    **data_evidence.COLLECTORS,
    **check_evidence.COLLECTORS,
    **policy_evidence.COLLECTORS,
    **control_evidence.COLLECTORS,
    **use_evidence.COLLECTORS,
}


class Dossiers:
    """Makes the dossiers of one workspace.

    Parameters
    ----------
    services : Services
        Where the evidence is.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(
        self,
        version: ModelVersion,
        *,
        actor: Identity | None = None,
        progress: Progress | None = None,
    ) -> Dossier:
        """Look at all evidence about a version, verify it, and answer the frameworks with it.

        Parameters
        ----------
        version : ModelVersion
            What the dossier is about.
        actor : Identity, optional
            Who asks; the OS user's own identity by default.
        progress : Progress, optional
            Told of each kind of evidence.

        Raises
        ------
        AccessDenied
            If the actor may not read the audit log.
        PolicyError
            If policy.yaml is not understood.
        """
        governance = self._services.governance
        actor = actor or governance.identities.me()
        governance.roles.require(actor, ACTION)
        progress = progress or Progress(what="The dossier")
        subject = Subject(version, self._services)
        policy = _policy(subject)
        evidence: dict[str, Evidence] = {}
        for done, (kind, known) in enumerate(KINDS.items()):
            progress.step(done / len(KINDS), known.title)
            found = collected(kind, partial(_COLLECTORS[kind], subject))
            remedy = found.remedy.replace("MODEL_VARIABLE", version.variable)
            evidence[kind] = replace(found, remedy=remedy.replace("MODEL", version.ref))
        return Dossier(
            version=version,
            created=self._services.clock(),
            actor=actor.name,
            policy=None if policy is None else policy.digest,
            head=governance.audit.head(),
            report=_held(lambda: subject.newest_report),
            evidence=evidence,
            frameworks=assess(FRAMEWORKS, evidence),
            made_by=version_of("notewright"),
            run=_held(lambda: subject.run),
            excuses=_held(lambda: control_evidence.excuses(subject)) or {},
            package=_held(lambda: subject.package),
        )

    def written(
        self, dossier: Dossier, files: Mapping[str, str], actor: Identity | None = None
    ) -> None:
        """Record in the audit log that a dossier was written.

        Parameters
        ----------
        dossier : Dossier
            Which one.
        files : mapping of str to str
            The BLAKE3 digest of each file, by its name.
        actor : Identity, optional
            Who wrote it; the OS user's own identity by default.
        """
        actor = actor or self._services.governance.identities.me()
        self._services.governance.roles.require(actor, ACTION)
        details = {
            "digest": dossier.digest,
            "files": dict(files),
            "log": None if dossier.head is None else dossier.head.size,
        }
        self._services.governance.acts("dossier", dossier.ref, details, actor)


def _policy(subject: Subject) -> Policy | None:
    """Return the policy, or None without one; a mistake in it is the user's to mend."""
    try:
        return subject.policy
    except Absent:
        return None


def _held(get: Callable[[], T]) -> T | None:
    """Return what is there and whole, else None: its evidence says what is wrong."""
    found: list[T] = []

    def take() -> Evidence:
        found.append(get())
        return Evidence("checks", "held", "")

    collected("checks", take)
    return found[0] if found else None
