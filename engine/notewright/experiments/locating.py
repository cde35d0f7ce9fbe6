"""Which rows of which table were trained on and scored: found and checked, never guessed.

Rows of pandas objects are known by their labels; rows of plain arrays by where
they lie in a larger array, or by their values where these are all different.
Either way the target values at those rows must be the ones that were used.
Where only the target is a part of a larger one, the rows are its.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from notewright.experiments.evaluation import Array
from notewright.experiments.positions import by_position
from notewright.experiments.rows import (
    Located,
    Used,
    is_frame,
    is_plain_target,
    is_series,
    same_target,
)
from notewright.experiments.tables import Tables
from notewright.experiments.targets import by_target


def locate(used: Used, tables: Tables) -> Located:
    """Return where rows that were used are among the user's tables."""
    if used.index is not None:
        return _by_index(used, tables.variables)
    X, found = used.X, Located(used)
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "biuf":
        found = by_position(used, tables)
    if found.labels is None and isinstance(used.target, np.ndarray) and used.target.ndim == 1:
        by_memory = by_target(used, tables)
        found = found if by_memory.labels is None else by_memory
    return found


def _by_index(used: Used, variables: Mapping[str, Any]) -> Located:
    index, y = used.index, used.y
    frames = {name: v for name, v in variables.items() if is_frame(v)}
    fits, differs, twice = {}, [], []
    for name, frame in frames.items():
        if len(frame) < len(index) or not _holds(frame.index, index):
            continue
        if not frame.index.is_unique:
            twice.append(name)
        elif y is None or _target_at(frame, index, y, variables):
            fits[name] = frame
        else:
            differs.append(name)
    if not fits:
        return Located(used, problem=_index_problem(used, differs, twice))
    # The table that everything came from is the one with the most rows, bound first.
    name = max(fits, key=lambda each: len(fits[each]))
    table = fits[name]
    rivals = [n for n, f in fits.items() if len(f) == len(table) and not _same_labels(f, table)]
    larger = [
        n
        for n in (*differs, *twice)
        # All of a smaller table with the same columns: a part whose labels were made anew.
        if len(table) == len(index) < len(frames[n]) and set(table) <= set(frames[n])
    ]
    if not rivals and set(larger) & set(twice):
        return Located(used, problem=_index_problem(used, (), twice))
    if rivals or larger:
        return Located(used, problem=_ambiguous(used, [name, *rivals, *larger]))
    return Located(used, name, "index", len(table), _plain_labels(index))


def _same_labels(one: Any, other: Any) -> bool:
    return bool(one.index.equals(other.index)) or _holds(one.index, other.index)


def _holds(whole: Any, part: Any) -> bool:
    try:
        return bool(part.isin(whole).all())
    except (TypeError, ValueError):
        return False


def _target_at(frame: Any, index: Any, y: Array, variables: Mapping[str, Any]) -> bool:
    """Tell whether a column of the table, or one bound beside it, holds `y` at these rows."""
    rows = frame.index.get_indexer(index)
    columns = [frame.iloc[:, at] for at in range(frame.shape[1])]
    columns += [v for v in variables.values() if is_series(v) and v.index.equals(frame.index)]
    beside = [v for v in variables.values() if is_plain_target(v) and len(v) == len(frame)]
    values = [c.iloc[rows].to_numpy() for c in columns] + [np.asarray(v)[rows] for v in beside]
    return any(same_target(each, y) for each in values)


def _index_problem(used: Used, differs: Sequence[str], twice: Sequence[str]) -> str | None:
    what = used.what
    if twice:
        return (
            f"Which rows of `{twice[0]}` were {what} is not clear: its labels are not unique. "
            f"Give it labels that are (`{twice[0]}.reset_index(drop=True)`) before it is split."
        )
    if differs:
        return (
            f"The labels of the rows that were {what} are in `{differs[0]}`, but no column of it "
            "holds the target values that were used, so the rows were not matched. Keep the "
            "target in a column, or a variable with the same labels."
        )
    return None


def _ambiguous(used: Used, tables: Sequence[str]) -> str:
    what = used.what
    names = " and ".join(f"`{name}`" for name in dict.fromkeys(tables))
    return (
        f"Which rows were {what} is not clear: their labels fit {names}. Keep the index of the "
        "loaded table when it is split (no reset_index), or name the rows yourself with "
        "`log_param`."
    )


def _plain_labels(index: Any) -> Array:
    values = np.asarray(index)
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    return np.array([str(label) for label in values.tolist()], dtype=np.str_)
