"""What a gate asks of the checks, and which failures somebody may accept.

Only a failure of severity ``error``, or a check that could not run, closes a
gate. A failure may be accepted, by an approval or by a waiver in the policy,
where its check is acceptable; a check that could not run never may.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from notewright.governance.checks.base import Finding
from notewright.governance.checks.service import CheckReport
from notewright.governance.policy import GateRules, Policy, Waiver

Status = Literal["met", "failed", "missing", "waived"]

#: Names one failure inside a report: the check and what it is about.
Key = tuple[str, str]


@dataclass(frozen=True)
class Requirement:
    """One thing a gate asks for.

    Parameters
    ----------
    name : str
        A check's name, or ``"approval: ROLE"``.
    status : {"met", "failed", "missing", "waived"}
        How the version stands.
    sentence : str
        Why, in words.
    remedy : str
        What to do; empty when met or waived.
    evidence : tuple of str
        What it rests on: ``"check_report:ID"``, ``"approval:ID"``.
    """

    name: str
    status: Status
    sentence: str
    remedy: str = ""
    evidence: tuple[str, ...] = ()


def key_of(finding: Finding) -> Key:
    """Return what names the finding inside its report."""
    return finding.check, finding.subject


def required_checks(policy: Policy, rules: GateRules) -> list[str]:
    """Return the checks a gate asks for: those named, and the families' that run."""
    names = []
    for name, check in policy.checks.items():
        family = name.partition(".")[0]
        if name in rules.checks or (family in rules.checks and check.run):
            names.append(name)
    return names


def blocking(policy: Policy, rules: GateRules, report: CheckReport, today: str) -> list[Finding]:
    """Return the findings that keep the gate closed and that no waiver covers."""
    wanted = set(required_checks(policy, rules))
    return [
        finding
        for finding in report.findings
        if finding.check in wanted
        and finding.blocks
        and waiver_for(finding, policy.waivers, today) is None
    ]


def waiver_for(finding: Finding, waivers: tuple[Waiver, ...], today: str) -> Waiver | None:
    """Return the waiver that covers the finding today, if it is one that may be accepted."""
    for waiver in waivers:
        if (
            finding.acceptable
            and waiver.check == finding.check
            and waiver.subject in ("", finding.subject)
            and waiver.until >= today
        ):
            return waiver
    return None


def check_requirements(
    policy: Policy,
    rules: GateRules,
    report: CheckReport | None,
    accepted: Collection[Key],
    today: str,
) -> list[Requirement]:
    """Return how each check that the gate asks for stands.

    Parameters
    ----------
    policy, rules : Policy, GateRules
        What is asked.
    report : CheckReport or None
        The newest report that counts.
    accepted : collection of Key
        Failures that an approval accepts.
    today : str
        ISO date, for waivers.
    """
    return [
        _check_requirement(name, policy, report, accepted, today)
        for name in required_checks(policy, rules)
    ]


def _check_requirement(
    name: str,
    policy: Policy,
    report: CheckReport | None,
    accepted: Collection[Key],
    today: str,
) -> Requirement:
    if report is None:
        return Requirement(
            name, "missing", "It was not run on this version under this policy.", "Run the checks."
        )
    evidence = (f"check_report:{report.id}",)
    findings = [finding for finding in report.findings if finding.check == name]
    if not findings:
        reason = "It did not run." if policy.checks[name].run else "The policy switches it off."
        return Requirement(name, "missing", reason, "Let it run and run the checks.", evidence)
    excuses, failures = [], []
    for finding in findings:
        if not finding.blocks:
            continue
        waiver = waiver_for(finding, policy.waivers, today)
        if waiver is not None:
            excuses.append(f"Waived by {waiver.owner} until {waiver.until}: {waiver.reason}")
        elif finding.acceptable and key_of(finding) in accepted:
            excuses.append(f"Accepted by approval: {finding.sentence}")
        else:
            failures.append(finding)
    if failures:
        first = failures[0]
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        could_not = "It could not run. " if first.status == "could_not_run" else ""
        return Requirement(
            name, "failed", could_not + first.sentence + more, first.remedy, evidence
        )
    if excuses:
        return Requirement(name, "waived", " ".join(excuses), "", evidence)
    return Requirement(name, "met", _met_words(findings), "", evidence)


def _met_words(findings: Sequence[Finding]) -> str:
    """Return what was found that closes no gate, and say that it does not; else the first."""
    first = next((finding for finding in findings if finding.status != "passed"), None)
    if first is None:
        return findings[0].sentence
    how = "Could not run" if first.status == "could_not_run" else "Failed"
    return f"{how}, which closes no gate ({first.severity}): {first.sentence}"
