"""Whether a notebook's values rest on PyArrow: pandas keeps text in it where it is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

#: What pandas imports to read a file with it; ``pyarrow`` itself it always imports.
_READERS = ("pyarrow.parquet", "pyarrow.feather", "pyarrow.orc", "pyarrow.csv", "pyarrow.json")


def uses_arrow(value: Any) -> bool:
    """Tell whether a pandas object keeps something in PyArrow: cells, labels or column names.

    Examples
    --------
    >>> import pandas as pd
    >>> uses_arrow(pd.Series(["a"], dtype=pd.StringDtype("python"))), uses_arrow(3)
    (False, False)
    """
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, pandas.DataFrame | pandas.Series | pandas.Index):
        return False
    return any(_in_arrow(dtype) for dtype in _dtypes(value))


def read_with_arrow() -> bool:
    """Tell whether this process has read a file with PyArrow."""
    return any(name in sys.modules for name in _READERS)


def text_is_in_arrow() -> bool:
    """Tell whether pandas keeps text in PyArrow here, if nothing else is asked for."""
    import pandas as pd

    return uses_arrow(pd.Series(["text"]))


def _dtypes(value: Any) -> Iterable[Any]:
    """Return the types of a pandas object's columns or values and of all its labels."""
    if hasattr(value, "levels"):
        return [level.dtype for level in value.levels]
    if not hasattr(value, "index"):
        return [value.dtype]
    if not hasattr(value, "columns"):
        return [value.dtype, *_dtypes(value.index)]
    return [*value.dtypes, *_dtypes(value.index), *_dtypes(value.columns)]


def _in_arrow(dtype: Any) -> bool:
    # A categorical has its categories in an index of their own.
    categories = getattr(dtype, "categories", None)
    if categories is not None:
        return uses_arrow(categories)
    return type(dtype).__name__ == "ArrowDtype" or getattr(dtype, "storage", "") == "pyarrow"
