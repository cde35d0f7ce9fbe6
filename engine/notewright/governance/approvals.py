"""Signing approvals, and which of them count."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from notewright.errors import AccessDenied, ApprovalRefused, UnknownId
from notewright.governance.approval_record import Approval, plus_days
from notewright.governance.checks.counting import number
from notewright.governance.checks.evidence import Version
from notewright.governance.checks.service import CheckReport, Checks
from notewright.governance.identities import Acts, Identities, Identity
from notewright.governance.policy import Policy
from notewright.governance.requirements import Key, blocking, key_of
from notewright.governance.roles import Roles
from notewright.store import Store
from notewright.store.canonical import canonical
from notewright.store.ids import new_id, now
from notewright.store.signing import verify
from notewright.words import local_day, utc

if TYPE_CHECKING:
    from notewright.governance.policy import GateRules

__all__ = ["Approval", "Approvals", "gate_rules"]

_LISTING = "%nw approve --list"


class Approvals:
    """Signs approvals and says which count.

    Parameters
    ----------
    store : Store
        Where they are kept.
    identities, roles, checks : Identities, Roles, Checks
        Who is who, who may approve, and what the checks found.
    policy : callable
        Returns the policy in force.
    acts : callable
        The audit log's `append`.
    clock : callable
        Returns the current time as ISO 8601.
    """

    def __init__(
        self,
        store: Store,
        identities: Identities,
        roles: Roles,
        checks: Checks,
        policy: Callable[[], Policy],
        acts: Acts,
        clock: Callable[[], str] = now,
    ) -> None:
        self._store = store
        self._identities = identities
        self._roles = roles
        self._checks = checks
        self._policy = policy
        self._acts = acts
        self._clock = clock

    def sign(
        self,
        identity: Identity,
        gate: str,
        version: Version,
        note: str = "",
        expires: str | None = None,
    ) -> Approval:
        """Approve a version for a gate.

        The signer accepts, with `note` as the reason, every failure that the
        policy lets an approval accept.

        Parameters
        ----------
        identity : Identity
            Who signs; not somebody who trained or registered the version.
        gate : str
            A gate of the policy.
        version : ModelVersion
            What is approved.
        note : str
            The reason; needed where failures are accepted.
        expires : str, optional
            ISO 8601 time until when it can open the gate; the policy's
            ``valid_days`` from now by default, and at most.

        Raises
        ------
        AccessDenied
            If the signer may not approve this version for this gate.
        ApprovalRefused
            If the checks were not run, or a failure may not be accepted.
        """
        self._roles.require(identity, "approve", version)
        policy = self._policy()
        rules = gate_rules(policy, gate)
        role = self._role(identity, gate, version, rules)
        report = self._current(gate, version, policy, identity)
        accepts = self._accepted(gate, version, policy, report, note, identity)
        created = self._clock()
        body = {
            "workspace": self._identities.workspace(),
            "gate": gate,
            "version": version.id,
            "subject": f"{version.name}@{version.number}",
            "fingerprint": version.fingerprint,
            "model_object": version.model_object,
            "data": version.data,
            "report": report.digest,
            "findings": report.content,
            "policy": policy.digest,
            "accepts": accepts,
            "note": note.strip(),
            "signer": identity.name,
            "public": identity.public,
            "role": role,
            "nonce": os.urandom(16).hex(),
            "created": created,
            "expires": self._expiry(expires, created, rules, gate, version, identity),
        }
        signature = identity.sign(canonical({"type": "approval 1", **body})).hex()
        record = {"id": new_id(), **body, "signature": signature}
        digest = self._store.objects.put_json({"type": "approval record 1", **record}, sync=True)
        approval = Approval(digest=digest, **record)  # type: ignore[arg-type]
        with self._store.catalog.transaction() as connection:
            connection.execute(
                "INSERT INTO approvals(id, digest, nonce, gate, version, signer, created)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    approval.id,
                    digest,
                    approval.nonce,
                    gate,
                    version.id,
                    identity.name,
                    created,
                ),
            )
            self._acts(
                "approve",
                approval.subject,
                {
                    "accepts": [list(key) for key in accepts],
                    "approval": approval.id,
                    "digest": digest,
                    "expires": approval.expires,
                    "gate": gate,
                    "note": approval.note,
                },
                identity,
            )
        return approval

    def get(self, ref: str) -> Approval:
        """Return the approval with this id or prefix, its bytes verified."""
        full = self._store.catalog.resolve("approvals", ref, "approval", _LISTING)
        row = self._store.catalog.one("SELECT * FROM approvals WHERE id = ?", (full,))
        assert row is not None
        return self._read(row)

    def list(self, version: Version | None = None, gate: str | None = None) -> list[Approval]:
        """Return approvals, oldest first; all, or those of a version or gate."""
        wanted = None if version is None else version.id
        rows = self._store.catalog.query(
            "SELECT * FROM approvals WHERE (CAST(? AS TEXT) IS NULL OR version = ?)"
            " AND (CAST(? AS TEXT) IS NULL OR gate = ?) ORDER BY created, rowid",
            (wanted, wanted, gate, gate),
        )
        return [self._read(row) for row in rows]

    def used(self, approval: Approval) -> bool:
        """Tell whether a version already went through the gate with it."""
        row = self._store.catalog.one(
            "SELECT 1 FROM approval_uses WHERE approval = ?", (approval.id,)
        )
        return row is not None

    def problem(
        self,
        approval: Approval,
        gate: str,
        version: Version,
        report: CheckReport | None,
        policy: Policy,
        *,
        passed: bool = False,
    ) -> str | None:
        """Return why the approval does not count, or None if it does.

        Parameters
        ----------
        approval : Approval
            What is looked at.
        gate, version, report, policy
            What it would have to be for.
        passed : bool, default False
            Whether the version already went through with it; then neither
            expiry nor having been used matters.
        """
        who = f"{approval.signer}'s approval"
        if approval.workspace != self._identities.workspace() or not self.genuine(approval):
            return f"{who} does not have a signature by the key registered for them."
        if (approval.gate, approval.version) != (gate, version.id):
            return f"{who} is for {approval.subject} at the gate '{approval.gate}'."
        if (approval.fingerprint, approval.model_object) != (
            version.fingerprint,
            version.model_object,
        ):
            return f"{who} is of another model than this version now has."
        if approval.data != version.data:
            return f"{who} is of a model trained on other data."
        if approval.policy != policy.digest:
            return f"{who} does not count any more: policy.yaml has changed since."
        if report is None or approval.findings != report.content:
            return f"{who} does not count any more: the checks find something else now."
        if approval.role not in self._roles.of(approval.signer) or not self._roles.permits(
            approval.signer, "approve", version
        ):
            return f"{approval.signer} may not approve this version."
        if not passed and self.used(approval):
            return f"{who} was used already."
        if not passed and approval.expires <= self._clock():
            return f"{who} expired on {local_day(approval.expires)}."
        return None

    # -- what signing asks ------------------------------------------------------

    def _role(self, identity: Identity, gate: str, version: Version, rules: GateRules) -> str:
        held = self._roles.of(identity.name)
        for role in rules.approvals:
            if role in held:
                return role
        subject = f"{version.name}@{version.number}"
        self._acts("refused", subject, {"action": "approve", "gate": gate}, identity)
        if not rules.approvals:
            raise ApprovalRefused(
                f"The gate '{gate}' asks for no approval.",
                f"`%nw gate {gate} {subject}` shows what it asks for.",
            )
        raise AccessDenied(
            f"The gate '{gate}' wants an approval by {' or '.join(rules.approvals)}; "
            f"'{identity.name}' is {', '.join(sorted(held)) or 'without a role'}.",
            f"An admin runs `notewright role grant {identity.name} {rules.approvals[0]}`.",
        )

    def _current(
        self, gate: str, version: Version, policy: Policy, identity: Identity
    ) -> CheckReport:
        report = self._checks.latest(version)
        if (
            report is None
            or report.policy_digest != policy.digest
            or (report.fingerprint, report.data) != (version.fingerprint, version.data)
        ):
            self._refuse(
                gate,
                version,
                identity,
                f"{version.name}@{version.number} was not checked under the policy as it is now.",
                f"Run them first: `%nw check {version.name}@{version.number}`.",
            )
        return report

    def _accepted(
        self,
        gate: str,
        version: Version,
        policy: Policy,
        report: CheckReport,
        note: str,
        identity: Identity,
    ) -> tuple[Key, ...]:
        rules = gate_rules(policy, gate)
        standing = blocking(policy, rules, report, local_day(self._clock()))
        hard = [finding for finding in standing if not finding.acceptable]
        if hard:
            self._refuse(
                gate,
                version,
                identity,
                f"An approval cannot accept this: {' '.join(f.sentence for f in hard[:3])}",
                hard[0].remedy,
                # Who reads the log may not be somebody who may see what sentences tell.
                f"An approval cannot accept {', '.join(f.check for f in hard[:3])}.",
            )
        if standing and not note.strip():
            self._refuse(
                gate,
                version,
                identity,
                f"Approving accepts {number(len(standing), 'finding')} that did not pass, "
                "which needs a reason.",
                'Give one: `--note "..."`.',
            )
        return tuple(sorted({key_of(finding) for finding in standing}))

    def _expiry(
        self,
        expires: str | None,
        created: str,
        rules: GateRules,
        gate: str,
        version: Version,
        identity: Identity,
    ) -> str:
        limit = plus_days(created, rules.valid_days)
        if expires is None:
            return limit
        try:
            wanted = utc(expires)
        except ValueError:
            wanted = ""
        if not created < wanted <= limit:
            self._refuse(
                gate,
                version,
                identity,
                f"'{expires}' is no time between now and {local_day(limit)}, which is as long as "
                "the policy lets an approval be valid.",
                "Give a date like 2027-01-31, or leave it out.",
            )
        return wanted

    def _refuse(
        self,
        gate: str,
        version: Version,
        identity: Identity,
        problem: str,
        remedy: str,
        logged: str | None = None,
    ) -> NoReturn:
        self._acts(
            "refused",
            f"{version.name}@{version.number}",
            {"action": "approve", "gate": gate, "reason": logged or problem},
            identity,
        )
        raise ApprovalRefused(problem, remedy)

    # -- records ----------------------------------------------------------------

    def genuine(self, approval: Approval) -> bool:
        """Tell whether the signature is by the key registered for the signer."""
        try:
            registered = self._identities.get(approval.signer).public
        except UnknownId:
            return False
        return registered == approval.public and verify(
            approval.public, approval.signature, approval.signed_bytes()
        )

    def _read(self, row: Any) -> Approval:
        record = self._store.objects.get_json(row["digest"])
        record.pop("type")
        accepts = tuple((check, subject) for check, subject in record.pop("accepts"))
        return Approval(digest=row["digest"], accepts=accepts, **record)


def gate_rules(policy: Policy, gate: str) -> GateRules:
    """Return what the policy says of a gate.

    Raises
    ------
    UnknownId
        If the policy has no such gate.
    """
    if gate not in policy.gates:
        raise UnknownId("gate", gate, "%nw policy show")
    return policy.gates[gate]
