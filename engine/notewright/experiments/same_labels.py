"""Whether a column holds labels that are known, under whatever names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

#: So many labels may have other names in the table, such as 0 and 1 for "no" and "yes".
CLASSES = 50


def same_labels(values: np.ndarray, true: np.ndarray) -> bool:
    """Tell whether a column holds the true labels, as they are or under other names."""
    import numpy as np

    numbers = values.dtype.kind in "biuf" and true.dtype.kind in "biuf"
    if numbers and np.array_equal(values.astype(float), true.astype(float), equal_nan=True):
        return True
    names, labels = ([str(v) for v in array.tolist()] for array in (values, true))
    if names == labels:
        return True
    pairs = set(zip(names, labels, strict=True))
    return 1 < len(pairs) <= CLASSES and len(set(names)) == len(set(labels)) == len(pairs)
