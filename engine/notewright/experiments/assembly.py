"""Putting a run together when it ends: from its draft and what it links to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError
from notewright.experiments import estimators, stored_models
from notewright.experiments.drafting import Draft, drafted, logged_over
from notewright.experiments.folds import Trial
from notewright.experiments.ledger import Step
from notewright.experiments.ports import unique_files
from notewright.experiments.run import ModelRef, Run, Status
from notewright.experiments.scalars import Scalar, metric_to_json
from notewright.lineage.past import Past
from notewright.state.records import FileRead
from notewright.store.ids import new_id

if TYPE_CHECKING:
    from notewright.experiments.active import ActiveRun
    from notewright.experiments.runs import Runs


@dataclass(frozen=True)
class Ending:
    """How a recorded execution ended, and what its run links to."""

    status: Status = "finished"
    execution: str | None = None
    snapshot_before: str | None = None
    snapshot_after: str | None = None
    files: Iterable[FileRead] | None = None
    error: str | None = None


@dataclass(frozen=True)
class Finished:
    """A run as it is kept, with all its steps in order, and its children."""

    run: Run
    steps: list[Step]
    children: list[tuple[Run, list[Step]]]


def partial(runs: Runs, active: ActiveRun) -> Run:
    """Return an unfinished run with what was logged so far."""
    return Run(
        id=active.id,
        digest="",
        name=active.name,
        status="running",
        created=active.created,
        seconds=active.seconds,
        tags=dict(active.tags),
        params=dict(active.params),
        metrics=dict(active.metrics),
        session=active.session,
        changed_params=tuple(active.params),
        artifacts=runs.keep_artifacts(active.artifacts),
        origin=active.origin,
        parent=active.parent,
    )


def draft_of(
    runs: Runs,
    active: ActiveRun,
    changed: Sequence[str],
    execution: str | None,
    code: str | None,
    past: Past | None = None,
) -> Draft:
    """Return the draft of a run from the variables as they are now."""
    variables = active.namespace.variables() if active.namespace is not None else {}
    source = _code(runs, execution) if code is None else code
    return drafted(active.recorder, variables, changed, source, past)


def finished(runs: Runs, active: ActiveRun, draft: Draft, ending: Ending) -> Finished:
    """Return the run that a draft and its ending make."""
    put = runs.store.objects.put
    notes = list(draft.notes)
    references = {
        name: _kept(runs, model, ending.snapshot_after, notes)
        for name, model in draft.models.items()
    }
    reference = references.get(draft.chosen) if draft.chosen is not None else None
    values, different = logged_over(draft.params, draft.changed, active.params)
    files = ending.files
    if files is None:
        files = _files(runs, ending.execution, reference)
    steps = [*active.steps, *draft.steps]
    used = active.used
    run = Run(
        id=active.id,
        digest="",
        name=active.name or draft.name,
        status=ending.status,
        created=active.created,
        seconds=active.seconds,
        tags=dict(active.tags),
        params=values,
        metrics={**draft.metrics, **active.metrics},
        session=active.session,
        execution=ending.execution,
        snapshot_before=ending.snapshot_before,
        snapshot_after=ending.snapshot_after,
        model=reference,
        models=tuple(references.values()),
        evaluation=None if draft.evaluation is None else put(draft.evaluation),
        row_digest=draft.row_digest,
        files=unique_files(files),
        error=ending.error,
        changed_params=different,
        steps=_steps_object(runs, steps),
        artifacts=runs.keep_artifacts({**active.figures, **active.artifacts}),
        notes=tuple(notes),
        origin=active.origin,
        parent=active.parent,
        rows=tuple(
            replace(rows, labels=None if labels is None else put(labels))
            for rows, labels in draft.rows
        ),
        warnings=draft.warnings,
        cpu_seconds=None if used is None else used.cpu_seconds,
        memory=None if used is None else used.memory,
        memory_exact=used is not None and used.memory_exact,
    )
    return Finished(run, steps, [_child(runs, run, trial) for trial in draft.trials])


def parameters_of(
    model: Any, logged: Mapping[str, Any]
) -> tuple[dict[str, Scalar], tuple[str, ...]]:
    """Return the model's parameters with those logged by hand over them, and the telling ones."""
    values, changed = estimators.parameters(model) if model is not None else ({}, ())
    return logged_over(values, changed, logged)


def _child(runs: Runs, parent: Run, trial: Trial) -> tuple[Run, list[Step]]:
    """Return what a search or a cross-validation tried as a run of its own."""
    run = Run(
        id=new_id(),
        digest="",
        name=trial.name,
        status="finished",
        created=parent.created,
        seconds=trial.seconds,
        tags={**parent.tags, **trial.tags},
        params=trial.params,
        metrics=trial.metrics,
        session=parent.session,
        execution=parent.execution,
        files=parent.files,
        changed_params=trial.changed,
        steps=_steps_object(runs, trial.steps),
        origin="trial",
        parent=parent.id,
    )
    return run, list(trial.steps)


def _kept(runs: Runs, model: ModelRef, snapshot: str | None, notes: list[str]) -> ModelRef:
    """Return where a model is kept, or say why it is not."""
    if snapshot is None or runs._snapshots is None:
        return model
    taken = runs._snapshots.get(snapshot)
    held = taken.variable(model.variable)
    if held is not None:
        return replace(model, object=held.group, snapshot=snapshot)
    reason = next((u.reason for u in taken.unsaved if u.name == model.variable), "it was not saved")
    notes.append(stored_models.NOT_KEPT.format(model.variable) + reason)
    return model


def _code(runs: Runs, execution: str | None) -> str:
    if runs.history is None or execution is None:
        return ""
    try:
        return runs.history.get(execution).code
    except NotewrightError:
        return ""  # the execution is recorded when the cell ends, after its run


def _files(runs: Runs, execution: str | None, model: ModelRef | None) -> tuple[FileRead, ...]:
    """Return the data files behind the model, else those the execution read."""
    if runs.history is None or execution is None:
        return ()
    try:
        if model is not None:
            return runs.history.slice(execution, model.variable).files
        return runs.history.get(execution).files
    except NotewrightError:
        return ()


def _steps_object(runs: Runs, steps: Sequence[Step]) -> str | None:
    if not steps:
        return None
    values = [[name, step, metric_to_json(value)] for name, step, value in steps]
    return runs.store.objects.put_json(values)
