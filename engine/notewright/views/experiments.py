"""Runs, model versions and aliases, for people and programs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from notewright.experiments.estimators import telling
from notewright.experiments.models import ModelVersion
from notewright.experiments.run import Run
from notewright.store.canonical import plain
from notewright.store.refs import RefMove
from notewright.views.base import Message, Page, Table, View
from notewright.views.state import size
from notewright.words import local_second

if TYPE_CHECKING:
    from notewright.afresh.rerunning import Rerun

#: More columns than this do not fit beside each other.
_MOST_METRICS = 5
_NO_RUN = "No run yet: `%%nw run NAME` above a cell, or `%nw autorun on` for all of them."
_NO_MATCH = "No run matches the filter. `%nw runs` lists what there is, with its metrics."


def run_record(run: Run) -> dict[str, Any]:
    """Return a run as JSON values with stable names."""
    record = {**run.body(), "digest": run.digest}
    del record["schema"]
    return record


def runs_view(
    runs: Sequence[Run],
    children: Mapping[str, tuple[Sequence[Run], int]] | None = None,
    *,
    newest_first: bool = True,
    filtered: bool = False,
) -> View:
    """List runs with their metrics and the parameters that were set.

    Parameters
    ----------
    runs : sequence of Run
    children : mapping, optional
        For a run's id the runs to list below it, and how many there are.
    newest_first : bool
        Whether to turn the order around.
    filtered : bool
        Whether these are the runs that a filter left.
    """
    below = children or {}
    shown: list[tuple[Run, str]] = []
    for run in reversed(runs) if newest_first else runs:
        mine, count = below.get(run.id, ((), 0))
        more = f" (+ {count - len(mine)} more below)" if count > len(mine) else ""
        shown.append((run, f"{run.name}{more}"))
        shown += [(child, f"  ↳ {child.name}") for child in mine]
    metrics = list(dict.fromkeys(n for run, _ in shown for n in run.metrics))[:_MOST_METRICS]
    columns = ["id", "name", "when", "status", "model", *metrics, "parameters", "seconds"]
    rows = [
        (
            run.id[:6],
            name,
            local_second(run.created),
            run.status,
            "" if run.model is None else run.model.type.rpartition(".")[2],
            *(number(run.metrics[m]) if m in run.metrics else "" for m in metrics),
            _set_parameters(run),
            f"{run.seconds:.2f}",
        )
        for run, name in shown
    ]
    records = [run_record(run) for run, _ in shown]
    return Table(columns, rows, empty=_NO_MATCH if filtered else _NO_RUN, records=records)


def run_view(
    run: Run,
    children: Sequence[Run] = (),
    datasets: Mapping[str, Sequence[str]] | None = None,
) -> View:
    """Say what one run was, and the first of those that are part of it.

    Parameters
    ----------
    run : Run
    children : sequence of Run
        Those that are part of it.
    datasets : mapping, optional
        For the digests of files the versions of datasets that they are.
    """
    known = datasets or {}
    words = f"Run {run.id[:6]} '{run.name}' {run.status} in {run.seconds:.2f} s"
    if run.model is not None:
        words += f": {run.model.type.rpartition('.')[2]} in `{run.model.variable}`"
    parts: list[View] = [Message(words + ".")]
    if run.error:
        parts.append(Message(f"It ended with {run.error}"))
    if run.metrics:
        rows = [(name, number(value)) for name, value in run.metrics.items()]
        parts.append(Table(["metric", "value"], rows))
    told = [name for name in run.changed_params if name in run.params]
    if told:
        rows = [(name, str(run.params[name])) for name in told]
        others = len(run.params) - len(told)
        caption = f"Parameters set ({others} more at their defaults)" if others else "Parameters"
        parts.append(Table(["parameter", "value"], rows, caption=caption))
    elif run.params:
        parts.append(Message(f"All {len(run.params)} parameters are at their defaults."))
    if children:
        parts.append(_children_table(run, children))
    parts += _resources(run)
    if run.rows:
        parts.append(Table(["rows", ""], [(_ROLES[r.role], r.words) for r in run.rows]))
    if run.files:
        files = [
            (file.path, file.digest[:12], ", ".join(known.get(file.digest, ())))
            for file in run.files
        ]
        parts.append(Table(["data", "hash", "dataset"], files))
    if run.artifacts:
        kept = [(a.name, size(a.size)) for a in run.artifacts]
        parts.append(Table(["artifact", "size"], kept))
    parts += [Message(f"Warned: {words}") for words in run.warnings]
    parts += [Message(note) for note in run.notes]
    used = sorted({ref for file in run.files for ref in known.get(file.digest, ())})
    return Page(parts, {**run_record(run), "datasets": used})


_ROLES = {"train": "trained on", "test": "scored"}


def _children_table(run: Run, children: Sequence[Run]) -> View:
    metrics = list(dict.fromkeys(n for child in children for n in child.metrics))[:_MOST_METRICS]
    rows = [
        (
            child.id[:6],
            child.name,
            *(number(child.metrics[m]) if m in child.metrics else "" for m in metrics),
        )
        for child in children
    ]
    caption = f"Tried in this run (all: `%nw runs 'part_of == \"{run.id[:8]}\"'`)"
    return Table(["id", "name", *metrics], rows, caption=caption)


def _resources(run: Run) -> list[View]:
    if run.cpu_seconds is None:
        return []
    words = f"{run.cpu_seconds:.2f} s of processor time"
    if run.memory is not None and (run.memory or run.memory_exact):  # "at least none" says nothing
        least = "" if run.memory_exact else "at least "
        words += f"; the process grew by {least}{size(run.memory)}"
    return [Message(words + ".")]


def rerun_view(rerun: Rerun) -> View:
    """Say what a run became when it was run again."""
    what = ", ".join(f"{name}={value}" for name, value in rerun.settings.items())
    cells = "1 cell" if rerun.cells == 1 else f"{rerun.cells} cells"
    words = f"Ran {cells} of run {rerun.first.id[:6]} '{rerun.first.name}' again"
    words += f" with {what}." if what else "."
    first, new = rerun.first.metrics, rerun.run.metrics
    parts: list[View] = [Message(words)]
    both = [name for name in new if name in first]
    if both:
        rows = [(name, number(first[name]), number(new[name])) for name in both]
        parts.append(Table(["metric", rerun.first.id[:6], rerun.run.id[:6]], rows))
    parts += [Message(note) for note in rerun.notes]
    parts.append(run_view(rerun.run))
    return Page(parts, {**run_record(rerun.run), "rerun_notes": list(rerun.notes)})


def model_record(
    version: ModelVersion, aliases: Mapping[str, int], run: str | None = None
) -> dict[str, Any]:
    """Return a model version as JSON values with stable names."""
    record: dict[str, Any] = plain(version)
    mine = sorted(alias for alias, number_ in aliases.items() if number_ == version.number)
    return {**record, "ref": version.ref, "aliases": mine, "run_name": run}


def models_view(
    versions: Sequence[ModelVersion],
    aliases: Mapping[str, Mapping[str, int]],
    runs: Mapping[str, str],
) -> View:
    """List model versions with the aliases that stand at them.

    Parameters
    ----------
    versions : sequence of ModelVersion
    aliases : mapping
        For each model's name, its aliases.
    runs : mapping
        Run ids to run names.
    """
    records = [model_record(v, aliases.get(v.name, {}), runs.get(v.run)) for v in versions]
    rows = [
        (
            version.ref,
            ", ".join(record["aliases"]),
            version.type.rpartition(".")[2],
            runs.get(version.run, version.run[:6]),
            local_second(version.created),
            version.actor,
            version.origin,
        )
        for version, record in zip(versions, records, strict=True)
    ]
    columns = ["version", "aliases", "type", "run", "registered", "by", "origin"]
    empty = "No model yet: `%nw register RUN --as NAME`."
    return Table(columns, rows, empty=empty, records=records)


def registered_view(version: ModelVersion, run: Run) -> View:
    """Say which version a run's model became."""
    words = f"Registered {version.ref}: the model of run {run.id[:6]} '{run.name}'."
    return Message(words, model_record(version, {}, run.name))


