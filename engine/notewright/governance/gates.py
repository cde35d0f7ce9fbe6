"""Gates: what a model version must show before it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from notewright.errors import GateClosed
from notewright.governance.approvals import Approval, Approvals, gate_rules
from notewright.governance.checks.evidence import Version
from notewright.governance.checks.service import CheckReport, Checks
from notewright.governance.identities import Acts, Identity
from notewright.governance.policy import GateRules, Policy
from notewright.governance.requirements import Requirement, check_requirements
from notewright.governance.roles import Roles
from notewright.store import Store
from notewright.store.canonical import canonical, digest_of
from notewright.store.ids import new_id, now
from notewright.words import local_day


@dataclass(frozen=True)
class Verdict:
    """How a version stands at a gate.

    Parameters
    ----------
    gate, version : str
        The gate, and ``name@number``.
    open : bool
        Whether every requirement is met or waived.
    requirements : tuple of Requirement
        Each of them.
    """

    gate: str
    version: str
    open: bool
    requirements: tuple[Requirement, ...]

    def failing(self) -> list[Requirement]:
        """Return the requirements that keep the gate closed."""
        return [r for r in self.requirements if r.status in ("failed", "missing")]


class Gates:
    """The gates of one workspace.

    Parameters
    ----------
    store : Store
        Where it is kept what passed.
    roles, checks, approvals : Roles, Checks, Approvals
        Who may do what, what was found, and what was approved.
    policy : callable
        Returns the policy in force.
    acts : callable
        The audit log's `append`.
    me : callable
        Returns the identity that acts when none is given.
    clock : callable
        Returns the current time as ISO 8601.
    """

    def __init__(
        self,
        store: Store,
        roles: Roles,
        checks: Checks,
        approvals: Approvals,
        policy: Callable[[], Policy],
        acts: Acts,
        me: Callable[[], Identity],
        clock: Callable[[], str] = now,
    ) -> None:
        self._store = store
        self._roles = roles
        self._checks = checks
        self._approvals = approvals
        self._policy = policy
        self._acts = acts
        self._me = me
        self._clock = clock

    def evaluate(self, gate: str, version: Version) -> Verdict:
        """Return how the version stands; changes nothing.

        Raises
        ------
        UnknownId
            If the policy has no such gate.
        """
        return self._evaluate(gate, version)[0]

    def require(self, gate: str, version: Version, actor: Identity | None = None) -> Verdict:
        """Take the version through the gate.

        The first time uses up the approvals that opened it. From then on the
        version may pass again while model, data, policy and findings are the same.

        Raises
        ------
        AccessDenied
            If the actor may not deploy it.
        GateClosed
            If a requirement is not met; the refusal is recorded.
        """
        actor = actor or self._me()
        self._roles.require(actor, "deploy", version)
        with self._store.catalog.transaction() as connection:
            verdict, approvals, evidence, before = self._evaluate(gate, version)
            if verdict.open and not before:
                passage = {
                    "type": "gate passage 1",
                    "id": new_id(),
                    "gate": gate,
                    "version": version.id,
                    "model": _model(version),
                    "evidence": evidence,
                    "approvals": [approval.id for approval in approvals],
                    "actor": actor.name,
                    "created": self._clock(),
                }
                digest = self._store.objects.put_json(passage, sync=True)
                connection.execute(
                    "INSERT INTO passages(id, digest, gate, version, evidence, created)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (passage["id"], digest, gate, version.id, evidence, passage["created"]),
                )
                connection.executemany(
                    "INSERT INTO approval_uses(approval, passage) VALUES (?, ?)",
                    [(approval.id, passage["id"]) for approval in approvals],
                )
                self._acts(
                    "gate.pass",
                    verdict.version,
                    {"approvals": passage["approvals"], "digest": digest, "gate": gate},
                    actor,
                )
        if not verdict.open:
            words = {"failed": "failed", "missing": "is missing"}
            reasons = [f"{r.name} {words[r.status]}." for r in verdict.failing()]
            self._acts("refused", verdict.version, {"gate": gate, "reasons": reasons}, actor)
            raise GateClosed(gate, verdict.version, reasons)
        return verdict

    def revoke(
        self, gate: str, version: Version, reason: str, actor: Identity | None = None
    ) -> None:
        """Withdraw a version: it needs new approvals to pass the gate, also to come back.

        Raises
        ------
        AccessDenied
            If the actor may not withdraw it.
        """
        actor = actor or self._me()
        self._roles.require(actor, "revoke", version)
        record = {
            "type": "revocation 1",
            "id": new_id(),
            "gate": gate,
            "version": version.id,
            "reason": reason,
            "actor": actor.name,
            "created": self._clock(),
        }
        digest = self._store.objects.put_json(record, sync=True)
        with self._store.catalog.transaction() as connection:
            connection.execute(
                "INSERT INTO revocations(id, digest, gate, version, created)"
                " VALUES (?, ?, ?, ?, ?)",
                (record["id"], digest, gate, version.id, record["created"]),
            )
            self._acts(
                "revoke",
                f"{version.name}@{version.number}",
                {
                    "created": record["created"],
                    "digest": digest,
                    "gate": gate,
                    "reason": reason,
                },
                actor,
            )

    def revoked(self, version: Version, gate: str = "production") -> str | None:
        """Return why the version may not be used again, or None if it may."""
        withdrawn = self._withdrawn(gate, version)
        if not withdrawn or self._passages(gate, version):
            return None
        return f"was withdrawn on {local_day(withdrawn)} and has not passed '{gate}' again since"

    def standing(self, gate: str, version: Version) -> list[dict[str, Any]]:
        """Return the records of the passages that still hold: of this model, data and policy,
        with these findings, and not withdrawn since.
        """
        policy = self._policy()
        evidence = _evidence(version, policy, self.report(version, policy))
        return [p for p in self._passages(gate, version) if p["evidence"] == evidence]

    # -- how it stands ----------------------------------------------------------

    def _evaluate(self, gate: str, version: Version) -> tuple[Verdict, list[Approval], str, bool]:
        """Return the verdict, the approvals it rests on, the evidence, and if it passed before."""
        policy = self._policy()
        rules = gate_rules(policy, gate)
        report = self.report(version, policy)
        evidence = _evidence(version, policy, report)
        withdrawn = self._withdrawn(gate, version)
        approvals, reasons = [], []
        earlier = [p for p in self._passages(gate, version) if p["evidence"] == evidence]
        used = {ref for passage in earlier for ref in passage["approvals"]}
        for approval in self._approvals.list(version, gate):
            reason = self._approvals.problem(
                approval, gate, version, report, policy, passed=approval.id in used
            )
            if reason is None and not self._logged("approve", approval.digest, "approve", version):
                reason = f"{approval.signer}'s approval is not in the audit log."
            if reason is None and approval.created <= withdrawn:
                reason = f"{approval.signer}'s approval is from before the version was withdrawn."
            if reason is None:
                approvals.append(approval)
            else:
                reasons.append(reason)
        given, wanted = _assign(gate, rules, approvals, reasons, version)
        accepted = {key for approval in given for key in approval.accepts}
        checks = check_requirements(policy, rules, report, accepted, local_day(self._clock()))
        requirements = (*checks, *wanted)
        is_open = bool(requirements) and all(
            requirement.status in ("met", "waived") for requirement in requirements
        )
        subject = f"{version.name}@{version.number}"
        verdict = Verdict(gate, subject, is_open, requirements)
        return verdict, given, evidence, bool(earlier)

    def report(self, version: Version, policy: Policy) -> CheckReport | None:
        """Return the newest report if it is of this model, under this policy, and in the log."""
        report = self._checks.latest(version)
        if (
            report is None
            or report.policy_digest != policy.digest
            or (report.fingerprint, report.data) != (version.fingerprint, version.data)
            or not self._logged("check", report.digest, "check", version)
        ):
            return None
        return report

    def _passages(self, gate: str, version: Version) -> list[dict[str, Any]]:
        """Return when the version, as it is now, went through and was not withdrawn since."""
        withdrawn = self._withdrawn(gate, version)
        found = []
        for row in self._store.catalog.query(
            "SELECT digest FROM passages WHERE version = ? AND gate = ? ORDER BY created, rowid",
            (version.id, gate),
        ):
            record = self._store.objects.get_json(row["digest"])
            same = (record["gate"], record["version"]) == (gate, version.id)
            if (
                same
                and record["created"] > withdrawn
                and self._logged("gate.pass", row["digest"], "deploy", version)
                and record["model"] == _model(version)
            ):
                found.append({**record, "digest": row["digest"]})
        return found

    def _withdrawn(self, gate: str, version: Version) -> str:
        """Return when the version was last withdrawn, or an empty text.

        The audit log is asked too, so that deleting the record undoes nothing.
        """
        row = self._store.catalog.one(
            "SELECT max(moment) AS latest FROM ("
            " SELECT created AS moment FROM revocations WHERE version = ? AND gate = ?"
            " UNION ALL SELECT json_extract(entry, '$.details.created') FROM audit_entries"
            " WHERE subject = ? AND act = 'revoke'"
            " AND json_extract(entry, '$.details.gate') = ?) AS moments",
            (version.id, gate, f"{version.name}@{version.number}", gate),
        )
        return "" if row is None or row["latest"] is None else str(row["latest"])

    def _logged(self, act: str, digest: str, action: str, version: Version) -> bool:
        """Tell whether the log knows a record, by somebody who was allowed to make it then.

        So none is slipped in beside the log, nor by a mere entry that anybody can append.
        """
        rows = self._store.catalog.query(
            "SELECT n, json_extract(entry, '$.actor') AS actor FROM audit_entries"
            " WHERE subject = ? AND act = ? AND json_extract(entry, '$.details.digest') = ?",
            (f"{version.name}@{version.number}", act, digest),
        )
        return any(
            self._roles.permitted_at(row["n"], row["actor"], action, version) for row in rows
        )


def _model(version: Version) -> list[str]:
    """Return what makes the version's model the one it is."""
    return [version.fingerprint, version.model_object, version.data]


