"""What a value is to the derivation of features: rows, something learned, or neither."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass
from typing import Any

_SCALARS = (bool, int, float, str, bytes, type(None))


@dataclass(frozen=True)
class Kind:
    """What one expression's value was when the notebook's code ran.

    Parameters
    ----------
    name : str
        ``frame``, ``series``, ``array``, ``sparse``, ``index``, ``scalar``, ``plain``
        (lists, dictionaries of scalars), ``estimator`` or ``other``.
    length : int
        Rows or items; 0 where that means nothing.
    dtype : str
        The element type of a series or array.
    columns : tuple of str
        The columns of a frame.
    text : tuple of str
        Those of the columns that ``get_dummies`` would encode by itself.
    can : tuple of str
        Of an estimator or another object: which of ``transform`` and ``predict`` it has.
    type : str
        The qualified type.
    numbered : bool
        Of a frame: whether columns are called by numbers, whose texts `columns` has.
    """

    name: str
    length: int = 0
    dtype: str = ""
    columns: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    can: tuple[str, ...] = ()
    type: str = ""
    numbered: bool = False

    def label(self, name: str) -> str | int:
        """Return what a frame calls one of its columns."""
        return int(name) if self.numbered and name.isdecimal() else name

    def record(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def read(cls, record: dict[str, Any]) -> Kind:
        """Return the kind that :meth:`record` wrote."""
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in record.items()
        }
        return cls(**values)


def kind_of(value: Any) -> Kind:
    """Return the kind of `value`.

    Examples
    --------
    >>> kind_of(3.5).name, kind_of([1, 2]).name
    ('scalar', 'plain')
    """
    import numpy as np
    import pandas as pd

    type_ = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, type):  # it has the attributes of its objects, not their values
        return Kind("other", type=type_)
    if isinstance(value, pd.DataFrame):
        text = tuple(
            str(c)
            for c, d in zip(value.columns, value.dtypes, strict=True)
            if str(d) == "object" or isinstance(d, pd.StringDtype | pd.CategoricalDtype)
        )
        return Kind(
            "frame",
            len(value),
            columns=tuple(map(str, value.columns)),
            text=text,
            type=type_,
            numbered=any(isinstance(c, int | np.integer) for c in value.columns),
        )
    if isinstance(value, pd.Series):
        return Kind("series", len(value), str(value.dtype), type=type_)
    if isinstance(value, pd.Index):
        return Kind("index", len(value), str(value.dtype), type=type_)
    if isinstance(value, np.ndarray):
        return Kind(
            "array" if value.ndim else "scalar",
            len(value) if value.ndim else 0,
            str(value.dtype),
            columns=tuple(str(i) for i in range(value.shape[1])) if value.ndim == 2 else (),
            type=type_,
        )
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return Kind("series", len(value), str(value.dtype), type=type_)
    if isinstance(value, (_SCALARS, np.generic, datetime.date, datetime.timedelta)):
        return Kind("scalar", dtype=type(value).__name__, type=type_)
    if hasattr(value, "tocsr") and hasattr(value, "shape"):
        return Kind("sparse", int(value.shape[0]), type=type_)
    if hasattr(value, "fit") and hasattr(value, "get_params"):
        can = tuple(name for name in ("transform", "predict") if hasattr(value, name))
        return Kind("estimator", can=can, type=type_)
    if isinstance(value, list | tuple | set | frozenset | dict) and _is_plain(value):
        return Kind("plain", len(value), type=type_)
    can = tuple(name for name in ("transform", "predict") if hasattr(value, name))
    return Kind("other", can=can, type=type_)


def _is_plain(value: Any, depth: int = 0) -> bool:
    import numpy as np

    if isinstance(value, (_SCALARS, np.generic, datetime.date, datetime.timedelta)):
        return True
    if depth > 4:
        return False
    if isinstance(value, dict):
        return all(_is_plain(v, depth + 1) and isinstance(k, _SCALARS) for k, v in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return all(_is_plain(item, depth + 1) for item in value)
    return False
