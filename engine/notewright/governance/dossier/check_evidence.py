"""Evidence from the checks: the report, what each family found, intervals, segments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from notewright.governance.checks.base import Finding
from notewright.governance.checks.counting import counted
from notewright.governance.dossier.evidence import Absent, Evidence, Ref
from notewright.governance.dossier.kinds import FAMILIES
from notewright.governance.dossier.subject import Subject
from notewright.words import utc_second

_STATUS = {"passed": "passed", "failed": "did not pass", "could_not_run": "could not run"}


def checks(subject: Subject) -> Evidence:
    """The report that counts."""
    report = subject.report
    return Evidence(
        "checks",
        "held",
        f"{counted(report.findings)}.",
        (
            ("run", f"{utc_second(report.created)} by {report.actor}"),
            ("model fingerprint", report.fingerprint),
            ("data digest", report.data),
            ("policy", report.policy_digest),
        ),
        _refs(subject),
    )


def family(name: str, subject: Subject) -> Evidence:
    """What one family of checks found."""
    found = [f for f in subject.report.findings if f.family == name]
    return _found(f"checks.{name}", subject, found, f"No check of '{name}' was run.")


def segments(subject: Subject) -> Evidence:
    """What was found of parts of the rows."""
    name = "performance.weak_segments"
    found = [f for f in subject.report.findings if f.check == name]
    return _found("segments", subject, found, f"`{name}` was not run.")


def intervals(subject: Subject) -> Evidence:
    """The scores that have an interval."""
    found = [
        f
        for f in subject.report.findings
        if f.family == "performance" and f.status != "could_not_run" and f.interval is not None
    ]
    facts = [(f"{f.metric} ({f.check})", figure(f)) for f in found if f.value is not None]
    if not facts:
        raise Absent("No score with an interval was found by the checks.")
    sentence = "; ".join(f"{name.partition(' ')[0]} {value}" for name, value in facts[:2])
    return Evidence("intervals", "held", f"{sentence}.", tuple(facts), _refs(subject))


def figure(finding: Finding) -> str:
    """Return a finding's figure with its interval and limit, or an empty text."""
    if finding.value is None:
        return ""
    words = f"{finding.value:.4g}"
    if finding.interval is not None:
        low, high = ("∞" if end is None else f"{end:.4g}" for end in finding.interval)
        words += f" (95 % interval {low} to {high})"
    if finding.threshold is not None:
        words += f", limit {finding.threshold:.4g}"
    return words


def _found(kind: str, subject: Subject, found: Sequence[Finding], none: str) -> Evidence:
    ran = [f for f in found if f.status != "could_not_run"]
    if not found:
        raise Absent(none)
    if not ran:
        raise Absent(f"It could not run. {found[0].sentence}", remedy=found[0].remedy)
    facts = tuple(
        (
            f.check + (f" [{f.subject}]" if f.subject else ""),
            f"{_STATUS[f.status]}: {f.sentence}",
        )
        for f in found
    )
    return Evidence(kind, "held", f"{counted(found)}.", facts, _refs(subject))


def _refs(subject: Subject) -> tuple[Ref, ...]:
    report = subject.report
    logged = subject.audit_ref("check", report.subject, report.digest)
    return Ref("check report", report.id, report.digest), logged


COLLECTORS: dict[str, Callable[[Subject], Evidence]] = {
    "checks": checks,
    **{f"checks.{name}": partial(family, name) for name in FAMILIES},
    "intervals": intervals,
    "segments": segments,
}
