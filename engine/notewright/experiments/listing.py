"""A list of runs, read from the catalog as far as it is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from notewright.experiments.run import Run

if TYPE_CHECKING:
    import pandas as pd

_PLAIN = ("id", "name", "status", "created", "seconds", "model", "parent")
#: What a list needs of each run.
COLUMNS = (
    "r.id, r.name, r.status, r.created, r.seconds, r.model, r.shape, r.shape_values,"
    " (SELECT p.parent FROM run_parents p WHERE p.run = r.seq) AS parent"
)


class RunList(Sequence[Run]):
    """Runs in order; made by `Runs.list`.

    Parameters
    ----------
    rows : sequence of sqlite3.Row
        The runs, with `COLUMNS`.
    shapes : mapping of int to str
        The names that go with each shape's values, as JSON.
    read : callable, optional
        Reads a run by its full id.
    """

    def __init__(
        self,
        rows: Sequence[Any] = (),
        shapes: Mapping[int, str] | None = None,
        read: Callable[[str], Run] | None = None,
    ) -> None:
        self._rows = rows
        self._shapes = shapes or {}
        self._read = read

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Run: ...

    @overload
    def __getitem__(self, index: slice) -> RunList: ...

    def __getitem__(self, index: int | slice) -> Run | RunList:
        if isinstance(index, slice):
            return RunList(self._rows[index], self._shapes, self._read)
        row = self._rows[index]
        assert self._read is not None  # whoever gave rows gave it
        return self._read(row["id"])

    def __repr__(self) -> str:
        return f"RunList of {len(self)} runs"

    def by_parent(self, most: int) -> dict[str, tuple[list[Run], int]]:
        """Return for each parent the first `most` of its runs in the list, and how many it has."""
        places: dict[str, list[int]] = {}
        for place, row in enumerate(self._rows):
            if row["parent"] is not None:
                places.setdefault(row["parent"], []).append(place)
        return {
            parent: ([self[place] for place in found[:most]], len(found))
            for parent, found in places.items()
        }

    def frame(self) -> pd.DataFrame:
        """Return one row a run: `id`, `name`, `status`, …, `metrics.*`, `params.*`, `tags.*`.

        Examples
        --------
        >>> RunList().frame().columns.tolist()
        ['id', 'name', 'status', 'created', 'seconds', 'model', 'parent']
        """
        import pandas as pd

        columns: dict[str, Any] = {name: [row[name] for row in self._rows] for name in _PLAIN}
        columns["created"] = pd.to_datetime(columns["created"], format="ISO8601", utc=True)
        columns.update(self._values())
        return pd.DataFrame(columns)

    def _values(self) -> dict[str, Any]:
        """Return the columns of metrics, parameters and tags.

        Runs of one shape are turned from rows to columns together, which is
        what makes ten thousand runs quick.
        """
        places: dict[tuple[int, type], list[int]] = {}
        for place, row in enumerate(self._rows):
            places.setdefault((row["shape"], type(row["shape_values"])), []).append(place)
        columns: dict[str, Any] = {}
        for (shape, kind), where in places.items():
            packed = [self._rows[place]["shape_values"] for place in where]
            names = _names(self._shapes[shape])
            read = _columns if kind is bytes else _columns_of_text
            for name, column in zip(names, read(names, packed), strict=True):
                _fill(columns, name, column, where, len(self._rows))
        groups = ("metrics", "params", "tags")
        ordered = sorted(columns, key=lambda name: groups.index(name.partition(".")[0]))
        return {name: columns[name] for name in ordered}


def _columns(names: Sequence[str], packed: Sequence[bytes]) -> list[Any]:
    """Return the columns of runs of one shape: metrics as arrays, the others as they are."""
    import numpy as np

    metrics = sum(name.startswith("metrics.") for name in names)
    end = 8 * metrics
    numbers = np.frombuffer(b"".join([each[:end] for each in packed]), "<f8")
    others = json.loads(b"[" + b",".join([each[end:] for each in packed]) + b"]")
    rest = list(zip(*others, strict=True)) or [()] * (len(names) - metrics)
    return [*numbers.reshape(len(packed), metrics).T, *rest]


def _columns_of_text(names: Sequence[str], packed: Sequence[str]) -> list[Any]:
    """Return the columns of runs from before metrics were stored as doubles."""
    values = json.loads(f"[{','.join(packed)}]")
    return list(zip(*values, strict=True)) or [()] * len(names)


def _fill(columns: dict[str, Any], name: str, column: Any, where: list[int], count: int) -> None:
    """Put the values of some runs where they belong in the column of all."""
    import numpy as np

    if len(where) == count:
        columns[name] = column
        return
    if name.startswith("metrics."):
        columns.setdefault(name, np.full(count, np.nan))[where] = column
        return
    whole = columns.setdefault(name, [None] * count)
    for place, value in zip(where, column, strict=True):
        whole[place] = value


def _names(shape: str) -> list[str]:
    metrics, params, tags = json.loads(shape)
    groups = (("metrics", metrics), ("params", params), ("tags", tags))
    return [f"{group}.{name}" for group, names in groups for name in names]
