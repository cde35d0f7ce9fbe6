"""Columns as few levels: numbers in bands of equally many rows, the commonest values of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from notewright.experiments.groups import band_names

if TYPE_CHECKING:
    import pandas as pd

#: Numbers with more different values than this are cut into bands.
_FEW = 10
_QUARTERS = (0.25, 0.5, 0.75)
#: So many of a column's commonest values are levels; the others are none.
_MOST_LEVELS = 12


@dataclass(frozen=True, eq=False)
class Levels:
    """One column as levels.

    Parameters
    ----------
    column : str
    codes : array of int16, shape (n,)
        The level of each row; `len(words)` where it is in none.
    words : tuple of str
        How each level reads: "region is north", "age is 51 to below 64".
    """

    column: str
    codes: NDArray[np.int16]
    words: tuple[str, ...]


def levels(column: pd.Series) -> Levels | None:
    """Return a column as levels, or None where it has but one, or one a row.

    Examples
    --------
    >>> import pandas as pd
    >>> levels(pd.Series(["n", "s", "n", None] * 2, name="region")).words
    ('region is n', 'region is s', 'region is missing')
    """
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    name = str(column.name)
    if is_numeric_dtype(column) and not is_bool_dtype(column):
        found = _banded(name, column.to_numpy(dtype=np.float64, na_value=np.nan))
        if found is not None:
            return found
    return _common(name, column)


def _banded(name: str, values: NDArray[np.float64]) -> Levels | None:
    finite = values[np.isfinite(values)]
    if len(np.unique(finite[:5000])) <= _FEW and len(np.unique(finite)) <= _FEW:
        return None
    # Four digits: what the words say is then exactly where the cut is.
    cuts = sorted({float(f"{cut:.4g}") for cut in np.quantile(finite, _QUARTERS)})
    codes = np.searchsorted(np.asarray(cuts), values, side="right").astype(np.int16)
    words = [f"{name} is {band}" for band in band_names(cuts)]
    missing = np.isnan(values)
    if missing.any():
        codes[missing] = len(words)
        words.append(f"{name} is missing")
    return Levels(name, codes, tuple(words))


def _common(name: str, column: pd.Series) -> Levels | None:
    import pandas as pd

    try:
        codes, found = pd.factorize(column)
    except TypeError:  # values that have no hash, such as lists
        return None
    if not 1 < len(found) + bool((codes < 0).any()) <= max(2, len(column) // 2):
        return None
    counts = np.bincount(codes + 1, minlength=len(found) + 1)
    kept = np.argsort(-counts[1:], kind="stable")[:_MOST_LEVELS]
    words = [f"{name} is {_plain(found[place])}" for place in kept]
    place_of = np.full(len(found) + 1, -1, dtype=np.int16)
    place_of[kept + 1] = np.arange(len(kept))
    if counts[0]:
        place_of[0] = len(words)
        words.append(f"{name} is missing")
    place_of[place_of < 0] = len(words)
    return Levels(name, place_of[codes + 1], tuple(words))


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
