"""What a dossier asks of the floors above: packages, deployments and their monitoring."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PackageFacts:
    """An exported package that holds the model.

    Parameters
    ----------
    ref, id, record : str
        ``credit_risk@2``, the digest of its signed manifest, and that of its record.
    created, origin, signer : str
        When, how it came about, and who signed it.
    problem : str or None
        Why it does not verify.
    files : int
        How many files its manifest names.
    result : str
        What comparing it with the notebook gave: ``"equal"``.
    compared : tuple of (str, str)
        What was compared, and how it came out.
    findings : tuple of str
        What its owner should know.
    bill : str or None
        Its bill of materials, CycloneDX JSON.
    """

    ref: str
    id: str
    record: str
    created: str
    origin: str
    signer: str
    problem: str | None
    files: int
    result: str
    compared: tuple[tuple[str, str], ...]
    findings: tuple[str, ...]
    bill: str | None


@dataclass(frozen=True)
class DeploymentFacts:
    """One time that the version was put under a name.

    Parameters
    ----------
    id, digest, name : str
        Its id, its record, and the name that requests use.
    kind, actor, created, package : str
        ``deploy`` or ``rollback``; by whom, when, and which package.
    status : str
        ``live``, ``replaced``, ``stopped``, ``failed``, ``pending`` or ``down``.
    live_from, live_until : str or None
        When it answered.
    """

    id: str
    digest: str
    name: str
    kind: str
    actor: str
    created: str
    package: str
    status: str
    live_from: str | None
    live_until: str | None


@dataclass(frozen=True)
class MonitorFacts:
    """What the prediction log says of a name under which the version is or was last.

    Parameters
    ----------
    name, package, since : str
        The name, the package under it, and since when it is looked at.
    requests, rows, refused, failed : int
        Of any outcome; rows predicted; callers' mistakes; the server's.
    columns : int
        How many columns were compared with those trained on; 0 where none could be.
    drifted : tuple of str
        A sentence for each column that drifted.
    notes : tuple of str
        What could not be looked at, and why.
    """

    name: str
    package: str
    since: str
    requests: int
    rows: int
    refused: int
    failed: int
    columns: int
    drifted: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class LogFacts:
    """The prediction log of one name, as far as the version answered.

    Parameters
    ----------
    name : str
        The name.
    predictions : int
        How many requests are in it.
    problem : str or None
        What is wrong with its chain of hashes.
    """

    name: str
    predictions: int
    problem: str | None


@dataclass(frozen=True)
class Operation:
    """All of that, for one model version."""

    deployments: tuple[DeploymentFacts, ...] = ()
    logs: tuple[LogFacts, ...] = ()
    monitors: tuple[MonitorFacts, ...] = ()