def moves_view(name: str, alias: str, moves: Sequence[RefMove]) -> View:
    """List every move of an alias, newest first."""
    rows = [
        (local_second(move.moved), _at(name, move.old), _at(name, move.new), move.actor)
        for move in reversed(moves)
    ]
    records = [
        {"alias": f"{name}@{alias}", "from": m.old, "to": m.new, "moved": m.moved, "actor": m.actor}
        for m in reversed(moves)
    ]
    return Table(
        ["when", "from", "to", "by"],
        rows,
        caption=f"{name}@{alias}",
        empty="It never stood anywhere.",
        records=records,
    )


def number(value: float) -> str:
    """Return a metric's value with four digits.

    Examples
    --------
    >>> number(0.81234), number(12345.6), number(float("nan"))
    ('0.8123', '1.235e+04', 'nan')
    """
    return f"{value:.4g}" if math.isfinite(value) else str(value)


def _set_parameters(run: Run) -> str:
    # A model's own come before those of what prepares its features.
    names = sorted(telling(run.params, run.changed_params), key=lambda name: name.count("__"))
    told = [f"{name.rpartition('__')[2]}={run.params[name]}" for name in names]
    text = ", ".join(told)
    return text if len(text) <= 80 else text[:79] + "…"


def _at(name: str, target: str | None) -> str:
    return "nowhere" if target is None else f"{name}@{target}"
