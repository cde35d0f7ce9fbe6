"""Which cells ran between two snapshots, and what was edited in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from notewright.lineage.records import Execution
from notewright.state.describing.text import unified
from notewright.state.diff import CellChange


def cells_between(old: Sequence[Execution], new: Sequence[Execution]) -> Iterator[CellChange]:
    """Yield the executions behind one snapshot that are not behind another, in order.

    Parameters
    ----------
    old, new : sequence of Execution
        The executions in force at either, in order.
    """
    behind_old, behind_new = {e.id for e in old}, {e.id for e in new}
    for execution in old:
        if execution.id not in behind_new and execution.has_code:
            yield CellChange("left", execution.id, execution.words)
    latest = {_cell(execution): execution for execution in old}
    sources = {execution.source for execution in old}
    for execution in new:
        if execution.id in behind_old:
            continue
        if execution.has_code:
            yield _change(execution, latest.get(_cell(execution)), execution.source in sources)
        latest[_cell(execution)] = execution
        sources.add(execution.source)


def _change(execution: Execution, earlier: Execution | None, known: bool) -> CellChange:
    """Tell what became of a cell, from when it ran before."""
    same = known if execution.cell is None else earlier and earlier.source == execution.source
    if same:
        return CellChange("again", execution.id, execution.words)
    if execution.cell is None or earlier is None:
        return CellChange("added", execution.id, execution.words)
    lines, count = unified(earlier.source, execution.source)
    return CellChange("edited", execution.id, execution.words, lines, count)


def _cell(execution: Execution) -> str:
    """Return what a cell is known by; without an id each execution is a cell of its own."""
    return execution.cell or f"execution {execution.id}"
