"""The user's tables of numbers, as they are searched for rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    _indices: dict[tuple[tuple[int, ...], str], Index | None] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return self.length * len(self.columns)

    def keys(self, at: int, kind: np.dtype[Any]) -> Keys | None:
        """Return the keys of a column as `kind`."""
        return keys_of(self.columns[at], kind)

    def index(self, places: Sequence[int], kind: np.dtype[Any]) -> Index | None:
        """Return the index over some columns, made once; None where one cannot be of that kind."""
        wanted = (tuple(places), kind.str)
        if wanted not in self._indices:
            columns = [keys for at in places if (keys := self.keys(at, kind)) is not None]
            whole = len(columns) == len(places)
            self._indices[wanted] = Index.of(columns) if whole else None
        return self._indices[wanted]

    def has(self, row: Sequence[np.uint64], places: Sequence[int], kind: np.dtype[Any]) -> bool:
        """Tell whether one row is there: quickly, where it is not."""
        there = np.ones(self.length, dtype=bool)
        for own, at in zip(row, places, strict=True):
            keys = self.keys(at, kind)
            if keys is None:
                return False
            there &= keys == own
            if not there.any():
                return False
        return True

    def like(self, part: Sequence[Keys], kind: np.dtype[Any]) -> list[list[int]]:
        """Return, for each column of `part`, the columns that have some of its values.

        Empty where one of them has none: rows with such columns are not in this table.
        """
        chosen = np.linspace(0, len(part[0]) - 1, min(_SAMPLE, len(part[0]))).astype(np.intp)
        # A glance at one number is enough for most tables of something else.
        if not any(self._holds(at, part[:1], chosen[:1], kind) for at in range(len(self.columns))):
            return []
        found: list[list[int]] = [[] for _ in part]
        for at in range(len(self.columns)):
            for column in self._holds(at, part, chosen, kind):
                found[column].append(at)
        return found if all(found) else []

    def _holds(
        self, at: int, part: Sequence[Keys], chosen: NDArray[np.intp], kind: np.dtype[Any]
    ) -> list[int]:
        """Return which columns of `part` have values in those rows that a column has, too."""
        keys = self.keys(at, kind)
        if keys is None:
            return []
        return [n for n, own in enumerate(part) if all((keys == v).any() for v in own[chosen])]


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


def _of_array(name: str, value: Array) -> Table | None:
    array = np.asarray(value)  # without the mask of a masked one
    return Table(name, len(array), list(array.T), array) if _is_number(array.dtype) else None


def _is_number(kind: Any) -> bool:
    return isinstance(kind, np.dtype) and kind.kind in "biuf"
