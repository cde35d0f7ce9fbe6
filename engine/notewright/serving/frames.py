"""From checked columns to a table, and from the model's table to tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from notewright.serving.schema import Refused, Schema

if TYPE_CHECKING:
    import pandas as pd


def frame(schema: Schema, columns: dict[str, list[Any]]) -> pd.DataFrame:
    """Return the rows as the table that ``pandas.read_csv`` would have made of them.

    Missing values become what pandas makes of an empty field: NaN in numbers
    (an integer column with gaps is floating point, as when it is read), a
    missing string, NaT. Optional columns that no row has are left out.
    """
    import numpy as np
    import pandas as pd

    made: dict[str, Any] = {}
    given = [column for column in schema.optional if column.name in columns]
    for column in (*schema.columns, *given):
        values = columns[column.name]
        gaps = column.nullable and None in values
        if column.kind == "number" or (column.kind == "integer" and gaps):
            made[column.name] = np.array(
                [math.nan if value is None else value for value in values], dtype=np.float64
            )
        elif column.kind == "integer":
            made[column.name] = np.array(values, dtype=np.int64)
        elif column.kind == "boolean":
            made[column.name] = np.array(values, dtype=object if gaps else np.bool_)
        elif column.kind == "datetime":
            made[column.name] = pd.to_datetime(pd.Series(values, dtype=object), format="ISO8601")
        else:
            made[column.name] = _strings(values)
    return pd.DataFrame(made, copy=False)


def tensors(table: pd.DataFrame, wanted: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
    """Return the model's output columns as protocol tensors.

    Raises
    ------
    Refused
        If the request wants an output that the model does not have.
    """
    names = [str(name) for name in table.columns]
    for name in wanted or ():
        if name not in names:
            raise Refused(f"The model has no output {name[:60]!r}; it has {', '.join(names)}.")
    return [_tensor(name, table[name]) for name in (wanted or names)]


def _strings(values: list[Any]) -> Any:
    import pandas as pd

    # pandas 3 reads text into its `str` type, pandas 2 into objects.
    if int(pd.__version__.split(".")[0]) >= 3:
        return pd.array(values, dtype="str")
    return pd.Series(values, dtype=object)


def _tensor(name: str, column: pd.Series[Any]) -> dict[str, Any]:
    kind = column.dtype.kind
    values: list[Any] = column.tolist()
    if kind == "f":
        datatype = "FP64"
        values = [value if math.isfinite(value) else None for value in values]
    elif kind in "iu":
        datatype = "INT64"
    elif kind == "b":
        datatype = "BOOL"
    else:
        datatype = "BYTES"
        values = [None if value is None or value != value else str(value) for value in values]
    return {"name": name, "datatype": datatype, "shape": [len(values)], "data": values}
