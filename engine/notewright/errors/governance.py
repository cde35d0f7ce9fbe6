"""Errors of policies, gates, keys and the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from notewright.errors.base import NotewrightError


class AccessDenied(NotewrightError):
    """The identity may not do this."""

    code = "access_denied"

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)


class KeyProblem(NotewrightError):
    """A key file is missing, readable by others, damaged, or not the registered one."""

    code = "key_problem"


class PolicyMissing(NotewrightError):
    """The project has no policy file."""

    code = "policy_missing"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no policy file at {path}.", "`%nw policy init` writes a commented one."
        )


class PolicyError(NotewrightError):
    """A policy file says something that is not understood, at a line and column."""

    code = "policy_error"

    def __init__(self, path: Path, line: int, column: int, problem: str, remedy: str) -> None:
        self.line = line
        self.column = column
        super().__init__(f"{path.name}, line {line}, column {column}: {problem}.", remedy)


class GateClosed(NotewrightError):
    """A model version does not meet what a gate requires."""

    code = "gate_closed"

    def __init__(self, gate: str, version: str, reasons: Iterable[str]) -> None:
        self.reasons = list(reasons)
        super().__init__(
            f"The gate '{gate}' is closed for {version}: {' '.join(self.reasons)}",
            f"`%nw gate {gate} {version}` lists every requirement.",
        )


class ApprovalRefused(NotewrightError):
    """An approval cannot be given or does not count."""

    code = "approval_refused"


class AuditBroken(NotewrightError):
    """The audit log was changed outside Notewright, so nothing can be added to it."""

    code = "audit_broken"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The audit log was changed outside Notewright: {reason}.",
            "`%nw audit verify` names the entry; restore the store from a backup.",
        )