def _evidence(version: Version, policy: Policy, report: CheckReport | None) -> str:
    """Return a hash over everything a passage rests on besides approvals."""
    return digest_of(
        canonical(
            {
                "findings": None if report is None else report.content,
                "model": _model(version),
                "policy": policy.digest,
                "version": version.id,
            }
        )
    )


def _assign(
    gate: str,
    rules: GateRules,
    approvals: list[Approval],
    reasons: list[str],
    version: Version,
) -> tuple[list[Approval], list[Requirement]]:
    """Match approvals, newest first and each signer once, to the roles that are asked for."""
    given: list[Approval] = []
    requirements = []
    for role in rules.approvals:
        signers = {approval.signer for approval in given}
        match = next(
            (a for a in reversed(approvals) if a.role == role and a.signer not in signers), None
        )
        if match is None:
            because = f" {reasons[-1]}" if reasons else ""
            requirements.append(
                Requirement(
                    f"approval: {role}",
                    "missing",
                    f"No approval by a {role.replace('_', ' ')} counts.{because}",
                    f"Somebody else with that role runs `notewright approve {version.name}@"
                    f'{version.number} --gate {gate} --note "..." --key THEIR.key`.',
                )
            )
            continue
        given.append(match)
        requirements.append(
            Requirement(
                f"approval: {role}",
                "met",
                f"{match.signer} approved it on {local_day(match.created)}"
                + (f": {match.note}" if match.note else "."),
                "",
                (f"approval:{match.id}",),
            )
        )
    return given, requirements
