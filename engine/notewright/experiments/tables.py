"""The user's tables of numbers, as they are searched for rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from notewright.experiments.evaluation import Array
from notewright.experiments.row_keys import Index, Keys, keys_of
from notewright.experiments.rows import is_frame

#: So many rows of a part tell which columns of a table it has.
_SAMPLE = 16


@dataclass(eq=False)
class Table:
    """A variable with rows of numbers.

    Parameters
    ----------
    name : str
    length : int
    columns : list of array
        Those with numbers.
    whole : array or None
        All of it, where that is one array in memory.
    """

    name: str
    length: int
    columns: list[Array]
    whole: Array | None
    _keys: dict[tuple[int, str], Keys | None] = field(default_factory=dict)
    _indices: dict[tuple[tuple[int, ...], str], Index] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return self.length * len(self.columns)

    def keys(self, at: int, kind: np.dtype[Any]) -> Keys | None:
        """Return the keys of a column as `kind`, made once."""
        place = (at, kind.str)
        if place not in self._keys:
            self._keys[place] = keys_of(self.columns[at], kind)
        return self._keys[place]

    def index(self, places: Sequence[int], kind: np.dtype[Any]) -> Index | None:
        """Return the index over some columns, made once."""
        wanted = (tuple(places), kind.str)
        if wanted not in self._indices:
            columns = [keys for at in places if (keys := self.keys(at, kind)) is not None]
            if len(columns) < len(places):
                return None
            self._indices[wanted] = Index.of(columns)
        return self._indices[wanted]

    def like(self, part: Sequence[Keys], kind: np.dtype[Any]) -> list[list[int]]:
        """Return, for each column of `part`, the columns that have some of its values.

        Empty where one of them has none: rows with such columns are not in this table.
        """
        chosen = np.linspace(0, len(part[0]) - 1, min(_SAMPLE, len(part[0]))).astype(np.intp)
        found = [list(range(len(self.columns))) for _ in part]
        for row in chosen:
            for column, own in enumerate(part):
                found[column] = [
                    at
                    for at in found[column]
                    if (keys := self.keys(at, kind)) is not None and (keys == own[row]).any()
                ]
                if not found[column]:
                    return []
        return found


class Tables:
    """The tables among the user's variables, each looked at once.

    Parameters
    ----------
    variables : mapping
        In the order in which they were bound.
    """

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self._made: dict[str, Table | None] = {}

    def of(self, length: int, width: int) -> list[Table]:
        """Return those with so many rows and columns, or more: the longest first."""
        found = []
        for name, value in self.variables.items():
            if name not in self._made and _is_long(value, length):
                self._made[name] = _table(name, value)
            table = self._made.get(name)
            if table is not None and table.length >= length and len(table.columns) >= width:
                found.append(table)
        return sorted(found, key=lambda table: -table.length)


def _is_long(value: Any, length: int) -> bool:
    array = isinstance(value, np.ndarray) and value.ndim == 2
    return (array or is_frame(value)) and len(value) >= length


def _table(name: str, value: Any) -> Table | None:
    if isinstance(value, np.ndarray):
        return _of_array(name, value)
    kinds = list(value.dtypes)
    plain = [at for at, kind in enumerate(kinds) if _is_number(kind)]
    if len(plain) == len(kinds) and len(set(kinds)) == 1:
        return _of_array(name, value.to_numpy())
    return Table(name, len(value), [value.iloc[:, at].to_numpy() for at in plain], None)


def _of_array(name: str, array: Array) -> Table | None:
    return Table(name, len(array), list(array.T), array) if _is_number(array.dtype) else None


def _is_number(kind: Any) -> bool:
    return isinstance(kind, np.dtype) and kind.kind in "biuf"
