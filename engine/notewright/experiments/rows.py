"""Which rows of which table were trained on and scored: found and checked, never guessed.

Rows of pandas objects are known by their labels; rows of plain arrays by where
they lie in a larger array, or by their values where these are all different.
Either way the target values at those rows must be the ones that were used.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from notewright.experiments.evaluation import Array

#: Arrays with more values than this are not searched for rows.
_MOST_VALUES = 20_000_000


@dataclass(frozen=True)
class RowSet:
    """The rows of a table that something was done with.

    Parameters
    ----------
    role : {"train", "test"}
    count : int
    table : str or None
        The variable that holds the table; None where it was not found.
    by : {"index", "position"} or None
        What the labels are.
    of : int or None
        How many rows the table has.
    labels : str or None
        Digest of the labels, in the order of use; `Runs.rows` reads them.
    """

    role: str
    count: int
    table: str | None = None
    by: str | None = None
    of: int | None = None
    labels: str | None = None

    @property
    def words(self) -> str:
        """The same in a few words."""
        if self.table is None:
            return f"{self.count} rows, not traced to a table"
        kind = "labels" if self.by == "index" else "positions"
        return f"{self.count} of the {self.of} rows of `{self.table}`, by their {kind}"


@dataclass(frozen=True, eq=False)
class Used:
    """Rows as the code used them.

    Parameters
    ----------
    role : {"train", "test"}
    y : array or None
        The target values.
    index : pandas.Index or None
        Row labels.
    X : array or None
        The features, where they are a plain array.
    """

    role: str
    y: Any
    index: Any = None
    X: Any = None


@dataclass(frozen=True, eq=False)
class Located:
    """Rows, where they are in a table, and what speaks against it.

    `labels` is None where they were not found; `problem` then says why, and
    what to do about it.
    """

    used: Used
    table: str | None = None
    by: str | None = None
    of: int | None = None
    labels: Array | None = None
    problem: str | None = None
    #: Whether the rows are in a table, but which of its rows is not clear.
    doubtful: bool = False

    @property
    def count(self) -> int:
        """How many rows were used."""
        for values in (self.used.y, self.used.index, self.used.X):
            if values is not None:
                return len(values)
        return 0


def locate(used: Used, variables: Mapping[str, Any]) -> Located:
    """Return where rows that were used are among the tables of `variables`.

    Parameters
    ----------
    used : Used
    variables : mapping
        The user's variables, in the order in which they were bound.
    """
    if used.index is not None:
        return _by_index(used, variables)
    if used.X is not None and getattr(used.X, "ndim", 0) == 2 and used.X.dtype != object:
        return _by_position(used, variables)
    return Located(used)


def overlap(train: Located, test: Located) -> str | None:
    """Say how many scored rows the model was trained on, if any were."""
    if train.labels is None or test.labels is None or train.table != test.table:
        return None
    both = len(np.intersect1d(train.labels, test.labels))
    if not both:
        return None
    return (
        f"{both} of the {test.count} scored rows of `{test.table}` are among those that the "
        "model was trained on: the score flatters it."
    )


def dump_labels(labels: Array) -> bytes:
    """Return labels as the bytes of a `.npy` file."""
    buffer = io.BytesIO()
    np.save(buffer, labels, allow_pickle=False)
    return buffer.getvalue()


def load_labels(data: bytes) -> Array:
    """Return the labels that `dump_labels` wrote."""
    loaded: Array = np.load(io.BytesIO(data), allow_pickle=False)
    return loaded


# -- by label ------------------------------------------------------------------------


def _by_index(used: Used, variables: Mapping[str, Any]) -> Located:
    index, y = used.index, used.y
    frames = {name: v for name, v in variables.items() if _is_frame(v)}
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
    columns += [v for v in variables.values() if _is_series(v) and v.index.equals(frame.index)]
    beside = [v for v in variables.values() if _is_plain_target(v) and len(v) == len(frame)]
    values = [c.iloc[rows].to_numpy() for c in columns] + [np.asarray(v)[rows] for v in beside]
    return any(_equal(each, y) for each in values)


def _index_problem(used: Used, differs: Sequence[str], twice: Sequence[str]) -> str | None:
    what = "trained on" if used.role == "train" else "scored"
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
    what = "trained on" if used.role == "train" else "scored"
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


# -- by position ---------------------------------------------------------------------


def _by_position(used: Used, variables: Mapping[str, Any]) -> Located:
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
    targets = [np.asarray(v) for v in variables.values() if _is_target(v) and len(v) == len(source)]
    where, doubtful = _inside(used.X, source), 0
    if where is None:
        where, doubtful = _by_values(used.X, used.y, source, targets)
    if doubtful:
        return Located(used, problem=_doubtful(used, name, doubtful), doubtful=True)
    if where is None:
        return Located(used)
    if used.y is not None and not any(_equal(t[where], used.y) for t in targets):
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
        _is_frame(value)
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
            found = [at for at in found if any(_equal(t[at], y[row]) for t in targets)] or found
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


# -- what variables are --------------------------------------------------------------


def _is_frame(value: Any) -> bool:
    return type(value).__name__ == "DataFrame" and hasattr(value, "iloc")


def _is_series(value: Any) -> bool:
    return type(value).__name__ == "Series" and hasattr(value, "iloc")


def _is_plain_target(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 1


def _is_target(value: Any) -> bool:
    return _is_plain_target(value) or _is_series(value)


def _equal(a: Any, b: Any) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    floats = a.dtype.kind == "f" and b.dtype.kind == "f"
    try:
        return bool(np.array_equal(a, b, equal_nan=floats))
    except (TypeError, ValueError):
        return False
