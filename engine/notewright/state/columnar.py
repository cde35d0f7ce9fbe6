"""Tables of Arrow and polars: their names, themselves without some columns, or for pandas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def arrow_names(kind: Any) -> Iterator[str]:
    """Yield the names of the fields inside an Arrow type, however deep."""
    for attribute in ("value_type", "storage_type"):  # of dictionaries, and of extensions
        inner = getattr(kind, attribute, None)
        if inner is not None:
            yield from arrow_names(inner)
    for at in range(getattr(kind, "num_fields", 0)):
        field = kind.field(at)
        yield str(field.name)
        yield from arrow_names(field.type)


def polars_names(kind: Any) -> Iterator[str]:
    """Yield the names of the fields inside a polars type, however deep."""
    inner = getattr(kind, "inner", None)
    if inner is not None:
        yield from polars_names(inner)
    for field in getattr(kind, "fields", None) or ():
        yield str(field.name)
        yield from polars_names(field.dtype)


def arrow_columns(table: Any) -> list[list[str]]:
    """Return for each column of an Arrow table its name, and those of the fields inside."""
    return [[str(field.name), *arrow_names(field.type)] for field in table.schema]


def polars_columns(frame: Any) -> list[list[str]]:
    """Return for each column of a polars frame its name, and those of the fields inside."""
    return [[str(name), *polars_names(kind)] for name, kind in frame.schema.items()]


def arrow_part(table: Any, places: Sequence[int]) -> Any:
    """Return an Arrow table, or a batch of one, with some of its columns.

    It is a copy: the columns of a table that was read are parts of one piece of memory, which
    each of them shows.
    """
    import pyarrow as pa

    part = table.select(list(places))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, part.schema) as writer:
        writer.write(part)
    read = pa.ipc.open_stream(sink.getvalue())
    return read.read_next_batch() if isinstance(table, pa.RecordBatch) else read.read_all()


def polars_part(frame: Any, places: Sequence[int]) -> Any:
    """Return a polars frame with some of its columns."""
    return frame.select([frame.columns[at] for at in places])


def as_pandas(table: Any) -> pd.DataFrame | None:
    """Return an Arrow table, a polars frame or a column of one, as a pandas frame.

    None for anything else. Values are as the library itself gives them to NumPy: whole numbers of
    which some are missing become floats.
    """
    import pandas as pd

    kind = type(table)
    whose = (kind.__module__.partition(".")[0], kind.__name__)
    if whose == ("pyarrow", "Table"):
        frame: pd.DataFrame = table.to_pandas()
        return frame
    if whose == ("polars", "Series"):
        table = table.to_frame(table.name or "values")
    elif whose != ("polars", "DataFrame"):
        return None
    # Its own `to_pandas` needs PyArrow.
    return pd.DataFrame({column.name: column.to_numpy() for column in table.iter_columns()})
