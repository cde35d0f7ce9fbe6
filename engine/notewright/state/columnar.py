"""Tables of Arrow and polars: the names in them, and the tables without some columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


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
