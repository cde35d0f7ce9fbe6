"""Where scored rows are in a table, so that their columns can be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from notewright.errors import BadRecord, NotewrightError
from notewright.experiments.run import Run

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from notewright.experiments.runs import Runs


def positions(frame: pd.DataFrame, rows: Any) -> np.ndarray | None:
    """Return where the labelled rows are in the frame, or None if they are not all there."""
    import numpy as np
    import pandas as pd

    if not frame.index.is_unique:
        return None
    labels = np.asarray(rows)
    given = labels if labels.dtype.kind in "iu" else labels.tolist()
    found = frame.index.get_indexer(pd.Index(given))
    if (found < 0).any():
        found = pd.Index([str(i) for i in frame.index]).get_indexer(
            pd.Index([str(label) for label in labels.tolist()])
        )
    return None if (found < 0).any() else found


def columns_for(table: pd.DataFrame, rows: Any) -> pd.DataFrame:
    """Return the rows of a table that were scored, in their order.

    Parameters
    ----------
    table : DataFrame
        With the scored rows' labels in its index; or of exactly the scored
        rows, in the order in which they were scored, where they have no labels
        of their own.
    rows : array
        Labels of the scored rows.

    Raises
    ------
    BadRecord
        If the rows are not all there, or if it cannot be told which they are.
    """
    found = positions(table, rows)
    numbered = _are_positions(rows)
    if found is not None and not (numbered and len(table) > len(rows)):
        return table.iloc[found]
    if numbered and len(table) == len(rows):
        return table
    if numbered:
        raise BadRecord(
            f"The scored rows have no labels of their own, and the table has {len(table)} rows "
            f"where {len(rows)} were scored, so which they are is unknown.",
            "Give a table of just the scored rows, or score with a pandas `y_true` that keeps "
            "its index.",
        )
    raise BadRecord(
        "Not all scored rows are in the table: their labels are not in its index.",
        "Give the table whose index the true values had (no `reset_index` in between).",
    )


def kept_table(
    service: Runs, runs: Sequence[Run], rows: Any, name: str | None = None, column: str = ""
) -> pd.DataFrame:
    """Return the scored rows' columns from a table that a run's snapshot kept.

    Parameters
    ----------
    name : str, optional
        The variable; by default the longest table that holds all scored rows
        by their labels, and of those the one with the fewest columns, which is
        the raw one.
    column : str, optional
        A column that it must have, where any table has it.

    Raises
    ------
    BadRecord
        If no kept table holds the rows, or if it cannot be told which they are.
    """
    if name is None and _are_positions(rows):
        # A table of as many rows may be any other: length alone tells nothing.
        raise BadRecord(
            "The scored rows have no labels of their own, so the table they are of is unknown.",
            "Name one of just these rows, in the order scored: `--table X_test`.",
        )
    refused: NotewrightError | None = None
    for run in runs:
        tables = kept_tables(service, run, name)
        having = {n: table for n, table in tables.items() if column in table.columns}
        tables = having or tables
        for candidate in sorted(tables, key=lambda n: (-len(tables[n]), tables[n].shape[1], n)):
            try:
                return columns_for(tables[candidate], rows)
            except BadRecord as error:
                refused = error
    if name is not None and refused is not None:
        raise refused
    raise BadRecord(
        f"No table '{name}' was kept with these runs."
        if name is not None
        else "No table that was kept with these runs holds the scored rows.",
        "Keep the table in a variable of the notebook whose index is that of the true values, "
        "or give it in Python: `comparison.impact(columns=table)`.",
    )


def kept_value(service: Runs, run: Run, name: str) -> Any:
    """Return a variable that was kept with a run, as a new object.

    Raises
    ------
    BadRecord
        If it was not.
    """
    if service._snapshots is not None and run.snapshot_after is not None:
        snapshot = service._snapshots.get(run.snapshot_after)
        if any(each.name == name for each in snapshot.variables):
            return service._snapshots.load(snapshot, [name])[name]
    raise BadRecord(
        f"No variable '{name}' was kept with run '{run.name}'.",
        "Name one that the notebook had when the run ended, or give the value itself in Python.",
    )


def kept_tables(service: Runs, run: Run, name: str | None = None) -> dict[str, pd.DataFrame]:
    """Return the tables that were kept with a run, or the one of a name, by variable."""
    if service._snapshots is None or run.snapshot_after is None:
        return {}
    snapshot = service._snapshots.get(run.snapshot_after)
    names = [
        each.name
        for each in snapshot.variables
        if each.type.endswith("DataFrame") and name in (None, each.name)
    ]
    return service._snapshots.load(snapshot, names) if names else {}


def _are_positions(rows: Any) -> bool:
    """Tell whether labels are just 0, 1, 2, …, as rows have that came without an index."""
    import numpy as np

    labels = np.asarray(rows)
    return labels.dtype.kind in "iu" and bool(np.array_equal(labels, np.arange(len(labels))))
