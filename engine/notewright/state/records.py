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
class Kept:
    """Where the contents of a file are, beside the variables.

    Parameters
    ----------
    path : str
        The file, as its :class:`FileRead` names it.
    address : str
        The file's own digest where it is one object; else that of the list of its pieces.
    """

    path: str
    address: str


@dataclass(frozen=True)
class Commit:
    """What git had checked out.

    Parameters
    ----------
    hash : str
        The commit.
    branch : str or None
        The branch, if one was checked out.
    dirty : bool or None
        Whether files that git tracks differed from it; None where nobody asked.
    """

    hash: str
    branch: str | None
    dirty: bool | None


@dataclass(frozen=True)
class Snapshot:
    """The variables of a notebook at one moment, and what stood beside them."""

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
    #: The notebook's document as it was on disk, where its path was known.
    document: FileRead | None = None
    #: The files, the document among them, whose contents are in the snapshot.
    kept: tuple[Kept, ...] = ()
    git: Commit | None = None
    #: The digest of the record of `execution`, which seals all those before it.
    sealed: str | None = None
    #: The user's own modules that were imported; their attributes are variables with dots.
    modules: tuple[str, ...] = ()
    bytes_added: int = 0
    #: Why its record cannot be read; the catalog's row is all that is known then.
    damage: str | None = None

    def variable(self, name: str) -> Variable | None:
        """Return the variable `name`, or None."""
        return next((v for v in self.variables if v.name == name), None)

    def is_unsaved(self, name: str) -> bool:
        """Tell whether `name` was there and could not be saved."""
        return any(u.name == name for u in self.unsaved)

    def module_of(self, name: str) -> str | None:
        """Return the user's module that `name` is an attribute of, or None for a variable."""
        return max((m for m in self.modules if name.startswith(f"{m}.")), key=len, default=None)

    def address(self, path: str) -> str | None:
        """Return where the contents of the file `path` are, or None if they are not kept."""
        return next((kept.address for kept in self.kept if kept.path == path), None)

    @classmethod
    def parse(cls, body: dict[str, Any], **row: Any) -> Snapshot:
        """Return the snapshot that the JSON value `body` describes."""
        fields = dict(body)
        fields["variables"] = tuple(Variable(**v) for v in body["variables"])
        fields["unsaved"] = tuple(Unsaved(**u) for u in body["unsaved"])
        fields["files"] = tuple(FileRead(**f) for f in body["files"])
        # Snapshots from before these were kept do not have them.
        fields["kept"] = tuple(Kept(**k) for k in body.get("kept", ()))
        fields["modules"] = tuple(body.get("modules", ()))
        document, git = body.get("document"), body.get("git")
        fields["document"] = None if document is None else FileRead(**document)
        fields["git"] = None if git is None else Commit(**git)
        return cls(**fields, **row)

    @classmethod
    def damaged(cls, row: dict[str, Any], damage: str) -> Snapshot:
        """Return what the catalog's `row` tells of a snapshot whose record is damaged."""
        known = {k: v for k, v in row.items() if k not in ("signer", "signature")}
        empty: dict[str, Any] = {"variables": (), "unsaved": (), "files": ()}
        return cls(**known, **empty, environment="", random=None, damage=damage)
