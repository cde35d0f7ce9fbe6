"""Evidence of control: approvals, passages, withdrawals, people, audit log, retention."""

from __future__ import annotations

from notewright.errors import UnknownId
from notewright.governance.approval_record import Approval
from notewright.governance.dossier.evidence import Absent, Evidence, Ref
from notewright.governance.dossier.subject import Subject
from notewright.governance.requirements import Key, key_of, waiver_for
from notewright.words import local_day, number_of, utc_second


def approval(subject: Subject) -> Evidence:
    """The approvals of the version; they answer only if a gate has all that it asks for."""
    governance = subject.services.governance
    found = governance.approvals.list(subject.version)
    asking = [name for name, rules in subject.policy.gates.items() if rules.approvals]
    if not asking:
        raise Absent("No gate of the policy asks for an approval.")
    if not found:
        raise Absent("Nobody approved the version.")
    facts = [(f"{a.signer}, {a.role.replace('_', ' ')}", _words(subject, a)) for a in found]
    refs: list[Ref] = []
    for each in found:
        refs.append(Ref("approval", each.id, each.digest))
        refs.append(subject.audit_ref("approve", each.subject, each.digest))
    reasons = []
    for gate in asking:
        verdict = governance.gates.evaluate(gate, subject.version)
        wanted = [r for r in verdict.requirements if r.name.startswith("approval: ")]
        if all(r.status == "met" for r in wanted):
            sentence = " ".join(r.sentence for r in wanted)
            return Evidence("approval", "held", f"'{gate}': {sentence}", tuple(facts), tuple(refs))
        reasons += [r.sentence for r in wanted if r.status != "met"]
    raise Absent(reasons[0], "stale")


def _words(subject: Subject, approval: Approval) -> str:
    accepts = ", ".join(
        f"{check} [{about}]" if about else check for check, about in approval.accepts
    )
    accepted = f"; accepts {accepts}" if accepts else ""
    note = f"; note: {approval.note}" if approval.note else ""
    return (
        f"gate '{approval.gate}', signed {utc_second(approval.created)}, opens it until "
        f"{utc_second(approval.expires)}, {_state(subject, approval)}{accepted}{note}"
    )


def _state(subject: Subject, approval: Approval) -> str:
    """Return whether an approval counts today, or why not."""
    governance = subject.services.governance
    policy = subject.policy
    if approval.gate not in policy.gates:
        return "does not count: the policy has no such gate any more"
    used = {
        ref
        for passage in governance.gates.standing(approval.gate, subject.version)
        for ref in passage["approvals"]
    }
    reason = governance.approvals.problem(
        approval,
        approval.gate,
        subject.version,
        governance.gates.report(subject.version, policy),
        policy,
        passed=approval.id in used,
    )
    return "counts" if reason is None else f"does not count: {reason}"


def excuses(subject: Subject) -> dict[Key, str]:
    """Return why failures may stand: accepted by an approval that counts, or waived."""
    found: dict[Key, str] = {}
    governance = subject.services.governance
    today = local_day(subject.services.clock())
    for finding in subject.report.findings:
        waiver = waiver_for(finding, subject.policy.waivers, today)
        if finding.blocks and waiver is not None:
            words = f"Waived by {waiver.owner} until {waiver.until}: {waiver.reason}"
            found[key_of(finding)] = words
    for each in governance.approvals.list(subject.version):
        if _state(subject, each) == "counts":
            for key in each.accepts:
                found[key] = f"Accepted by {each.signer} for the gate '{each.gate}': {each.note}"
    return found


def passage(subject: Subject) -> Evidence:
    """The passages through gates that still hold."""
    gates = subject.services.governance.gates
    facts: list[tuple[str, str]] = []
    refs: list[Ref] = []
    for gate in subject.policy.gates:
        for each in gates.standing(gate, subject.version):
            facts.append((gate, f"{utc_second(each['created'])}, taken by {each['actor']}"))
            refs.append(Ref("gate passage", each["id"], each["digest"]))
            refs.append(subject.audit_ref("gate.pass", subject.version.ref, each["digest"]))
    if facts:
        words = ", ".join(f"'{gate}'" for gate, _ in facts)
        return Evidence("passage", "held", f"It passed {words}.", tuple(facts), tuple(refs))
    passed = subject.services.governance.audit.list(act="gate.pass", subject=subject.version.ref)
    if passed:
        raise Absent(
            "It passed a gate, and was withdrawn since, or model, data, policy or findings are "
            "others now.",
            "stale",
        )
    raise Absent("It passed no gate.")


