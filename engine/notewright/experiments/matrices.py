"""Which rows are in the matrices that XGBoost and LightGBM train on."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from notewright.experiments.given import Given, features, index_of, target_copy, weakly

#: What matrices were made of. None of it is held: neither the matrix nor the array.
_made_of: weakref.WeakKeyDictionary[Any, Given] = weakref.WeakKeyDictionary()
#: Matrices of so many values are asked for them.
_MOST_ASKED = 1_000_000


def is_matrix(value: Any) -> bool:
    """Tell whether a variable is a `DMatrix` of XGBoost or a `Dataset` of LightGBM."""
    kinds = {("xgboost", "DMatrix"), ("xgboost", "QuantileDMatrix"), ("lightgbm", "Dataset")}
    kind = type(value)
    return (kind.__module__.partition(".")[0], kind.__name__) in kinds


def remember(matrix: Any, data: Any, label: Any) -> None:
    """Take note of what a matrix is made of."""
    index = index_of(data)
    if index is None:
        index = index_of(label)
    X = weakly(data) if isinstance(data, np.ndarray) else None
    if X is not None or index is not None:
        _made_of[matrix] = Given(X, index)


def rows_in(matrix: Any) -> Given:
    """Return the rows that are in a matrix, as far as that is known or the matrix says so."""
    chosen = getattr(matrix, "used_indices", None)  # of a subset of another one of LightGBM's
    if chosen is not None and matrix.reference is not None:
        return _part(rows_in(matrix.reference), np.asarray(chosen))
    own = getattr(matrix, "data", None)  # LightGBM's, until it has been trained on
    if own is not None:
        remember(matrix, own, matrix.label)
    known = _made_of.get(matrix, Given())
    if known.features is None and known.index is None:
        own = _held(matrix)
    if isinstance(own, np.ndarray):
        known = replace(known, X=features(own))
    return replace(known, y=_labels(matrix))


def _part(whole: Given, chosen: NDArray[np.intp]) -> Given:
    X = whole.features
    return Given(
        whole.X if X is None else features(X[chosen]),
        None if whole.index is None else whole.index[chosen],
        None if whole.y is None else whole.y[chosen],
    )


def _labels(matrix: Any) -> Any:
    """Return the target that a matrix holds: LightGBM's as it was given, XGBoost's as float32."""
    if hasattr(matrix, "label"):
        return target_copy(matrix.label)
    labels = matrix.get_label()
    return labels if len(labels) == matrix.num_row() else None


def _held(matrix: Any) -> Any:
    """Return what an XGBoost matrix holds, where that is small and what it was given."""
    if type(matrix).__name__ != "DMatrix" or matrix.num_row() * matrix.num_col() > _MOST_ASKED:
        return None
    sparse = matrix.get_data()
    X = np.full(sparse.shape, np.nan, dtype=sparse.dtype)
    X[np.repeat(np.arange(len(X)), np.diff(sparse.indptr)), sparse.indices] = sparse.data
    return X
