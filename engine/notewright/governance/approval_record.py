"""A signed approval: one person says that one version may pass one gate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from notewright.governance.requirements import Key
from notewright.store.canonical import canonical


@dataclass(frozen=True)
class Approval:
    """A signed approval; every field but `id`, `digest` and `signature` is signed.

    Parameters
    ----------
    id, digest : str
        Its id, and the address of its record in the store.
    workspace, gate, version, subject : str
        Where, which gate, the version's id and its ``name@number``.
    fingerprint, model_object, data : str
        The model and its training data.
    report, findings, policy : str
        Digest of the check report, hash over what it found, and digest of the policy.
    accepts : tuple of (check, subject)
        Failures that the signer accepts, with `note` as the reason.
    note : str
        What the signer says.
    signer, public, role : str
        Who, with which key, in which role.
    nonce, created, expires : str
        What makes it the only one, when it was signed, and until when it can open the gate.
    signature : str
        Ed25519 over the canonical JSON of all of that.
    """

    id: str
    digest: str
    workspace: str
    gate: str
    version: str
    subject: str
    fingerprint: str
    model_object: str
    data: str
    report: str
    findings: str
    policy: str
    accepts: tuple[Key, ...]
    note: str
    signer: str
    public: str
    role: str
    nonce: str
    created: str
    expires: str
    signature: str

    def signed_bytes(self) -> bytes:
        """Return the bytes that the signature covers."""
        outside = {"id", "digest", "signature"}
        said = {key: value for key, value in vars(self).items() if key not in outside}
        return canonical({"type": "approval 1", **said})


def plus_days(moment: str, days: int) -> str:
    """Return the time so many days after `moment`."""
    return stamp(datetime.fromisoformat(moment) + timedelta(days=days))


def stamp(moment: datetime) -> str:
    """Return a time the way `store.ids.now` writes it; without a zone it is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
