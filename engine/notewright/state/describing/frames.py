"""How tables differ: pandas, polars and Arrow frames, series and indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from notewright.state.describing import objects
from notewright.state.describing.details import Detail
from notewright.state.describing.shown import shown
from notewright.state.pickling.frames import own_attributes

if TYPE_CHECKING:
    import pandas as pd

    from notewright.state.describing.walk import Walk


def frames(walk: Walk, old: pd.DataFrame, new: pd.DataFrame, where: str) -> None:
    """Note how two data frames differ."""
    from notewright.state.describing.tables import Table, compare_tables

    compare_tables(walk, Table.of(old), Table.of(new), where)
    _attributes(walk, old, new, where)


def series(walk: Walk, old: pd.Series, new: pd.Series, where: str) -> None:
    """Note how two series differ."""
    from notewright.state.describing.tables import compare_tables

    if not walk.same(old.name, new.name):
        walk.add(Detail("attribute", where, "name", shown(old.name), shown(new.name)))
    compare_tables(walk, _one(old.array, old.index), _one(new.array, new.index), where)
    _attributes(walk, old, new, where)


def indexes(walk: Walk, old: pd.Index, new: pd.Index, where: str) -> None:
    """Note how two indexes differ."""
    from notewright.state.describing.tables import Table, compare_tables

    if list(old.names) != list(new.names):
        was, now = (shown(list(each.names)) for each in (old, new))
        walk.add(Detail("attribute", where, "names", was, now))
    if type(old).__name__ == "MultiIndex":
        before, after = (Table.of(each.to_frame(index=False)) for each in (old, new))
        compare_tables(walk, before, after, where)
    else:
        compare_tables(walk, _one(old.array), _one(new.array), where)


def columns(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two pandas arrays differ."""
    from notewright.state.describing.tables import compare_tables

    compare_tables(walk, _one(old), _one(new), where)


def polars_frames(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two polars frames differ."""
    from notewright.state.describing.tables import compare_tables

    compare_tables(walk, _of_polars(old), _of_polars(new), where)


def polars_series(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two polars series differ."""
    from notewright.state.describing.tables import compare_tables

    if old.name != new.name:
        walk.add(Detail("attribute", where, "name", shown(old.name), shown(new.name)))
    tables = [_of_polars(each.to_frame()) for each in (old, new)]
    for table in tables:
        table.labels = [None]
    compare_tables(walk, tables[0], tables[1], where)


def arrow_tables(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two Arrow tables differ."""
    from notewright.state.describing.tables import compare_tables

    compare_tables(walk, _of_arrow(old), _of_arrow(new), where)


def arrow_arrays(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two Arrow arrays differ."""
    from notewright.state.describing.tables import compare_tables

    tables = [_one(_arrow_column(each)) for each in (old, new)]
    for table, each in zip(tables, (old, new), strict=True):
        table.types = [str(each.type)]
    compare_tables(walk, tables[0], tables[1], where)


def _attributes(walk: Walk, old: Any, new: Any, where: str) -> None:
    if old.attrs or new.attrs:
        walk.compare(old.attrs, new.attrs, f"{where}.attrs")
    before, after = (own_attributes(each) for each in (old, new))
    for attributes in (before, after):
        attributes.pop("_name", None)
    objects.named(walk, before, after, where)


def _one(values: Any, index: Any = None) -> Any:
    """Return a table of one column that needs no name."""
    import pandas as pd

    from notewright.state.describing.tables import Table

    return Table(pd.RangeIndex(len(values)) if index is None else index, [None], [values])


def _of_polars(frame: Any) -> Any:
    import pandas as pd

    from notewright.state.describing.tables import Table

    return Table(
        pd.RangeIndex(frame.height),
        list(frame.columns),
        [_polars_column(column) for column in frame.get_columns()],
        [str(dtype) for dtype in frame.dtypes],
    )


def _polars_column(column: Any) -> Any:
    """Return a column as an array that tells nulls from NaN."""
    import pandas as pd

    if not column.dtype.is_numeric() or column.dtype.is_decimal():
        return np.array(column.to_list() if column.dtype.is_nested() else column.to_numpy(), object)
    if not column.null_count():
        return column.to_numpy()
    values, missing = column.fill_null(0).to_numpy(), column.is_null().to_numpy()
    kind = pd.arrays.FloatingArray if values.dtype.kind == "f" else pd.arrays.IntegerArray
    return kind(values.copy(), missing.copy())


def _of_arrow(table: Any) -> Any:
    import pandas as pd

    from notewright.state.describing.tables import Table

    return Table(
        pd.RangeIndex(table.num_rows),
        list(table.schema.names),
        [_arrow_column(column) for column in table.columns],
        [str(kind) for kind in table.schema.types],
    )


def _arrow_column(column: Any) -> Any:
    import pandas as pd
    import pyarrow as pa

    return pd.arrays.ArrowExtensionArray(
        column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    )
