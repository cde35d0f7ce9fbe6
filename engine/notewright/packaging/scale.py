"""Whether what a model predicts is the target's column itself, or what the notebook made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

#: Distinct values of the target that are looked at.
_MOST = 1000


def is_made_of(given: Any, raw: Any, columns: Sequence[str]) -> bool:
    """Tell whether what ``fit`` was given is not what the columns hold.

    Parameters
    ----------
    given : array-like, shape (n,) or (n, k)
        The target as ``fit`` was given it.
    raw : DataFrame
        The rows as they were loaded.
    columns : sequence of str
        The raw columns that the target is made of.

    Examples
    --------
    >>> import pandas as pd
    >>> raw = pd.DataFrame({"count": [1, 2, 3]})
    >>> is_made_of([1, 2], raw, ["count"]), is_made_of([0.0, 0.7], raw, ["count"])
    (False, True)
    """
    values = np.asarray(given)
    if values.ndim == 1 or (values.ndim == 2 and values.shape[1] == 1):
        return not any(_holds(raw[name], values.ravel()) for name in columns)
    if values.ndim != 2 or values.shape[1] != len(columns):
        return True
    pairs = zip(columns, values.T, strict=True)
    return not all(_holds(raw[name], own) for name, own in pairs)


def is_number(given: Any) -> bool:
    """Tell whether the target is a quantity, whose scale is easily mistaken, and no label."""
    return np.asarray(given).dtype.kind == "f"


def words(columns: Sequence[str]) -> str:
    """Return what to say where it is so.

    Examples
    --------
    >>> words(["count"])
    'What the model predicts is not `count` itself, but what the notebook made of it before `fit`.'
    """
    names = " and ".join(f"`{name}`" for name in columns)
    which = "it" if len(columns) == 1 else "them"
    return (
        f"What the model predicts is not {names} itself, "
        f"but what the notebook made of {which} before `fit`."
    )


def _holds(column: Any, values: Any) -> bool:
    """Tell whether a column has all of the values."""
    there = set(column.dropna().tolist())
    some = list(dict.fromkeys(values.tolist()))[:_MOST]
    return all(value in there or value != value for value in some)
