"""Rows that are there twice but for one column, or but for how they are written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.base import OF_TABLES, Check, Finding, Option
from notewright.governance.checks.columns import labels
from notewright.governance.checks.counting import number
from notewright.governance.checks.material import Material
from notewright.governance.checks.typos import folded

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: Pairs of rows that chance alone would make, at most, for equal rows to mean anything.
_BY_CHANCE = 0.01
#: Columns depend on each other, so together they tell less than each by itself.
_INDEPENDENT = 0.6
#: Numbers are compared to so many significant digits.
_DIGITS = 6


class NearDuplicates(Check):
    """Finds rows that are equal in all columns but one, or but for how texts are written.

    Where so few columns, or so few different values, are compared that rows can be equal
    by chance, nothing is said of them.
    """

    name = "data_quality.near_duplicates"
    tells_values = False
    subjects = OF_TABLES
    summary = "Few rows are there twice but for one column or for spelling."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_share": Option(0.01, "Largest share of such rows.", minimum=0, maximum=1)
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Count rows that nearly repeat an earlier one, exact repetitions left out."""
        name, frame = material.raw
        near, column = near_duplicates(frame)
        share = float(near.mean()) if len(frame) else 0.0
        most = f", most of them but for '{column}'" if near.any() and column is not None else ""
        yield self.finding(
            share <= options["max_share"],
            f"{int(near.sum())} of {number(len(frame), 'row')} of '{name}' repeat an earlier one "
            f"but for one column or for spelling{most} ({share:.1%}; the policy allows "
            f"{options['max_share']:.1%}).",
            remedy="If they are about the same thing, keep one of them, or split by what they are "
            "about, or one may be in training and the other in the test set.",
            subject="" if column is None else str(column),
            metric="near_duplicate_share",
            value=share,
            threshold=float(options["max_share"]),
            rows=labels(frame.index[near]),
        )


def near_duplicates(frame: pd.DataFrame) -> tuple[np.ndarray, Any]:
    """Return which rows nearly repeat an earlier one, and the column they mostly differ in.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)

    Returns
    -------
    array of bool, shape (n,)
        Rows that are equal to an earlier one but for one column, or but for case, blanks,
        accents and the seventh digit of numbers; not those that are exactly equal.
    column : label or None
        Of the left-out columns, the one that makes the most rows equal.

    Notes
    -----
    Each column's values get 64 random bits each; a row is the sum of its bits, and without
    a column the sum less that column's. So all columns are left out one after the other in
    the time of one comparison each.
    """
    import numpy as np
    import pandas as pd

    rows, width = frame.shape
    near = np.zeros(rows, dtype=bool)
    if rows < 2 or width < 2:
        return near, None
    rng = np.random.Generator(np.random.PCG64(0))
    whole = np.zeros(rows, dtype=np.uint64)
    exact = np.zeros(rows, dtype=np.uint64)
    parts: list[np.ndarray] = []
    bits: list[float] = []
    for at in range(width):
        values = frame.iloc[:, at]
        plain, kinds = pd.factorize(_plain(values))
        random = rng.integers(0, 2**64, len(kinds) + 1, dtype=np.uint64)
        part = random[plain]
        parts.append(part)
        whole += part
        same, kinds = pd.factorize(hashable(values))
        exact += rng.integers(0, 2**64, len(kinds) + 1, dtype=np.uint64)[same]
        bits.append(_bits(plain))
    repeated = pd.Series(exact).duplicated().to_numpy()
    counts: dict[int, int] = {}
    for left_out in (None, *range(width)):
        told = sum(bits) - (0 if left_out is None else bits[left_out])
        if _by_chance(rows, told):
            continue
        rest = whole if left_out is None else whole - parts[left_out]
        found = pd.Series(rest).duplicated().to_numpy() & ~repeated
        near |= found
        if left_out is not None:
            counts[left_out] = int(found.sum())
    best = max(counts, key=lambda at: counts[at], default=None)
    return near, None if best is None or not counts[best] else frame.columns[best]


def tell_rows_apart(frame: pd.DataFrame) -> bool:
    """Tell whether a table holds so much that no two rows are equal by chance."""
    import pandas as pd

    told = 0.0
    for at in range(frame.shape[1]):
        codes = pd.factorize(_plain(frame.iloc[:, at]))[0]
        told += _bits(codes)
    return not _by_chance(len(frame), told)


def _bits(codes: np.ndarray) -> float:
    """Return how many bits tell a value from another: those of the chance that two are equal."""
    import numpy as np

    shares = np.bincount(codes + 1) / len(codes)
    return -math.log2(float((shares**2).sum()))


def _by_chance(rows: int, bits: float) -> bool:
    """Tell whether some of so many rows are equal by chance, so many bits telling them apart."""
    return rows**2 / 2 * 2 ** (-_INDEPENDENT * bits) > _BY_CHANCE


def _plain(values: pd.Series) -> pd.Series:
    """Return a column as it is compared: numbers rounded, texts without case and blanks."""
    import numpy as np
    import pandas as pd

    kind = pd.api.types
    if kind.is_float_dtype(values):
        array = values.to_numpy(dtype=float, na_value=math.nan)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(np.abs(array))))
            rounded = np.round(array * scale) / scale
        return pd.Series(np.where(np.isfinite(rounded), rounded, array))
    if kind.is_object_dtype(values) or kind.is_string_dtype(values):
        texts = hashable(values)
        known = {t: folded(t) if isinstance(t, str) else t for t in texts.dropna().unique()}
        return texts.map(known)
    return values


def hashable(values: pd.Series) -> pd.Series:
    """Return a column whose cells have a hash; lists and arrays become their text."""
    import pandas as pd

    if not pd.api.types.is_object_dtype(values):
        return values
    try:
        values.nunique()
    except TypeError:
        return values.astype(str)
    return values
