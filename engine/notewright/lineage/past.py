"""What ran before in this kernel, as plain values: for who asks where a variable comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from notewright.lineage.cell import Cell
from notewright.lineage.records import Execution
from notewright.lineage.writes import touched_names
from notewright.state.capture.looking import UNPICKLABLE
from notewright.words import short_line_of


@dataclass(frozen=True)
class Ran:
    """One execution of a cell.

    Parameters
    ----------
    words : str
        A few words for it.
    code : str
        The cell as plain Python.
    wrote : frozenset of str
        The variables that it changed or deleted, by the state itself, and those that its code
        binds or writes into.
    ended : bool
        Whether it ran to its end.
    through : mapping
        For functions and the like that its code mentions: the names that their code may read
        or bind.
    """

    words: str
    code: str
    wrote: frozenset[str]
    ended: bool = True
    through: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, execution: Execution) -> Ran:
        """Return what a recorded execution did."""
        wrote = (*execution.changed, *execution.deleted, *execution.touched)
        return cls(
            execution.words,
            execution.code,
            frozenset(wrote),
            execution.status == "ok",
            execution.through,
        )

    @classmethod
    def by_the_page(cls, cell: Cell) -> Ran:
        """Return what a cell that is not on record did, by its text."""
        words = f"cell [{cell.number}] `{short_line_of(cell.source)}`"
        return cls(words, cell.code, frozenset(touched_names(cell.code)), cell.status == "ok")


@dataclass(frozen=True)
class Past:
    """The latest executions in force, up to the one that is asked about.

    Parameters
    ----------
    cells : tuple of Ran
        In order; that one last.
    unseen : frozenset of str
        The variables that cannot be saved: not every change of these is seen.
    """

    cells: tuple[Ran, ...]
    unseen: frozenset[str] = frozenset()

    @classmethod
    def of(cls, cells: Iterable[Ran], digests: Mapping[str, str]) -> Past:
        """Return what ran, where the variables have these digests."""
        unseen = (name for name, digest in digests.items() if digest.startswith(UNPICKLABLE))
        return cls(tuple(cells), frozenset(unseen))


@dataclass(frozen=True)
class Before:
    """What ran before an execution, and what the variables were then."""

    cells: Sequence[Ran]
    digests: Mapping[str, str]

    def and_then(self, cell: Cell, digests: Mapping[str, str]) -> Past:
        """Return the same with the execution itself, after which they have these digests."""
        names = {*self.digests, *digests}
        changed = {name for name in names if self.digests.get(name) != digests.get(name)}
        by_the_page = Ran.by_the_page(cell)
        latest = replace(by_the_page, wrote=by_the_page.wrote | changed)
        return Past.of((*self.cells, latest), digests)
