"""The targets that go with tables, and what they alone say of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from notewright.experiments.evaluation import Array
from notewright.experiments.row_keys import Keys, keys_of, text_keys
from notewright.experiments.rows import Located, Used, is_frame, is_target, same_target
from notewright.experiments.tables import Table, Tables
from notewright.experiments.views import rows_inside


def targets_of(table: Table, tables: Tables) -> Iterator[Array]:
    """Yield what may be the target of a table's rows: variables, then columns, of its length."""
    alike = [v for v in tables.variables.values() if _length(v) == table.length]
    yield from (np.asarray(value) for value in alike if is_target(value))
    for value in alike:
        if is_frame(value):
            yield from (value.iloc[:, at].to_numpy() for at in range(value.shape[1]))
        elif isinstance(value, np.ndarray) and value.ndim == 2:
            yield from value.T


def _length(value: Any) -> int | None:
    sized = is_target(value) or is_frame(value) or isinstance(value, np.ndarray)
    return len(value) if sized and value.ndim else None


def target_keys(target: Array, y: Array) -> tuple[Keys, Keys] | None:
    """Return numbers for the values of a target and of a part of it, equal where these are."""
    if target.dtype.kind in "biuf" and y.dtype.kind in "biuf":
        theirs, own = keys_of(target, y.dtype), keys_of(y, y.dtype)
        return None if theirs is None or own is None else (theirs, own)
    return text_keys(target, y)


def by_target(used: Used, tables: Tables) -> Located:
    """Return where rows are of which only the target is known: a part of a larger one in memory."""
    for name, whole in sorted(_columns(tables), key=lambda named: -len(named[1])):
        where = rows_inside(used.target, whole) if len(whole) > len(used.target) else None
        if where is not None and same_target(whole[where], used.y):
            return Located(used, name, "position", len(whole), where.astype(np.int64))
    return Located(used)


def of_one_table(found: Located, other: Located, tables: Tables) -> Located:
    """Return rows that were found by their target as rows of the table that it is the target of.

    That it is shown by the other rows, which were found in this table.
    """
    if other.labels is None or other.by != "position" or found.of != other.of:
        return found
    target = tables.variables.get(str(found.table))
    if found.labels is None or not is_target(target) or other.used.y is None:
        return found
    is_its = same_target(np.asarray(target)[other.labels], other.used.y)
    return replace(found, table=other.table) if is_its else found


def _columns(tables: Tables) -> Iterator[tuple[str, Array]]:
    """Yield every variable with a value a row, and every column of numbers, by its variable."""
    for name, value in tables.variables.items():
        if is_target(value):
            yield name, np.asarray(value)
    for table in tables.of(0, 1):
        yield from ((table.name, column) for column in table.columns)
