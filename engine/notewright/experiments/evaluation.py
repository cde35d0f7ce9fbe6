"""The rows a model was scored on, with what was true and what it said."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import blake3
import numpy as np
from numpy.typing import ArrayLike, NDArray

from notewright.errors import BadRecord
from notewright.experiments.arrays import read_arrays

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Predictions on held-out rows.

    Make one with :meth:`of`.

    Parameters
    ----------
    rows : array of shape (n,)
        Labels of the rows (the index of `y_true` where it has one, else
        positions): integers or text.
    y_true : array of shape (n,) or (n, outputs)
    y_pred : array or None
        Labels or values.
    y_score : array of shape (n,) or (n, classes), or None
        Scores or probabilities; higher speaks for `positive`.
    positive : str, int, float, bool or None
        The label that high scores speak for; None unless there are two classes.
    task : {"classification", "regression"}
    probability : bool
        Whether `y_score` holds probabilities.
    target_names, row_names : tuple of str
        The columns that the true values and the labels of the rows are, where they had names.
    """

    rows: Array
    y_true: Array
    y_pred: Array | None = None
    y_score: Array | None = None
    positive: Any = None
    task: str = "classification"
    probability: bool = False
    target_names: tuple[str, ...] = ()
    row_names: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike | None = None,
        y_score: ArrayLike | None = None,
        *,
        rows: Sequence[Any] | ArrayLike | None = None,
        positive: Any = None,
        task: str | None = None,
        probability: bool = False,
        target_names: Sequence[str] | None = None,
    ) -> Evaluation:
        """Return an evaluation of array-likes of equal length.

        Parameters
        ----------
        y_true, y_pred, y_score : array-like
            At least one of `y_pred` and `y_score`.
        rows : array-like, optional
            Row labels; by default the index of `y_true` where it is a pandas
            object, else positions.
        positive : optional
            By default the greater of two labels, as scikit-learn has it.
        task : {"classification", "regression"}, optional
            By default regression if `y_true` holds fractions, or more than 20
            different numbers.
        target_names : sequence of str, optional
            The columns that the true values are; by default the name that `y_true` has.

        Raises
        ------
        BadRecord
            If the lengths differ or nothing was predicted.

        Examples
        --------
        >>> evaluation = Evaluation.of([0, 1, 1], y_score=[0.2, 0.7, 0.4])
        >>> evaluation.positive, evaluation.rows.tolist()
        (1, [0, 1, 2])
        """
        true = plain_array(y_true)
        # A list has an `index` too, but only pandas objects have `iloc`.
        own = getattr(y_true, "index", None) if hasattr(y_true, "iloc") else None
        labels = _labels(rows if rows is not None else own, len(true))
        given = {"y_pred": y_pred, "y_score": y_score}
        arrays = {name: None if v is None else plain_array(v) for name, v in given.items()}
        if all(array is None for array in arrays.values()):
            raise BadRecord("An evaluation needs y_pred or y_score.", "Give one of them.")
        for name, array in [("rows", labels), *arrays.items()]:
            if array is not None and len(array) != len(true):
                raise BadRecord(
                    f"{name} has {len(array)} rows, y_true has {len(true)}.",
                    "Give predictions for the same rows.",
                )
        task = task or _task_of(true)
        if task == "classification":
            arrays["y_pred"] = _of_one_type(arrays["y_pred"], true)
        if task == "classification" and positive is None:
            positive = _positive(true, arrays["y_pred"])
        return cls(
            labels,
            true,
            arrays["y_pred"],
            arrays["y_score"],
            positive,
            task,
            probability,
            names_of(y_true) if target_names is None else tuple(target_names),
            names_of(rows if rows is not None else own),
        )

    @property
    def row_digest(self) -> str:
        """Hash over the rows and their true values, whatever their order."""
        hasher = blake3.blake3()
        order = self.order
        for array in (self.rows, self.y_true):
            hasher.update(_exact(array[order]))
        return hasher.hexdigest()

    @property
    def order(self) -> Array:
        """The positions of the rows in the order of their labels."""
        return np.argsort(self.rows, kind="stable")

    def ordered(self) -> Evaluation:
        """Return the same rows in the order of their labels."""
        order = self.order
        return replace(
            self,
            rows=self.rows[order],
            y_true=self.y_true[order],
            y_pred=None if self.y_pred is None else self.y_pred[order],
            y_score=None if self.y_score is None else self.y_score[order],
        )

    def dumps(self) -> bytes:
        """Return the evaluation as the bytes of a `.npz` file, without pickles."""
        header = {
            "positive": self.positive,
            "task": self.task,
            "probability": self.probability,
            "schema": 1,
        }
        names = {"target_names": self.target_names, "row_names": self.row_names}
        header |= {name: list(each) for name, each in names.items() if each}
        arrays = {"rows": self.rows, "y_true": self.y_true}
        arrays |= {n: a for n in ("y_pred", "y_score") if (a := getattr(self, n)) is not None}
        buffer = io.BytesIO()
        text = np.frombuffer(json.dumps(header, sort_keys=True).encode(), dtype=np.uint8)
        np.savez(buffer, allow_pickle=False, header=text, **arrays)
        return buffer.getvalue()

    @classmethod
    def loads(cls, data: bytes) -> Evaluation:
        """Return the evaluation that `dumps` wrote.

        Raises
        ------
        BadRecord
            If the bytes are not those of one.
        """
        found: dict[str, Any] = dict(read_arrays(data))
        try:
            header = json.loads(found.pop("header").tobytes())
            header.pop("schema")
            for name in ("target_names", "row_names"):
                header[name] = tuple(map(str, header.get(name, ())))
            if header.get("task") == "classification":
                found["y_pred"] = _of_one_type(found.get("y_pred"), found["y_true"])
            return cls(**found, **header)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise BadRecord(
                "What is stored as predictions is something else.",
                "`%nw fsck` shows what else is damaged.",
            ) from error

    def __len__(self) -> int:
        return len(self.rows)


