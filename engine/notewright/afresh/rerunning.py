"""Run again, in a fresh process, the cells that made a run, with other parameters."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notewright.afresh.mark import MARK
from notewright.afresh.setting import changed_codes
from notewright.errors import (
    NotRunAgain,
    UnknownVariable,
    UsageError,
)
from notewright.experiments.run import Run
from notewright.lineage.files import is_as_read
from notewright.lineage.records import Execution
from notewright.lineage.replaying import check_sealed
from notewright.packaging.replay import run_process
from notewright.progress import Progress
from notewright.workspace import Workspace

#: The name of a run again, and what was set for it.
_SET = re.compile(r"(?P<name>.*) \((?P<set>again|\w+=[^()]*)\)", re.DOTALL)


@dataclass(frozen=True)
class Rerun:
    """A run that was run again.

    Parameters
    ----------
    first, run : Run
        The run, and the new one.
    settings : dict
        What was changed.
    cells : int
        How many cells ran.
    notes : tuple of str
        What the user should know of the comparison.
    """

    first: Run
    run: Run
    settings: dict[str, Any]
    cells: int
    notes: tuple[str, ...]


def rerun(
    workspace: Workspace,
    ref: str,
    settings: Mapping[str, Any],
    progress: Progress | None = None,
) -> Rerun:
    """Run the cells behind a run again and record them as a run linked to it.

    The cells run in a process and a session of their own, in the notebook's
    folder; the notebook's variables stay as they are. With `settings` the code
    is changed where the parameters are set, so the new run's history says what
    really ran.

    Parameters
    ----------
    workspace : Workspace
    ref : str
        The run.
    settings : mapping
        Parameters of its model, or names that its cells give a literal, and
        their new values.
    progress : Progress, optional
        Cancelling it stops the process.

    Raises
    ------
    NotRunAgain
        If its cells are not known, or one of them raises before the run's own.
    UsageError
        If a parameter is unknown, or where it is set is not clear.
    """
    first = workspace.runs.get(ref)
    if first.parent is not None and first.origin == "trial":
        parent = workspace.runs.get(first.parent)
        raise UsageError(
            f"'{first.name}' was tried inside the run '{parent.name}' and has no cells of its own.",
            f"Run that one again: `%nw rerun {parent.id[:6]}`.",
        )
    executions = _executions(workspace, first)
    codes = changed_codes(first, executions, settings)
    made = _run(workspace, first, executions, codes, settings, progress)
    found = workspace.runs.get(made)
    notes = tuple(_notes(workspace, first, found, executions, settings))
    return Rerun(first, found, dict(settings), len(executions), notes)


def _executions(workspace: Workspace, run: Run) -> list[Execution]:
    """Return the cells that a run needs, its own last."""
    if run.execution is None:
        raise NotRunAgain(run.name, "it was not a cell of its own, so its code is not known")
    history = workspace.history
    ref = run.snapshot_after or run.snapshot_before
    if ref is not None:
        snapshot = workspace.snapshots.get(ref)
        workspace.snapshots.check_restorable(snapshot)  # its code runs: it must be trusted
        check_sealed(history, snapshot)
    line = history.line(run.execution)
    own = line[-1]
    before = line[-2].id if len(line) > 1 else None
    needed: set[str] = set()
    for name in own.reads if before is not None else ():
        try:
            needed |= {e.id for e in history.slice(before, name).executions}
        except UnknownVariable:
            continue  # a name that the cell itself makes, or that no cell made
    chosen = [e for e in line[:-1] if e.id in needed] + [own]
    for execution in chosen:
        if execution.restored is not None:
            raise NotRunAgain(
                run.name,
                f"`{', '.join(execution.changed)}` came from a snapshot by `{execution.source}`, "
                "and no cell made it",
            )
    return chosen


def _name(name: str, settings: Mapping[str, Any], *, again: bool) -> str:
    """Return the name of a run again; of one that is itself `again`, with all that was set."""
    found = _SET.fullmatch(name) if again else None
    name, before = (found["name"], found["set"].split(", ")) if found else (name, [])
    was_set = dict(each.split("=", 1) for each in before if "=" in each)
    words = [f"{key}={value}" for key, value in {**was_set, **settings}.items()]
    return f"{name} ({', '.join(words) or 'again'})"


def _run(
    workspace: Workspace,
    first: Run,
    executions: Sequence[Execution],
    codes: Sequence[str],
    settings: Mapping[str, Any],
    progress: Progress | None,
) -> str:
    directory = Path(workspace.history.session(executions[-1].session).directory)
    job: dict[str, Any] = {
        "root": str(workspace.root),
        "directory": str(directory if directory.is_dir() else workspace.root),
        # A run that nobody named is named after its model, also this time.
        "name": ""
        if first.origin == "auto"
        else _name(first.name, settings, again=first.parent is not None),
        "tags": dict(first.tags),
        "parent": first.id,
        "cells": [
            {"code": code, "cell": e.cell, "number": e.number or e.ordinal, "words": e.words}
            for e, code in zip(executions, codes, strict=True)
        ],
    }
    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        file, out = Path(folder) / "job.json", Path(folder) / "done.json"
        file.write_text(json.dumps({**job, "out": str(out)}), encoding="utf-8")
        command = [sys.executable, "-m", "notewright.afresh.rerun_child", str(file)]
        ended = run_process(command, Path(job["directory"]), {MARK: "1"}, progress)
        if not out.exists():
            last = (ended.stderr.strip().splitlines() or ["its process ended"])[-1]
            raise NotRunAgain(first.name, last[:300])
        done = json.loads(out.read_bytes())
    if "run" not in done:
        raise NotRunAgain(first.name, f"{done['words']} raises {done['error']}")
    return str(done["run"])


def _notes(
    workspace: Workspace,
    first: Run,
    new: Run,
    executions: Sequence[Execution],
    settings: Mapping[str, Any],
) -> list[str]:
    notes = []
    read = {file.path: file for e in executions for file in e.files}
    other = [p for p, file in read.items() if not is_as_read(file, workspace.history.root)]
    if other:
        notes.append(f"Not the data of then: {', '.join(other)} has other contents now.")
    for name, value in settings.items():
        found = new.params.get(name, value)
        if name in first.params and found != value and repr(found) != repr(value):
            notes.append(f"{name} is {found} in the new run: something else set it after all.")
    if not settings and first.model is not None and new.model is not None:
        same = first.model.fingerprint == new.model.fingerprint
        notes.append(
            "The model is the same to the last bit."
            if same
            else "The model is not the same: its cells draw random numbers without a seed, or "
            "need something else than what they read."
        )
    return notes
