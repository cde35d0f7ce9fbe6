"""Why a statement cannot be used for one raw row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NotRowWise(Exception):
    """A statement whose result for one row depends on the other rows."""

    place: str
    line: str
    why: str
    instead: str

    def __str__(self) -> str:
        return f"{self.place}: `{self.line}` {self.why.rstrip('.')}. Write instead: {self.instead}."