def names_of(values: Any) -> tuple[str, ...]:
    """Return the names that a column, an index or a table's columns have.

    Examples
    --------
    >>> import pandas as pd
    >>> names_of(pd.Series([1], name="income")), names_of([1])
    (('income',), ())
    """
    if hasattr(values, "columns"):
        found = list(values.columns)
    elif hasattr(values, "names"):
        found = list(values.names)
    else:
        found = [getattr(values, "name", None)]
    return tuple(str(name) for name in found if isinstance(name, str))


def plain_array(values: Any) -> Array:
    """Return a copy that is a plain array of numbers, booleans or text."""
    array = np.array(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2):
        raise BadRecord("True values and predictions must have one or two dimensions.", "")
    if array.dtype.kind in "OSTmM" or array.dtype.kind not in "biufU":
        array = _plain(array)
    return array


def _plain(array: Array) -> Array:
    items = array.ravel().tolist()
    kinds = {type(item) for item in items}
    if kinds <= {bool}:
        return array.astype(bool)
    if kinds <= {int, bool}:
        return array.astype(np.int64)
    if kinds <= {int, float, bool}:
        return array.astype(np.float64)
    return np.array([str(item) for item in items], dtype=np.str_).reshape(array.shape)


def _labels(rows: Any, count: int) -> Array:
    if rows is None:
        return np.arange(count, dtype=np.int64)
    array = np.asarray(rows)
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    return np.array([str(label) for label in array.tolist()], dtype=np.str_)


def _task_of(true: Array) -> str:
    if true.dtype.kind in "bU":
        return "classification"
    values = np.unique(true)
    whole = true.dtype.kind in "iu" or bool(np.all(values == np.round(values)))
    return "classification" if whole and len(values) <= 20 else "regression"


def _of_one_type(pred: Array | None, true: Array) -> Array | None:
    """Return labels as `true` writes them: ``p > 0.5`` says True where it says 1.

    They stay as they are where `true` could not say the same.
    """
    if pred is None or pred.dtype == true.dtype or {pred.dtype.kind, true.dtype.kind} - set("biuf"):
        return pred
    with np.errstate(invalid="ignore"):
        same = pred.astype(true.dtype)
    return same if np.array_equal(same.astype(pred.dtype), pred) else pred


def _positive(true: Array, pred: Array | None) -> Any:
    if true.ndim != 1:
        return None
    found = set(np.unique(true).tolist())
    if pred is not None and pred.ndim == 1 and pred.dtype.kind == true.dtype.kind:
        found |= set(np.unique(pred).tolist())
    if len(found) == 2:
        return max(found)
    return None


def value_digest(array: Array) -> str:
    """Return a hash that is equal for equal values, whatever the width of their type."""
    return blake3.blake3(_exact(array)).hexdigest()


def _exact(array: Array) -> bytes:
    """Return bytes that are equal for equal values, whatever the width of the type."""
    if array.dtype.kind == "U":
        return json.dumps(array.tolist()).encode()
    whole = array.dtype.kind in "biu" or bool(
        np.all((np.abs(array) < 2**53) & (array == np.floor(array)))
    )
    if whole:
        return b"i" + str(array.shape).encode() + array.astype(np.int64).tobytes()
    return b"f" + str(array.shape).encode() + array.astype(np.float64).tobytes()
