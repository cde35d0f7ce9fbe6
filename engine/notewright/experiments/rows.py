"""Rows of a table that something was done with, as they are used and as they are kept."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from notewright.experiments.arrays import read_array
from notewright.experiments.evaluation import Array


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
    target : array or None
        The array that `y` is a copy of, where it is one: a part of a larger one lies in it.
    """

    role: str
    y: Any
    index: Any = None
    X: Any = None
    target: Any = None

    @property
    def what(self) -> str:
        """What was done with them, in words."""
        return "trained on" if self.role == "train" else "scored"


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
    return read_array(data)


def is_frame(value: Any) -> bool:
    """Tell whether a variable is a pandas table."""
    return type(value).__name__ == "DataFrame" and hasattr(value, "iloc")


def is_series(value: Any) -> bool:
    """Tell whether a variable is a pandas column."""
    return type(value).__name__ == "Series" and hasattr(value, "iloc")


def is_plain_target(value: Any) -> bool:
    """Tell whether a variable is an array with a value a row."""
    return isinstance(value, np.ndarray) and value.ndim == 1


def is_target(value: Any) -> bool:
    """Tell whether a variable has a value a row."""
    return is_plain_target(value) or is_series(value)


def equal(a: Any, b: Any) -> bool:
    """Tell whether two arrays hold equal values; not-a-number equals itself."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    floats = a.dtype.kind == "f" and b.dtype.kind == "f"
    try:
        return bool(np.array_equal(a, b, equal_nan=floats))
    except (TypeError, ValueError):
        return False


def same_target(values: Array, y: Array) -> bool:
    """Tell whether values are those of a target, which may have lost precision."""
    if y.dtype.kind == "f" and values.dtype.kind in "iuf" and values.dtype != y.dtype:
        with np.errstate(over="ignore"):
            return equal(values.astype(y.dtype), y)
    return equal(values, y)
