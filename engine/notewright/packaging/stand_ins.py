"""Values for columns that raw rows lack, where these have no part in the result."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

#: A column of text with more values than these may tell who somebody is.
_CATEGORIES = 100


@dataclass(frozen=True)
class StandIn:
    """A column that raw rows lack: where it stands in the raw table, and a value for it."""

    position: int
    column: str
    value: bool | int | float | str


def stand_ins_of(rows: Any, columns: Collection[str]) -> tuple[StandIn, ...] | None:
    """Return a value for each of some columns of the raw table, or None if one has none.

    Examples
    --------
    >>> import pandas as pd
    >>> stand_ins_of(pd.DataFrame({"age": [50], "left": ["no"]}), ["left"])
    (StandIn(position=1, column='left', value='no'),)
    """
    found = []
    for position, column in enumerate(rows.columns if rows is not None else ()):
        if column in columns:
            value = _value(rows[column])
            if value is None:
                return None
            found.append(StandIn(position, column, value))
    return tuple(found)


def _value(values: Any) -> bool | int | float | str | None:
    """Return a value of a column's kind, and none that is somebody's."""
    from pandas.api import types

    if types.is_bool_dtype(values):
        return False
    if types.is_integer_dtype(values):
        return 1
    if types.is_float_dtype(values):
        return 1.0
    if values.nunique() > _CATEGORIES:
        return "text" if types.infer_dtype(values, skipna=True) == "string" else None
    common = values.mode()
    return common[0] if len(common) and isinstance(common[0], str) else None
