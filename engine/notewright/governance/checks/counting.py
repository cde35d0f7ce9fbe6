"""How many checks ran, how many findings they gave: never one for the other."""

from __future__ import annotations

from collections.abc import Sequence

from notewright.governance.checks.base import Finding


def counted(findings: Sequence[Finding]) -> str:
    """Return the count of checks, of findings, and of those that did not pass.

    Examples
    --------
    >>> missing = [Finding("data.missing", "data", "error", "passed", "", subject=s) for s in "ab"]
    >>> counted([*missing, Finding("bias.gap", "bias", "warning", "failed", "")])
    '2 checks gave 3 findings: 1 did not pass, 0 close a gate'
    """
    checks = number(len({finding.check for finding in findings}), "check")
    troubles = sum(finding.status != "passed" for finding in findings)
    blocking = sum(finding.blocks for finding in findings)
    closes = "1 closes" if blocking == 1 else f"{blocking} close"
    outcome = f"{troubles} did not pass, {closes} a gate" if troubles else "all passed"
    return f"{checks} gave {number(len(findings), 'finding')}: {outcome}"


def number(count: int, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> number(1, "finding"), number(2, "finding")
    ('1 finding', '2 findings')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
