"""Check reports, verdicts, approvals and the audit log, as people and programs read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.governance.checks.counting import number
from notewright.state.withheld import Withheld
from notewright.store.canonical import plain
from notewright.views.base import Message, Table, View, escape, prose, tint
from notewright.words import local_day, local_second

if TYPE_CHECKING:
    from notewright.governance.approvals import Approval
    from notewright.governance.audit.log import Entry
    from notewright.governance.audit.verify import AuditVerdict
    from notewright.governance.checks.base import Finding
    from notewright.governance.checks.service import CheckReport
    from notewright.governance.gates import Verdict
    from notewright.governance.identities import Earlier, Identity, Registration
    from notewright.governance.person import Person
    from notewright.governance.policy import Policy
    from notewright.governance.requirements import Requirement

_REPORT_MARKS = {"passed": "ok", "failed": "FAILED", "could_not_run": "COULD NOT RUN"}
_GATE_MARKS = {"met": "met", "waived": "accepted", "failed": "FAILED", "missing": "MISSING"}
_BAD, _MILD, _GOOD = "#c62828", "#b26a00", "#2e7d32"
_LIST = "margin:4px 0;padding-left:1.2em;font-size:13px"


@dataclass(repr=False)
class ReportView(View):
    """What the checks found in a model version, a table or a notebook."""

    report: CheckReport

    def text(self) -> str:
        """Return what failed in full, and what passed by name."""
        lines = [self._headline()]
        for finding in self._troubles():
            lines += [
                f"  {_finding_mark(finding)}  {finding.check}: {finding.sentence}",
                f"      -> {finding.remedy}",
            ]
        if self._passed():
            lines.append(f"  passed: {', '.join(self._passed())}")
        return "\n".join(lines)

    def html(self) -> str:
        """Return the same as a list, coloured."""
        items = "".join(
            f'<li><b style="{tint(_BAD if finding.blocks else _MILD)}">'
            f"{escape(_finding_mark(finding))}</b> <code>{escape(finding.check)}</code> "
            f"{prose(finding.sentence)}<br><i>{prose(finding.remedy)}</i></li>"
            for finding in self._troubles()
        )
        passed = ", ".join(f"<code>{escape(name)}</code>" for name in self._passed())
        tail = f'<li><span style="{tint(_GOOD)}">passed</span> {passed}</li>' if passed else ""
        return f'<div><b>{escape(self._headline())}</b><ul style="{_LIST}">{items}{tail}</ul></div>'

    def data(self) -> Any:
        """Return the report with every finding."""
        return report_record(self.report)

    def exit_code(self) -> int:
        """Return 1 unless everything passed that closes a gate."""
        return 0 if self.report.passed else 1

    def _headline(self) -> str:
        blocking = sum(finding.blocks for finding in self.report.findings)
        notes = len(self._troubles()) - blocking
        close = (
            "closes a gate that asks for it" if blocking == 1 else "close a gate that asks for them"
        )
        words = f"{number(blocking, 'finding')} {close}"
        if not self.report.of_model:
            words = f"{number(blocking, 'finding')} to mend"
        if not blocking and not notes:
            words = "passed every check"
        elif not blocking:
            words = "nothing closes a gate" if self.report.of_model else "nothing to mend"
        hint = f", {number(notes, 'finding')} to look at" if notes else ""
        return f"{self.report.subject}: {words}{hint} (report {self.report.id})"

    def _troubles(self) -> list[Finding]:
        found = [f for f in self.report.findings if f.status != "passed"]
        return sorted(found, key=lambda f: not f.blocks)

    def _passed(self) -> list[str]:
        troubled = {finding.check for finding in self._troubles()}
        names = (finding.check for finding in self.report.findings)
        return [name for name in dict.fromkeys(names) if name not in troubled]


@dataclass(repr=False)
class VerdictView(View):
    """How a version stands at a gate."""

    verdict: Verdict

    def text(self) -> str:
        """Return every requirement with its status."""
        lines = [self._headline()]
        width = max((len(mark) for mark in _GATE_MARKS.values()), default=0)
        for requirement in self.verdict.requirements:
            mark = _GATE_MARKS[requirement.status].ljust(width)
            lines.append(f"  {mark}  {requirement.name}: {requirement.sentence}")
            if requirement.remedy:
                lines.append(f"  {' ' * width}  -> {requirement.remedy}")
        return "\n".join(lines)

    def html(self) -> str:
        """Return the same as a list, coloured."""
        items = "".join(_requirement_html(r) for r in self.verdict.requirements)
        colour = _GOOD if self.verdict.open else _BAD
        return (
            f'<div><b style="{tint(colour)}">{escape(self._headline())}</b>'
            f'<ul style="{_LIST}">{items}</ul></div>'
        )

    def data(self) -> Any:
        """Return the verdict with every requirement."""
        return plain(self.verdict)

    def exit_code(self) -> int:
        """Return 1 while the gate is closed."""
        return 0 if self.verdict.open else 1

    def _headline(self) -> str:
        state = "open" if self.verdict.open else "closed"
        count = len(self.verdict.failing())
        of_all = f"{count} of {len(self.verdict.requirements)} requirements are not met"
        why = f": {of_all}" if count else ""
        return f"The gate '{self.verdict.gate}' is {state} for {self.verdict.version}{why}."


@dataclass(repr=False)
class AuditView(View):
    """What checking the audit log found."""

    verdict: AuditVerdict

    def text(self) -> str:
        """Return what was found, and what it was compared with."""
        verdict = self.verdict
        if not verdict.ok:
            return f"The audit log is NOT sound. {verdict.problem} {self._compared()}"
        entries = "1 entry" if verdict.entries == 1 else f"{verdict.entries} entries"
        return f"The audit log is sound: {entries}. {self._compared()}"

    def _compared(self) -> str:
        if not self.verdict.heads:
            return (
                "No head of it is kept outside the database, so a log rewritten by the holder of "
                "the key would look sound too; `--head FILE` compares with heads kept elsewhere."
            )
        return (
            f"It was compared with the heads kept outside the database: {self.verdict.outside}. "
            "A head is a signature over the log as it was after one of its entries."
        )

    def html(self) -> str:
        """Return the same, coloured."""
        colour = _GOOD if self.verdict.ok else _BAD
        return f'<div style="{tint(colour)}">{escape(self.text())}</div>'

    def data(self) -> Any:
        """Return the verdict."""
        return plain(self.verdict)

    def exit_code(self) -> int:
        """Return 1 where something is wrong."""
        return 0 if self.verdict.ok else 1


def report_record(report: CheckReport) -> dict[str, Any]:
    """Return a check report as JSON values."""
    record: dict[str, Any] = plain(report)
    for finding, said in zip(report.findings, record["findings"], strict=True):
        said["blocks"] = finding.blocks
    return record


def approval_view(approval: Approval) -> Message:
    """Return what a new approval says."""
    accepts = ", ".join(
        f"{check} ({subject})" if subject else check for check, subject in approval.accepts
    )
    accepted = f" It accepts: {accepts}." if accepts else ""
    return Message(
        f"{approval.signer} ({approval.role}) approved {approval.subject} for the gate "
        f"'{approval.gate}' until {local_day(approval.expires)}.{accepted}",
        {"approval": plain(approval)},
    )


def approvals_view(approvals: Sequence[tuple[Approval, bool]]) -> Table:
    """Return approvals, each with whether it was used."""
    return Table(
        ("id", "model", "gate", "by", "role", "signed", "expires", "used", "note"),
        [
            (
                a.id,
                a.subject,
                a.gate,
                a.signer,
                a.role,
                local_second(a.created),
                local_day(a.expires),
                "yes" if used else "no",
                a.note,
            )
            for a, used in approvals
        ],
        empty="No approval yet.",
        records=[{**plain(a), "used": used} for a, used in approvals],
    )


def entries_view(entries: Sequence[Entry]) -> Table:
    """Return entries of the audit log, oldest first."""
    return Table(
        ("n", "time", "actor", "act", "subject", "details"),
        [
            (e.n, local_second(e.time), e.actor, e.act, e.subject, _short(e.details))
            for e in entries
        ],
        empty="The log is empty.",
        records=[plain(entry) for entry in entries],
    )


def identities_view(people: Sequence[Registration], roles: Mapping[str, frozenset[str]]) -> Table:
    """Return who is registered, with their roles."""
    return Table(
        ("name", "roles", "public key", "registered", "by"),
        [
            (
                p.name,
                ", ".join(sorted(roles.get(p.name, ()))) or "none",
                f"{p.public[:16]}…",
                local_day(p.registered),
                p.by,
            )
            for p in people
        ],
        records=[{**plain(p), "roles": sorted(roles.get(p.name, ()))} for p in people],
    )


def me_view(
    me: Identity, person: Person, roles: frozenset[str], earlier: Earlier | None
) -> Message:
    """Return who somebody is, who says so, and how they come by the roles of an earlier name."""
    said = f"so says {person.source}" if me.name == person.name else "by the key that is used"
    held = ", ".join(sorted(roles)) or "none"
    words = f"You are '{me.name}': {said}. Key: {me.public[:16]}…. Roles: {held}."
    if earlier is not None:
        words += (
            f" Before, you were '{earlier.name}' here, and with that key you still can be. "
            "Somebody with the role 'admin' gives you roles under this name, yourself too if you "
            f"had it: `notewright role grant {me.name} ROLE --key {earlier.key}`."
        )
    record = {
        "name": me.name,
        "source": person.source if me.name == person.name else "key",
        "public": me.public,
        "roles": sorted(roles),
        "earlier": None if earlier is None else {"name": earlier.name, "key": str(earlier.key)},
    }
    return Message(words, record)


def roles_view(roles: Mapping[str, frozenset[str]], meanings: Mapping[str, str]) -> Table:
    """Return every role with what it is for and who has it."""
    holders = {
        role: sorted(name for name, held in roles.items() if role in held) for role in meanings
    }
    return Table(
        ("role", "may", "who"),
        [(role, text, ", ".join(holders[role]) or "nobody") for role, text in meanings.items()],
        records=[
            {"role": role, "meaning": text, "identities": holders[role]}
            for role, text in meanings.items()
        ],
    )


def policy_view(policy: Policy, path: str) -> Table:
    """Return a policy's checks with their settings, the gates that ask for them, and what else."""
    rows = []
    for name, rules in policy.checks.items():
        family = name.partition(".")[0]
        gates = [
            g for g, said in policy.gates.items() if name in said.checks or family in said.checks
        ]
        settings = ", ".join(f"{key}: {value}" for key, value in rules.options.items())
        rows.append((name, settings if rules.run else "switched off", ", ".join(gates) or "none"))
    caption = f"{path} is sound (digest {policy.digest[:12]})."
    if policy.data.restricted:
        columns = [Withheld(each.column, each.roles).words for each in policy.data.restricted]
        caption += f" Restricted: {', '.join(columns)}."
    return Table(
        ("check", "settings", "gates"),
        rows,
        caption=caption,
        records=[{"digest": policy.digest, "path": path, "policy": policy.source}],
    )


def _requirement_html(requirement: Requirement) -> str:
    good = requirement.status in ("met", "waived")
    remedy = f"<br><i>{prose(requirement.remedy)}</i>" if requirement.remedy else ""
    return (
        f'<li><b style="{tint(_GOOD if good else _BAD)}">'
        f"{escape(_GATE_MARKS[requirement.status])}</b> <code>{escape(requirement.name)}</code> "
        f"{prose(requirement.sentence)}{remedy}</li>"
    )


def _finding_mark(finding: Finding) -> str:
    if finding.status == "failed" and not finding.blocks:
        return finding.severity
    return _REPORT_MARKS[finding.status]


def _short(details: Mapping[str, Any]) -> str:
    text = ", ".join(f"{key}: {_short_value(value)}" for key, value in details.items())
    return text if len(text) <= 80 else f"{text[:79]}…"


def _short_value(value: Any) -> str:
    text = str(value)
    return text[:12] if len(text) == 64 else text
