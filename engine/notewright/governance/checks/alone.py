"""How well one column predicts the target by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notewright.governance.checks.near_duplicates import hashable

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: Numbers are cut into so many parts at most, of so many rows at least.
_PARTS, _ROWS = 64, 2
#: A target of numbers with more different values than this is no set of classes.
_CLASSES = 20
#: A column says the target exactly only where a value of it stands for so many rows on average.
_ROWS_A_VALUE = 5


def tells_alone(column: pd.Series, target: pd.Series) -> float:
    """Return how well a column predicts the target by itself.

    Parameters
    ----------
    column, target : Series of shape (n,)
        The target without missing values.

    Returns
    -------
    float
        0 (no better than without it) to 1 (always right): of classes, the balanced accuracy
        over that of a guess, `(b - 1/k) / (1 - 1/k)`; of numbers, the explained variance.
        Half of the rows say what a value of the column stands for, the other half are judged.

    Examples
    --------
    >>> import pandas as pd
    >>> x = pd.Series(range(1000))
    >>> tells_alone(x, x > 400) > 0.95, tells_alone(x % 7, x > 400) < 0.1
    (True, True)
    """
    import numpy as np

    first = np.random.Generator(np.random.PCG64(0)).permutation(len(column)) % 2 == 0
    if is_number(target):
        values = target.to_numpy(dtype=float)
        return _variance(_parts(column, values, first, classes=False), values, first)
    import pandas as pd

    classes, kinds = pd.factorize(target.astype(str))
    if len(kinds) < 2:
        return 0.0
    return _balanced(_parts(column, classes, first, classes=True), classes, len(kinds), first)


def determines(column: pd.Series, target: pd.Series) -> bool:
    """Tell whether the column says exactly what the target is.

    Of classes: each value of the column goes with one label only, and stands for five rows
    or more on average. Of numbers: both put the rows in the same order, or in the reverse
    one, ties included.
    """
    import numpy as np
    import pandas as pd

    if is_number(target):
        if not pd.api.types.is_numeric_dtype(column) or column.isna().any():
            return False
        ranks, wanted = (v.astype(float).rank(method="dense").to_numpy() for v in (column, target))
        reverse = wanted.max() + 1 - wanted
        return bool(np.array_equal(ranks, wanted) or np.array_equal(ranks, reverse))
    codes, values = pd.factorize(hashable(column), use_na_sentinel=False)
    classes, kinds = pd.factorize(target.astype(str))
    if len(kinds) < 2 or len(values) * _ROWS_A_VALUE > len(codes):
        return False
    return len(np.unique(codes * np.int64(len(kinds)) + classes)) == len(values)


def is_number(target: pd.Series) -> bool:
    """Tell whether a target is numbers rather than classes."""
    import pandas as pd

    kind = pd.api.types
    return (
        kind.is_numeric_dtype(target)
        and not kind.is_bool_dtype(target)
        and target.nunique() > _CLASSES
    )


def _parts(column: pd.Series, target: np.ndarray, first: np.ndarray, classes: bool) -> np.ndarray:
    """Return a small code for each value: of numbers and times the part that it is in.

    They are cut where the target changes most among the first half of the rows, by a tree: in
    a short table, parts of equal size would hold rows of several labels, or none.
    """
    import numpy as np
    import pandas as pd

    kind = pd.api.types
    if not kind.is_datetime64_any_dtype(column) and (
        not kind.is_numeric_dtype(column) or kind.is_bool_dtype(column)
    ):
        codes = pd.factorize(hashable(column), use_na_sentinel=False)[0]
        return np.asarray(codes, dtype=np.int64)
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    rows = _short(column)[:, None]
    limits = {"max_leaf_nodes": _PARTS, "min_samples_leaf": _ROWS, "random_state": 0}
    tree = (
        DecisionTreeClassifier(class_weight="balanced", **limits)
        if classes
        else DecisionTreeRegressor(**limits)
    )
    return np.asarray(tree.fit(rows[first], target[first]).apply(rows), dtype=np.int64)


def _short(column: pd.Series) -> np.ndarray:
    """Return a column as the short numbers that trees read: its ranks, if it has others."""
    import numpy as np
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        with np.errstate(over="ignore"):
            short = values.astype(np.float32)
        if not np.isinf(short).any() and pd.Series(short).nunique() == column.nunique():
            return short
    return np.asarray(column.rank(method="dense").to_numpy(dtype=float, na_value=np.nan))


def _balanced(codes: np.ndarray, classes: np.ndarray, kinds: int, first: np.ndarray) -> float:
    """Return the balanced accuracy of saying for each part the class it speaks for most."""
    import numpy as np

    size = int(codes.max()) + 1
    totals = np.bincount(classes[first], minlength=kinds)
    table = np.zeros((size, kinds))
    np.add.at(table, (codes[first], classes[first]), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(totals > 0, table / totals, 0.0)  # classes count alike, as in the score
    said = weight.argmax(axis=1)
    said[weight.sum(axis=1) == 0] = int(totals.argmax())
    right = said[codes[~first]] == classes[~first]
    judged = np.bincount(classes[~first], minlength=kinds)
    hits = np.bincount(classes[~first][right], minlength=kinds)
    there = judged > 0
    balanced = float((hits[there] / judged[there]).mean())
    return max(0.0, (balanced - 1 / kinds) / (1 - 1 / kinds))


def _variance(codes: np.ndarray, target: np.ndarray, first: np.ndarray) -> float:
    """Return the variance explained by saying for each part the mean of its rows."""
    import numpy as np

    size = int(codes.max()) + 1
    counts = np.bincount(codes[first], minlength=size)
    sums = np.bincount(codes[first], weights=target[first], minlength=size)
    mean = float(target[first].mean())
    means = np.where(counts > 0, sums / np.maximum(counts, 1), mean)
    rest = target[~first]
    spread = float(((rest - mean) ** 2).sum())
    left = float(((rest - means[codes[~first]]) ** 2).sum())
    return 0.0 if spread == 0 else max(0.0, 1 - left / spread)
