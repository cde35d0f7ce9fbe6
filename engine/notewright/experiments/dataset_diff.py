"""How two versions of a dataset differ: rows, columns, values and distributions."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.state.columnar import as_pandas
from notewright.state.describing.details import Detail
from notewright.state.withheld import Withheld

if TYPE_CHECKING:
    import pandas as pd

    from notewright.experiments.dataset_version import DatasetVersion

#: Compares the distributions of two frames with the same columns, column by column. Each result
#: has `column`, `value`, `p_value`, `verdict` and `sentence` (`notewright.governance.drift`).
Drift = Callable[[Any, Any], Sequence[Any]]


@dataclass(frozen=True)
class DatasetDiff:
    """What differs between two versions.

    Parameters
    ----------
    old, new : DatasetVersion
    rows, columns : (int or None, int or None)
        How many either has, where they are tables.
    details : tuple of Detail
        Rows, columns and values that differ, in the words of `%nw diff`.
    drift : tuple
        Of each column that both have, how its distribution changed.
    note : str
        Why no more can be said, if so.
    withheld : tuple of Withheld
        Columns that were not compared, because the reader may not see them.
    """

    old: DatasetVersion
    new: DatasetVersion
    rows: tuple[int | None, int | None]
    columns: tuple[int | None, int | None]
    details: tuple[Detail, ...] = ()
    drift: tuple[Any, ...] = ()
    note: str = ""
    withheld: tuple[Withheld, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the contents are the same."""
        return self.old.content == self.new.content


def diff_tables(
    old: DatasetVersion, new: DatasetVersion, before: Any, after: Any, drift: Drift
) -> DatasetDiff:
    """Return how two tables differ."""
    from notewright.state.describing.walk import difference

    details = difference(before, after)
    frames = frame_of(before), frame_of(after)
    drifted: tuple[Any, ...] = ()
    if frames[0] is not None and frames[1] is not None:
        drifted = tuple(_drift(frames[0], frames[1], drift))
    return DatasetDiff(
        old,
        new,
        (_side(before, 0), _side(after, 0)),
        (_side(before, 1), _side(after, 1)),
        details,
        drifted,
    )


def parsed(data: bytes, suffix: str) -> pd.DataFrame | None:
    """Return the table that a file's bytes hold, or None where none can be read.

    Examples
    --------
    >>> parsed(b"a,b" + bytes([10]) + b"1,2", ".csv").shape
    (1, 2)
    >>> parsed(b"...", ".bin") is None
    True
    """
    import pandas as pd

    readers: dict[str, Callable[[Any], pd.DataFrame]] = {
        ".csv": pd.read_csv,
        ".tsv": lambda file: pd.read_csv(file, sep="\t"),
        ".parquet": pd.read_parquet,
        ".jsonl": lambda file: pd.read_json(file, lines=True),
    }
    reader = readers.get(suffix.lower())
    if reader is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return reader(io.BytesIO(data))
    except Exception:  # noqa: BLE001 - a parser raises whatever a file makes it
        return None


def frame_of(table: Any) -> pd.DataFrame | None:
    """Return a table with columns of which distributions can be told, or None."""
    import numpy as np
    import pandas as pd

    if isinstance(table, pd.Series):
        table = table.to_frame(name="values" if table.name is None else table.name)
    elif isinstance(table, np.ndarray) and table.ndim in (1, 2) and table.dtype.names is None:
        table = pd.DataFrame(table)
    if not isinstance(table, pd.DataFrame):
        table = as_pandas(table)
    if table is None:
        return None
    names = [str(name) for name in table.columns]
    frame: pd.DataFrame = table.set_axis(names, axis=1)
    return frame.loc[:, [names.count(name) == 1 for name in names]]


def _drift(old: pd.DataFrame, new: pd.DataFrame, drift: Drift) -> Sequence[Any]:
    both = [name for name in old.columns if name in set(new.columns)]
    if not both or not len(old) or not len(new):
        return ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return drift(old[both], new[both])


def _side(table: Any, at: int) -> int | None:
    shape = getattr(table, "shape", ())
    return int(shape[at]) if len(shape) > at else None