def withdrawals(subject: Subject) -> Evidence:
    """When and why the version was withdrawn."""
    found = subject.services.governance.audit.list(act="revoke", subject=subject.version.ref)
    facts = tuple(
        (
            str(each.details.get("gate", "")),
            f"{utc_second(each.time)} by {each.actor}: {each.details.get('reason', '')}",
        )
        for each in found
    )
    refs = tuple(Ref("audit entry", str(each.n)) for each in found)
    sentence = f"Withdrawn {number_of(len(found), 'time')}." if found else "It never was withdrawn."
    return Evidence("withdrawals", "held", sentence, facts, refs)


def roles(subject: Subject) -> Evidence:
    """Who is registered, with which roles; the grants are signed and replayed."""
    governance = subject.services.governance
    people = governance.roles.all()
    facts = tuple((name, ", ".join(sorted(held)) or "no role") for name, held in people.items())
    grants = [
        Ref("audit entry", str(entry.n))
        for act in ("role.grant", "role.revoke")
        for entry in governance.audit.list(act=act)
    ]
    apart = [name for name in people if governance.roles.permits(name, "approve", subject.version)]
    if not apart:
        raise Absent("Nobody but those who made the version holds a role that may approve it.")
    return Evidence(
        "roles",
        "held",
        f"{len(people)} registered; {', '.join(apart)} may approve this version.",
        facts,
        tuple(grants),
    )


def audit(subject: Subject) -> Evidence:
    """The whole log, verified now."""
    log = subject.services.governance.audit
    verdict = log.verify()
    if not verdict.ok:
        raise Absent(f"The audit log is not sound. {verdict.problem}", "broken")
    head = log.head()
    if head is None:
        raise Absent("The audit log is empty.")
    entries = log.list(subject=subject.version.ref)
    facts = [
        ("entries", str(verdict.entries)),
        ("root", head.root),
        ("head signed", f"by {head.signer} (key {head.public})"),
        ("compared with heads", verdict.outside),
    ]
    facts += [
        (f"entry {each.n}", f"{utc_second(each.time)} {each.actor}: {each.act} {each.subject}")
        for each in entries
    ]
    refs = [Ref("audit head", str(head.size), head.root)]
    refs += [Ref("audit entry", str(each.n)) for each in entries]
    many = "1 entry" if verdict.entries == 1 else f"{verdict.entries:,} entries"
    return Evidence(
        "audit",
        "held",
        f"{many}, sound; {len(entries)} about this version.",
        tuple(facts),
        tuple(refs),
    )


def retention(subject: Subject) -> Evidence:
    """Whether what the version rests on is kept, and what was removed from the store."""
    needed = subject.services.needed()
    ids = [s for s in (subject.origin.snapshot_before, subject.origin.snapshot_after) if s]
    if not ids:
        raise Absent("The run kept no snapshot.")
    facts, refs = [], []
    for each in ids:
        try:
            found = subject.services.snapshots.get(each)
        except UnknownId:
            raise Absent(f"The run's snapshot {each} is no longer there.", "broken") from None
        facts.append((f"snapshot {found.id}", f"kept: {needed[found.id]}"))
        refs.append(Ref("snapshot", found.id, found.digest))
    removals = subject.services.governance.audit.list(act="gc")
    facts += [
        (f"removal, entry {each.n}", f"{number_of(len(each.details['snapshots']), 'snapshot')}")
        for each in removals
    ]
    refs += [Ref("audit entry", str(each.n)) for each in removals]
    sentence = f"The run's snapshots are kept as evidence; {number_of(len(removals), 'removal')} "
    return Evidence("retention", "held", f"{sentence}of others.", tuple(facts), tuple(refs))


COLLECTORS = {
    "approval": approval,
    "passage": passage,
    "withdrawals": withdrawals,
    "roles": roles,
    "audit": audit,
    "retention": retention,
}
