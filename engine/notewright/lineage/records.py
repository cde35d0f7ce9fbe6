"""What is recorded of every execution of a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notewright.state.records import FileRead
from notewright.words import first_line_of, short_line_of


@dataclass(frozen=True)
class Execution:
    """One run of one cell.

    Parameters
    ----------
    id, digest : str
        Its id, and the address of its record.
    parent : str or None
        The execution before it in the line in force; ``parent_digest`` is that
        one's address, so each record seals all those before it.
    session : str
        The kernel's life it belongs to.
    ordinal : int
        Its place among the session's executions, from 1.
    cell : str or None
        The cell's id, where the client sends one.
    number : int or None
        The number the notebook shows beside the cell.
    source, code : str
        The cell as typed, and as plain Python: magics and shell lines are
        comments, a ``%%nw`` cell is its body.
    started : str
        ISO 8601, UTC.
    seconds : float
        How long it took.
    status : {"ok", "error"}
        How it ended.
    error : str or None
        The exception, in one line.
    reads : tuple of str
        Names it may have read, over-approximated.
    changed, deleted : tuple of str
        Names whose values differ after it, from the state itself.
    touched : tuple of str
        Names its code binds or writes into, even where no value changed.
    files, wrote : tuple of FileRead
        Data files it opened for reading, and for writing.
    through : mapping
        For functions and the like that its code mentions: the names that their code may read.
    restored : str or None
        The snapshot that its ``changed`` names were restored from.
    stopped : int or None
        The line of `code` on which it stopped with an error; 0 if it never began.
    """

    id: str
    digest: str
    parent: str | None
    parent_digest: str | None
    session: str
    ordinal: int
    cell: str | None
    source: str
    code: str
    started: str
    seconds: float
    status: str
    error: str | None
    reads: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    touched: tuple[str, ...]
    files: tuple[FileRead, ...]
    wrote: tuple[FileRead, ...]
    restored: str | None = None
    number: int | None = None
    through: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    stopped: int | None = None

    @property
    def words(self) -> str:
        """A few words for the cell: its number and first line."""
        return f"cell [{self.number or self.ordinal}] `{short_line_of(self.source)}`"

    @property
    def has_code(self) -> bool:
        """Whether there is anything in it besides comments and magics."""
        return bool(first_line_of(self.code))

    @classmethod
    def parse(cls, body: dict[str, Any], **row: Any) -> Execution:
        """Return the execution that the JSON value `body` describes."""
        fields = dict(body)
        for name in ("reads", "changed", "deleted", "touched"):
            fields[name] = tuple(body[name])
        for name in ("files", "wrote"):
            fields[name] = tuple(FileRead(**file) for file in body[name])
        # Records from before do not say it.
        fields["through"] = {n: tuple(names) for n, names in body.get("through", {}).items()}
        return cls(**fields, **row)


@dataclass(frozen=True)
class Session:
    """One life of one kernel."""

    id: str
    started: str
    notebook: str | None
    directory: str
