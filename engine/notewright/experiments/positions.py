"""Where the rows of a plain array are in a larger one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from notewright.experiments.evaluation import Array
from notewright.experiments.rows import Located, Used, equal, is_frame, is_target

#: Arrays with more values than this are not searched for rows.
_MOST_VALUES = 20_000_000


def by_position(used: Used, variables: Mapping[str, Any]) -> Located:
    """Return where rows are in an array of `variables`, the largest first."""
    X = used.X
    sources = {
        name: array
        for name, value in variables.items()
        if (array := _matrix(value, X)) is not None and len(array) >= len(X)
    }
    problem = None
    # What everything came from is the largest; where it is not the one, a smaller may be.
    for name in sorted(sources, key=lambda each: -len(sources[each])):
        if X.size + sources[name].size > _MOST_VALUES:
            continue
        found = _in_source(used, name, sources[name], variables)
        if found.labels is not None or found.doubtful:
            return found
        problem = problem or found.problem
    return Located(used, problem=problem)


def _in_source(used: Used, name: str, source: Array, variables: Mapping[str, Any]) -> Located:
    """Return where rows are in one array, checked against the target."""
    targets = [np.asarray(v) for v in variables.values() if is_target(v) and len(v) == len(source)]
    where, doubtful = _inside(used.X, source), 0
    if where is None:
        where, doubtful = _by_values(used.X, used.y, source, targets)
    if doubtful:
        return Located(used, problem=_doubtful(used, name, doubtful), doubtful=True)
    if where is None:
        return Located(used)
    if used.y is not None and not any(equal(t[where], used.y) for t in targets):
        what = "trained on" if used.role == "train" else "scored"
        return Located(
            used,
            problem=f"The rows that were {what} are in `{name}`, but no variable of its length "
            "holds the target values that were used, so they were not matched. Keep the whole "
            "target in a variable.",
        )
    return Located(used, name, "position", len(source), where.astype(np.int64))


def _matrix(value: Any, X: Array) -> Array | None:
    """Return a variable as an array with the columns and the type of `X`, if it is one."""
    if isinstance(value, np.ndarray):
        array = value
    elif (
        is_frame(value)
        and value.shape[1] == X.shape[1]
        and all(getattr(kind, "kind", "O") in "biuf" for kind in value.dtypes)
    ):
        array = value.to_numpy()
    else:
        return None
    same = array.ndim == 2 and array.shape[1] == X.shape[1] and array.dtype == X.dtype
    return array if same else None


def _inside(X: Array, source: Array) -> Array | None:
    """Return the positions of a view's rows in the array that it is a view of."""
    start = X.__array_interface__["data"][0] - source.__array_interface__["data"][0]
    step = source.strides[0]
    if not len(X) or step <= 0 or X.strides[1] != source.strides[1] or start % step:
        return None
    if not np.may_share_memory(X, source) or X.strides[0] % step:
        return None
    where = start // step + np.arange(len(X)) * (X.strides[0] // step)
    return where if where.min() >= 0 and where.max() < len(source) else None


def _by_values(
    X: Array, y: Array | None, source: Array, targets: Sequence[Array]
) -> tuple[Array | None, int]:
    """Return the positions of equal rows, and how many rows fit more than one.

    Rows that are equal to others are told apart by their target, where that does it.
    """
    places: dict[bytes, list[int]] = {}
    for at, key in enumerate(_keys(source)):
        places.setdefault(key, []).append(at)
    where, doubtful = np.empty(len(X), dtype=np.int64), 0
    for row, key in enumerate(_keys(X)):
        found = places.get(key)
        if not found:
            return None, 0
        if len(found) > 1 and y is not None and targets:
            found = [at for at in found if any(equal(t[at], y[row]) for t in targets)] or found
        if len(found) > 1:
            doubtful += 1
        where[row] = found[0]
    if doubtful and len(X) == len(source) and np.array_equal(X, source):
        return np.arange(len(X)), 0
    return (None, doubtful) if doubtful else (where, 0)


def _keys(array: Array) -> list[bytes]:
    whole = np.ascontiguousarray(array)
    width = whole.dtype.itemsize * whole.shape[1]
    data = whole.tobytes()
    return [data[at : at + width] for at in range(0, len(data), width)] if width else []


def _doubtful(used: Used, name: str, count: int) -> str:
    what = "trained on" if used.role == "train" else "scored"
    return (
        f"Which rows of `{name}` were {what} is not clear: {count} of them are equal to others. "
        "Split a pandas DataFrame, whose index tells its rows apart."
    )
