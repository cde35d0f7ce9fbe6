"""Shapley values by sampled permutations.

The value of a set of columns is what the model says, on average, of a row whose other columns
are those of background rows (the interventional value; Štrumbelj and Kononenko 2014, Lundberg and
Lee 2017). A permutation of the columns gives each the change that it makes when the columns before
it are the row's already; a permutation and its reverse are taken together (antithetic sampling,
Mitchell and others 2022). For each permutation the changes add up to what the model says of the
row less what it says of the background, whatever the model is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: What a model says of features: one number each; `owners` tells which explained row each is for.
Value = Callable[[Any, NDArray[np.int64]], Floats]


def shapley(
    value: Value, rows: Any, background: Any, pairs: int = 4, seed: int = 0
) -> tuple[Floats, Floats]:
    """Return the attributions of rows, and what they start from.

    Parameters
    ----------
    value : callable
        Given features of shape (m, columns) and, for each, which explained row it is for,
        returns what the model says.
    rows : DataFrame or array of shape (n, columns)
        What is explained.
    background : DataFrame or array of shape (b, columns)
        What stands for "not known".
    pairs : int, default 4
        How many permutations; each is taken forwards and backwards.
    seed : int
        Of the permutations.

    Returns
    -------
    attributions : array of float, shape (n, columns)
        They add up to what the model says of the row less `base`.
    base : array of float, shape (n,)
        What the model says of the background, on average.

    Examples
    --------
    Of a sum every column gives its own part, less the mean of the background's:

    >>> rows, background = np.array([[1.0, 10.0]]), np.array([[0.0, 0.0], [0.0, 4.0]])
    >>> attributions, base = shapley(lambda X, owners: X.sum(axis=1), rows, background)
    >>> attributions.tolist(), base.tolist()
    ([[1.0, 8.0]], [2.0])
    """
    n, width = rows.shape
    b = background.shape[0]
    owners = np.repeat(np.arange(n), b)
    repeated, others = _take(rows, owners), _take(background, np.tile(np.arange(b), n))
    rng = np.random.Generator(np.random.PCG64(seed))
    orders = [order for _ in range(pairs) for order in _both_ways(rng.permutation(width))]
    attributions = np.zeros((n, width))
    base = _means(value(others, owners), n)
    # All permutations take a step at once: models are quicker asked for many rows than often.
    mixed = [others.copy() for _ in orders]
    everyone, before = np.tile(owners, len(orders)), [base] * len(orders)
    for step in range(width):
        for each, order in zip(mixed, orders, strict=True):
            _put(each, order[step], repeated)
        said = value(_together(mixed), everyone).reshape(len(orders), -1)
        for at, order in enumerate(orders):
            after = _means(said[at], n)
            attributions[:, order[step]] += after - before[at]
            before[at] = after
    return attributions / len(orders), base


def _both_ways(order: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return order, order[::-1]


def _means(said: Floats, rows: int) -> Floats:
    means: Floats = np.asarray(said, dtype=float).reshape(rows, -1).mean(axis=1)
    return means


def _together(parts: list[Any]) -> Any:
    """Return features one under the other."""
    if hasattr(parts[0], "iloc"):
        import pandas as pd

        return pd.concat(parts, ignore_index=True)
    return np.concatenate(parts)


def _take(features: Any, places: NDArray[np.int64]) -> Any:
    if hasattr(features, "iloc"):
        return features.iloc[places].reset_index(drop=True)
    return features[places]


def _put(mixed: Any, column: Any, source: Any) -> None:
    """Set one column to the explained rows' own values."""
    if hasattr(mixed, "iloc"):
        mixed.isetitem(column, source.iloc[:, column])
    else:
        mixed[:, column] = source[:, column]
