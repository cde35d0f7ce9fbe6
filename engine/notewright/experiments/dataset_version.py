"""What a version of a dataset is, as it is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Column:
    """A column of a table: its name and dtype, in words."""

    name: str
    type: str


@dataclass(frozen=True)
class DatasetVersion:
    """One version of a dataset; it never changes.

    Parameters
    ----------
    id, digest : str
        Identifier, and address of the record as evidence.
    name, number : str, int
        `applications` and 2 for `applications@2`.
    kind : {"table", "file"}
        Whether it is a value of the notebook's or a file's bytes.
    source : str
        The variable, or the file's path as records name files: relative to
        the project when inside it.
    type, summary : str
        The qualified type of a table, or the suffix of a file; and a few words.
    content : str
        Hash of the value (`notewright.state.values.fingerprint`), or BLAKE3 of
        the file's bytes: two versions of one name never have the same.
    address : str
        Where the stored content is.
    size : int
        Bytes.
    rows : int or None
        Of a table.
    columns : tuple of Column
        Of a data frame.
    created, actor : str
    """

    id: str
    digest: str
    name: str
    number: int
    kind: Literal["table", "file"]
    source: str
    type: str
    summary: str
    content: str
    address: str
    size: int
    rows: int | None
    columns: tuple[Column, ...]
    created: str
    actor: str

    @property
    def ref(self) -> str:
        """`applications@2`."""
        return f"{self.name}@{self.number}"

    @classmethod
    def parse(cls, body: str, digest: str) -> DatasetVersion:
        """Return the version that the JSON text `body` describes."""
        fields: dict[str, Any] = json.loads(body)
        fields.pop("schema", None)
        fields["columns"] = tuple(Column(**column) for column in fields["columns"])
        return cls(**fields, digest=digest)
