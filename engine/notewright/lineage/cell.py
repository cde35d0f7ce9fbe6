"""An execution under way, and what is made of it besides its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Protocol

from notewright.lineage.records import Execution

if TYPE_CHECKING:
    from notewright.lineage.past import Past


@dataclass(frozen=True)
class Change:
    """The names whose values an execution changed, and those it deleted."""

    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


class Follower(Protocol):
    """What is made of an execution besides its record: a run of its own."""

    #: The message of the snapshot that is taken after it.
    message: str
    #: Whether it has to know what ran before.
    looks_back: bool

    def observe(self, past: Past | None) -> Any:
        """Return what is to be seen where the variables are as it left them, as plain values.

        Parameters
        ----------
        past : Past or None
            What ran before, and the execution itself, if it looks back.
        """

    def finish(self, observed: Any, cell: Cell, snapshot: str | None) -> None:
        """Take in what was seen, on the recorder's thread; None where nothing could be."""


@dataclass
class Cell:
    """An execution under way. The caller fills in how it ended.

    `execution` and `change` are there once the recorder has settled.
    """

    source: str
    code: str
    cell: str | None = None
    number: int | None = None
    status: str = "ok"
    error: str | None = None
    #: The line of `code` on which it stopped with an error.
    stopped: int | None = None
    #: Whether it deserves a snapshot of its own where every cell is snapshotted.
    saves: bool = True
    execution: Execution | None = None
    change: Change = field(default_factory=Change)
    #: What else is made of it, with a snapshot after it.
    follower: Follower | None = None

    def fails(self, error: BaseException, variables: Mapping[str, Any]) -> None:
        """Note the error it ended with.

        Parameters
        ----------
        error : BaseException
            The error.
        variables : mapping
            The globals it ran in.
        """
        self.status, self.error = "error", f"{type(error).__name__}: {error}"
        self.stopped = line_of(error, variables)


def line_of(error: BaseException, variables: Mapping[str, Any]) -> int | None:
    """Return the line of the cell on which `error` was raised, 0 if the cell never ran."""
    for frame, line in walk_tb(error.__traceback__):
        if frame.f_globals is variables and frame.f_code.co_name == "<module>":
            return line
    return 0 if isinstance(error, SyntaxError) else None
