"""The executions a variable depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notewright.lineage.records import Execution
from notewright.lineage.writes import rebound_names
from notewright.state.records import FileRead


@dataclass(frozen=True)
class Slice:
    """What made one variable.

    Parameters
    ----------
    name : str
        The variable.
    executions : tuple of Execution
        What it depends on, in executed order.
    dropped : tuple of Execution
        What ran and does not matter for it.
    reasons : dict
        For each kept execution's id, why it is kept.
    files : tuple of FileRead
        The data files that kept executions read.
    """

    name: str
    executions: tuple[Execution, ...]
    dropped: tuple[Execution, ...]
    reasons: dict[str, str]
    files: tuple[FileRead, ...]


def slice_line(line: Sequence[Execution], name: str) -> Slice:
    """Return the executions of `line` that `name` depends on at its end.

    Going backwards, an execution is kept if it changed a name that is needed,
    or wrote into one without effect on this data; then what it read is needed
    too, and so is what it changed, as it was before, unless it bound the name
    afresh. A cell that wrote a file which a kept cell reads is kept as well.

    Parameters
    ----------
    line : sequence of Execution
        The executions in force, in order.
    name : str
        The variable.
    """
    needed = {name}
    files: set[str] = set()
    kept: list[Execution] = []
    reasons: dict[str, str] = {}
    for execution in reversed(line):
        made = sorted(needed.intersection((*execution.changed, *execution.touched)))
        wrote = [f.path for f in execution.wrote if f.path in files]
        if not (made or wrote) or (execution.status != "ok" and not execution.changed):
            continue
        kept.append(execution)
        parts = [f"makes {', '.join(made)}"] if made else []
        parts += [f"writes {', '.join(wrote)}"] if wrote else []
        reasons[execution.id] = "; ".join(parts)
        fresh = bound_afresh(execution)
        needed -= fresh
        needed.update(n for n in execution.reads if n not in fresh)
        files.update(f.path for f in execution.files)
    kept.reverse()
    chosen = {e.id for e in kept}
    unique = {f.path: f for e in kept for f in e.files}
    return Slice(
        name,
        tuple(kept),
        tuple(e for e in line if e.id not in chosen),
        reasons,
        tuple(unique.values()),
    )


def bound_afresh(execution: Execution) -> frozenset[str]:
    """Return the names whose value before `execution` cannot matter after it."""
    if execution.status != "ok":
        return frozenset()  # it may have stopped before the binding
    return rebound_names(execution.code, execution.through)
