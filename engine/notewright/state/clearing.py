"""Takes what is withheld out of values that were just loaded, and are nobody's yet.

Tables lose the column, on whichever axis its name or label stands; a column that stands alone,
or an item of a mapping under its name, becomes the `Withheld` that names it. Looked through are
containers, dataclasses, instances of the notebook's own classes, and what functions closed over.
What an object of a library keeps inside stays as it is: it would not work without.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from types import CellType, FunctionType, MethodType, SimpleNamespace
from typing import Any

from notewright.state.columnar import (
    arrow_columns,
    arrow_names,
    arrow_part,
    polars_columns,
    polars_names,
    polars_part,
)
from notewright.state.withheld import Withheld, Withholding, united

#: Row labels are looked at as names in tables of up to so many rows: no table has more columns.
_ON_ITS_SIDE = 10_000
#: How often values are gone through; the last time has to find nothing.
_PASSES = 4
_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes})


@dataclass(frozen=True)
class Cleared:
    """A value without what is withheld from who gets it.

    Parameters
    ----------
    value : object
        A `Withheld` where nothing is left of it.
    withheld : tuple of Withheld
        What was taken out.
    """

    value: Any
    withheld: tuple[Withheld, ...] = ()


def cleared(value: Any, withholding: Withholding, live: Iterable[Any] = ()) -> Cleared:
    """Return `value` without what is withheld.

    Parameters
    ----------
    value : object
        New, and nobody else's: its containers are changed in place, so that what shares an
        object goes on sharing it.
    withholding : Withholding
        What to take out.
    live : iterable, optional
        Containers that a value may name without holding them: these are left alone.

    Examples
    --------
    >>> cleared({"income": 5200, "age": 31}, Withholding((Withheld("income", ()),))).value
    {'income': <withheld: income (nobody may see it)>, 'age': 31}
    """
    return cleared_each({"": value}, withholding, live)[""]


def cleared_each(
    values: Mapping[str, Any], withholding: Withholding, live: Iterable[Any] = ()
) -> dict[str, Cleared]:
    """Return variables, which may share objects, each without what is withheld.

    A variable that has the name of a column is that column, whatever it is made of.

    Examples
    --------
    >>> cleared_each({"income": [5200]}, Withholding((Withheld("income", ()),)))["income"].value
    <withheld: income (nobody may see it)>
    """
    found = {name: Cleared(value) for name, value in values.items()}
    for _ in range(_PASSES if withholding else 0):
        clearing = _Clearing(withholding, live)
        again = {name: clearing.variable(name, each.value) for name, each in found.items()}
        found = {
            name: Cleared(each.value, united(found[name].withheld, each.withheld))
            for name, each in again.items()
        }
        # What held itself through a tuple may hold the tuple as it was.
        if not any(each.withheld for each in again.values()):
            return found
    return found if not withholding else dict.fromkeys(found, _nothing_left(withholding))


def _nothing_left(withholding: Withholding) -> Cleared:
    """Return what there is of a value that cannot be taken apart."""
    return Cleared(withholding.columns[0], withholding.columns)


class _Clearing:
    """One pass over values."""

    def __init__(self, withholding: Withholding, live: Iterable[Any]) -> None:
        self._withholding = withholding
        self.found: list[Withheld] = []
        self._seen = {id(container): Cleared(container) for container in live}
        # Ids in `_seen` are of objects that must not go.
        self._alive: list[Any] = []

    def variable(self, name: str, value: Any) -> Cleared:
        """Return a variable's value, and what was taken out of it."""
        self.found = []
        try:
            named = isinstance(value, Withheld) or callable(value)
            stands = None if named else self.stand_in([name.rpartition(".")[2]])
            return Cleared(stands or self.value(value), united(self.found))
        except Exception:  # noqa: BLE001 - it is nested too deeply, or of a kind that does not let
            return _nothing_left(self._withholding)

    def value(self, value: Any) -> Any:
        kind = type(value)
        if kind in _ATOMS or isinstance(value, type | Withheld):
            return value
        if (seen := self._seen.get(id(value))) is None:
            self._alive.append(value)
            self._seen[id(value)] = Cleared(value)  # while it is looked at: it may hold itself
            before = len(self.found)
            part = self._taken_apart(value)
            seen = self._seen[id(value)] = Cleared(part, tuple(self.found[before:]))
        else:
            self.found += seen.withheld
        return seen.value

    def _taken_apart(self, value: Any) -> Any:
        for types, without in _KINDS:
            if isinstance(value, types):
                return without(self, value)
        # A table of a class of one's own is a table.
        for base in type(value).__mro__:
            library = base.__module__.partition(".")[0]
            if library in _TABLES:
                return _TABLES[library](self, value)
        if dataclasses.is_dataclass(value):
            return self.fields(value)
        if type(value).__module__ == "__main__":
            self.mapping(getattr(value, "__dict__", {}))
        return value

    def names(self, labels: Iterable[Any]) -> list[bool]:
        """Tell of each label whether what is under it is withheld, and note what is."""
        hidden = [self._withholding.find(label) for label in labels]
        self.found += filter(None, hidden)
        return [each is not None for each in hidden]

    def stand_in(self, labels: Iterable[Any]) -> Withheld | None:
        """Return what to put in the place of a column that has one of these names."""
        hidden = self._withholding.among(labels)
        self.found += hidden
        return hidden[0] if hidden else None

    # -- containers ---------------------------------------------------------------------

    def mapping(self, value: Any) -> Any:
        for key, held in list(value.items()):
            part = self.item(key, held)
            if part is not held:
                value[key] = part
        return value

    def item(self, name: Any, held: Any) -> Any:
        """Return what is left of what stands under a name."""
        if isinstance(held, Withheld):
            return held
        return self.stand_in([name]) or self.value(held)

    def sequence(self, value: Any) -> Any:
        for at, held in enumerate(value):
            part = self.value(held)
            if part is not held:
                value[at] = part
        return value

    def fixed(self, value: Any) -> Any:
        parts = [self.value(held) for held in value]
        same = all(part is held for part, held in zip(parts, value, strict=True))
        return value if same else tuple(parts)

    def named_fields(self, value: Any) -> Any:
        """Look at a named tuple, whose fields are its columns."""
        parts = [self.item(name, held) for name, held in zip(value._fields, value, strict=True)]
        same = all(part is held for part, held in zip(parts, value, strict=True))
        return value if same else type(value)._make(parts)

    def tuple(self, value: Any) -> Any:
        return self.named_fields(value) if hasattr(type(value), "_fields") else self.fixed(value)

    def attributes(self, value: Any) -> Any:
        self.mapping(vars(value))
        return value

    def fields(self, value: Any) -> Any:
        """Look at a dataclass, which may be frozen or have slots."""
        for field in dataclasses.fields(value):
            held = getattr(value, field.name, None)
            part = self.item(field.name, held)
            if part is not held:
                object.__setattr__(value, field.name, part)
        return value

    def function(self, value: Any) -> Any:
        if value.__module__ != "__main__":
            return value  # the module's own, and no copy
        # Never its globals: those are the notebook's own variables.
        for cell in value.__closure__ or ():
            self.value(cell)
        if value.__defaults__:
            value.__defaults__ = self.value(value.__defaults__)
        for held in (value.__kwdefaults__, value.__dict__):
            self.value(held)
        return value

    def method(self, value: Any) -> Any:
        self.value(value.__self__)
        return value

    def cell(self, value: Any) -> Any:
        try:
            held = value.cell_contents
        except ValueError:  # it is empty
            return value
        part = self.value(held)
        if part is not held:
            value.cell_contents = part
        return value

    # -- tables -------------------------------------------------------------------------

    def pandas(self, value: Any) -> Any:
        import pandas as pd

        if isinstance(value, pd.DataFrame):
            table = self._without_nested(self._axis(self._axis(value, 0), 1))
            for at in range(table.shape[1]):
                column = table.iloc[:, at]
                cells = self._cells(column)
                if cells is not column:
                    table.isetitem(at, cells)
            return table
        if isinstance(value, pd.Series):
            names = [value.name, *_nested_names(value.dtype)]
            return self.stand_in(names) or self._cells(self._axis(value, 0))
        if isinstance(value, pd.Index):
            return self.stand_in(value.names) or value
        # A table that is grouped, rolled over or resampled.
        table = getattr(value, "obj", None)
        if isinstance(table, pd.DataFrame | pd.Series):
            hidden = cleared(table.copy(), self._withholding).withheld
            self.found += hidden
            return hidden[0] if hidden else value
        return value

    def _without_nested(self, table: Any) -> Any:
        """Return a table without columns whose Arrow type has a field that is withheld."""
        inside = [list(_nested_names(dtype)) for dtype in table.dtypes]
        kept = [at for at, names in enumerate(inside) if self.stand_in(names) is None]
        return table if len(kept) == table.shape[1] else table.iloc[:, kept].copy()

    def _cells(self, column: Any) -> Any:
        """Return a column whose cells may hold mappings and tables of their own."""
        if column.dtype != object:
            return column
        held = column.tolist()
        parts = [self.value(cell) for cell in held]
        if all(part is cell for part, cell in zip(parts, held, strict=True)):
            return column
        return type(column)(parts, index=column.index, name=column.name, dtype=object)

    def _axis(self, table: Any, axis: int) -> Any:
        """Return a table without the labels, on one axis, and the levels of labels that are."""
        labels = table.axes[axis]
        if axis == 1 or len(labels) <= _ON_ITS_SIDE:
            kept = [at for at, is_hidden in enumerate(self.names(labels)) if not is_hidden]
            if len(kept) < len(labels):
                # A copy: else what was taken out may lie on in the memory that it shows.
                table = (table.iloc[:, kept] if axis == 1 else table.iloc[kept]).copy()
                labels = table.axes[axis]
        levels = [at for at, is_hidden in enumerate(self.names(labels.names)) if is_hidden]
        return table.set_axis(_without_levels(labels, levels), axis=axis) if levels else table

    def numpy(self, value: Any) -> Any:
        import numpy as np
        from numpy.lib.recfunctions import repack_fields

        if not isinstance(value, np.ndarray):
            return value
        if value.dtype.names is not None:
            hidden = self.names(value.dtype.names)
            kept = [n for n, gone in zip(value.dtype.names, hidden, strict=True) if not gone]
            if not kept:
                return self.found[-1]
            return value if all(not gone for gone in hidden) else repack_fields(value[kept])
        if value.dtype == object and value.size <= _ON_ITS_SIDE:
            for place in np.ndindex(value.shape):
                value[place] = self.value(value[place])
        return value

    def arrow(self, value: Any) -> Any:
        """Look at a table, a column or a value of Arrow's, and at what reads one."""
        if hasattr(value, "schema") and hasattr(value, "select"):
            return self._columns(value, arrow_columns(value), arrow_part)
        if hasattr(value, "schema"):  # what reads a table has all of it
            return self.stand_in(chain(*arrow_columns(value))) or value
        kind = getattr(value, "type", None)
        is_data = hasattr(value, "to_pylist") or hasattr(value, "as_py")
        return (self.stand_in(arrow_names(kind)) if is_data else None) or value

    def polars(self, value: Any) -> Any:
        """Look at a frame or a column of polars'."""
        kind = type(value).__name__
        if kind == "DataFrame":
            return self._columns(value, polars_columns(value), polars_part)
        if kind == "Series":
            return self.stand_in([value.name, *polars_names(value.dtype)]) or value
        if hasattr(value, "df"):  # a frame that is grouped
            return self.stand_in(chain(*polars_columns(value.df))) or value
        if kind == "LazyFrame":
            # Its plan holds whole frames, and does not say which.
            self.found += self._withholding.columns
            return self._withholding.columns[0]
        return value

    def _columns(
        self, table: Any, columns: list[list[str]], part: Callable[[Any, list[int]], Any]
    ) -> Any:
        """Return a table without the columns that have one of their names withheld."""
        kept = [at for at, names in enumerate(columns) if self.stand_in(names) is None]
        if len(kept) == len(columns):
            return table
        return part(table, kept) if kept else self.found[-1]


def _nested_names(dtype: Any) -> Iterable[str]:
    """Return the names of the fields inside a pandas type that is Arrow's."""
    return arrow_names(getattr(dtype, "pyarrow_dtype", None))


def _without_levels(index: Any, levels: list[int]) -> Any:
    """Return an index without the levels at some places; the numbers of rows if none is left."""
    import pandas as pd

    return index.droplevel(levels) if index.nlevels > len(levels) else pd.RangeIndex(len(index))


_KINDS: tuple[tuple[Any, Callable[[_Clearing, Any], Any]], ...] = (
    (dict, _Clearing.mapping),
    ((list, deque), _Clearing.sequence),
    (tuple, _Clearing.tuple),
    (SimpleNamespace, _Clearing.attributes),
    (FunctionType, _Clearing.function),
    (MethodType, _Clearing.method),
    (CellType, _Clearing.cell),
)
_TABLES: dict[str, Callable[[_Clearing, Any], Any]] = {
    "pandas": _Clearing.pandas,
    "numpy": _Clearing.numpy,
    "polars": _Clearing.polars,
    "pyarrow": _Clearing.arrow,
}
