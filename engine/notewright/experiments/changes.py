"""What differs between runs besides their numbers: parameters, code, data, environment."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError
from notewright.experiments.run import Run

if TYPE_CHECKING:
    from notewright.experiments.runs import Runs

#: In the place of a value that a run does not have.
ABSENT = "—"


@dataclass(frozen=True)
class Change:
    """One thing whose value is not the same in all runs.

    Parameters
    ----------
    name : str
        A parameter, a file's path, a package.
    values : tuple
        One a run, `ABSENT` where it has none.
    """

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class CodeChange:
    """How the code of a run differs from that of the first.

    Parameters
    ----------
    run : int
        Its place among the compared runs.
    lines : tuple of str
        As a unified diff, without headers: `- old`, `+ new`, `  same`.
    """

    run: int
    lines: tuple[str, ...]


def parameters(runs: Sequence[Run]) -> tuple[Change, ...]:
    """Return the parameters that differ, estimator type first."""
    types = Change("estimator", tuple(ABSENT if r.model is None else _short(r) for r in runs))
    telling = {name for run in runs for name in run.changed_params}
    changes = tuple(
        change
        for change in _changes([dict(run.params) for run in runs])
        # Another kind of estimator has other parameters; their defaults tell nothing.
        if ABSENT not in change.values or change.name in telling
    )
    return (types, *changes) if len(set(types.values)) > 1 else changes


def data(runs: Sequence[Run]) -> tuple[Change, ...]:
    """Return the files that differ: their contents' hashes, shortened."""
    return _changes([{f.path: f.digest[:12] for f in run.files} for run in runs])


def code(service: Runs, runs: Sequence[Run]) -> tuple[CodeChange, ...]:
    """Return how each run's cell differs from the first run's, by line."""
    sources = [_source(service, run) for run in runs]
    changes = []
    for place, source in enumerate(sources[1:], start=1):
        if sources[0] is None or source is None or source == sources[0]:
            continue
        diff = difflib.unified_diff(sources[0].splitlines(), source.splitlines(), lineterm="", n=1)
        lines = tuple(line[:1] + " " + line[1:] for line in list(diff)[2:] if line[:2] != "@@")
        changes.append(CodeChange(place, lines))
    return tuple(changes)


def environment(service: Runs, runs: Sequence[Run]) -> tuple[Change, ...]:
    """Return the packages (and Python) whose versions differ."""
    found = [_environment(service, run) for run in runs]
    known = [packages for packages in found if packages is not None]
    return _changes(known) if len(known) == len(runs) else ()


def _changes(values: Sequence[dict[str, Any]]) -> tuple[Change, ...]:
    names = sorted({name for given in values for name in given})
    rows = (Change(n, tuple(given.get(n, ABSENT) for given in values)) for n in names)
    return tuple(row for row in rows if any(not _same(v, row.values[0]) for v in row.values))


def _same(a: Any, b: Any) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def _short(run: Run) -> str:
    return run.model.type.rpartition(".")[2] if run.model is not None else ABSENT


def _source(service: Runs, run: Run) -> str | None:
    if service.history is None or run.execution is None:
        return None
    try:
        return service.history.get(run.execution).code
    except NotewrightError:
        return None  # recorded elsewhere, or not kept


def _environment(service: Runs, run: Run) -> dict[str, Any] | None:
    ref = run.snapshot_after or run.snapshot_before
    if service._snapshots is None or ref is None:
        return None
    try:
        described = service.store.objects.get_json(service._snapshots.get(ref).environment)
    except NotewrightError:
        return None
    return {"python": described.get("python"), **described.get("packages", {})}
