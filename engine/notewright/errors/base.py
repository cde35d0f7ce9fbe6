"""What all errors have in common, and those that any part may raise."""

from __future__ import annotations

from typing import Any


class NotewrightError(Exception):
    """Base class of all errors that are the user's to resolve.

    Parameters
    ----------
    problem : str
        One sentence: what is wrong.
    remedy : str
        One sentence: what to do next.

    Examples
    --------
    >>> error = NotewrightError("The store is locked.", "Close the other kernel and try again.")
    >>> print(error)
    The store is locked. Close the other kernel and try again.
    """

    #: Stable machine-readable name, used by REST, ``--json`` and tests.
    code = "error"

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(problem, remedy)

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".strip()

    def __reduce__(self) -> Any:
        # What a copy of the process was refused is told by the process itself.
        return _as_it_was, (type(self), self.__dict__, self.args)

    def record(self) -> dict[str, str]:
        """Return it as JSON values with stable names."""
        return {
            "error": type(self).__name__,
            "code": self.code,
            "problem": self.problem,
            "remedy": self.remedy,
        }

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows instead of a traceback; it asks every exception."""
        return [line for line in (self.problem, self.remedy) if line]


def _as_it_was(
    kind: type[NotewrightError], attributes: dict[str, Any], arguments: tuple[Any, ...]
) -> NotewrightError:
    error = kind.__new__(kind)
    error.args = arguments
    error.__dict__.update(attributes)
    return error


class UsageError(NotewrightError):
    """The words of a command are off."""

    code = "usage"


class Cancelled(NotewrightError):
    """The user stopped a long operation; nothing half-done was kept."""

    code = "cancelled"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} was cancelled.", "Nothing half-done was kept; run it again any time."
        )
