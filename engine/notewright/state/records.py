"""What a snapshot is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FileRead:
    """A data file as an execution found it (or left it).

    Parameters
    ----------
    path : str
        Relative to the workspace's root when inside it, else absolute.
    digest : str
        BLAKE3 of the contents, 64 hexadecimal digits.
    size : int
        Bytes.
    """

    path: str
    digest: str
    size: int


@dataclass(frozen=True)
class Variable:
    """A variable as a snapshot holds it.

    Parameters
    ----------
    name, type : str
        The name, and the qualified name of the value's type.
    summary : str
        A few words: ``"DataFrame 1000 x 21"``.
    digest : str
        Hash of the value; differs whenever the value differs.
    group : str
        Address of the group of variables it was saved with.
    size : int
        Bytes of the value as pickled.
    """

    name: str
    type: str
    summary: str
    digest: str
    group: str
    size: int


@dataclass(frozen=True)
class Unsaved:
    """A variable the snapshot could not hold, and where it came from."""

    name: str
    type: str
    reason: str
    execution: str | None
    cell: str


@dataclass(frozen=True)
class Snapshot:
    """The variables of a notebook at one moment."""

    id: str
    digest: str
    parent: str | None
    session: str
    execution: str | None
    kind: str
    message: str
    created: str
    variables: tuple[Variable, ...]
    unsaved: tuple[Unsaved, ...]
    files: tuple[FileRead, ...]
    environment: str
    random: str | None
    bytes_added: int = 0
    #: Why its record cannot be read; the catalog's row is all that is known then.
    damage: str | None = None

    def variable(self, name: str) -> Variable | None:
        """Return the variable `name`, or None."""
        return next((v for v in self.variables if v.name == name), None)

    @classmethod
    def parse(cls, body: dict[str, Any], **row: Any) -> Snapshot:
        """Return the snapshot that the JSON value `body` describes."""
        fields = dict(body)
        fields["variables"] = tuple(Variable(**v) for v in body["variables"])
        fields["unsaved"] = tuple(Unsaved(**u) for u in body["unsaved"])
        fields["files"] = tuple(FileRead(**f) for f in body["files"])
        return cls(**fields, **row)

    @classmethod
    def damaged(cls, row: dict[str, Any], damage: str) -> Snapshot:
        """Return what the catalog's `row` tells of a snapshot whose record is damaged."""
        known = {k: v for k, v in row.items() if k not in ("signer", "signature")}
        empty: dict[str, Any] = {"variables": (), "unsaved": (), "files": ()}
        return cls(**known, **empty, environment="", random=None, damage=damage)
