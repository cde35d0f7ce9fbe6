"""Putting a run together when it ends: model, parameters, metrics, rows, data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError
from notewright.experiments import estimators, stored_models
from notewright.experiments.ledger import Step
from notewright.experiments.outcome import Outcome, outcome_of
from notewright.experiments.ports import names_of, unique_files
from notewright.experiments.run import ModelRef, Run, Status
from notewright.experiments.scalars import Scalar, metric_to_json, scalar
from notewright.state.records import FileRead

if TYPE_CHECKING:
    from notewright.experiments.active import ActiveRun
    from notewright.experiments.runs import Runs


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


def finished(
    runs: Runs,
    active: ActiveRun,
    *,
    status: Status,
    changed: Sequence[str],
    execution: str | None,
    snapshot_before: str | None,
    snapshot_after: str | None,
    files: Iterable[FileRead] | None,
    code: str | None,
    error: str | None,
) -> tuple[Run, list[Step]]:
    """Return the run as it is kept, and all its steps in order."""
    seconds = active.seconds
    outcome = outcome_of(active.recorder.observations)
    notes = [*outcome.notes, *dict.fromkeys(active.recorder.problems)]
    if code is None:
        code = _code(runs, execution)
    chosen, found = _models(active, changed, outcome, code, notes)
    references = _references(runs, found, snapshot_after, notes)
    model = found.get(chosen) if chosen is not None else outcome.model
    values, different = _parameters(model, active.params, notes)
    evaluation = outcome.evaluation
    steps = [*active.steps, *outcome.steps]
    reference = references.get(chosen) if chosen is not None else None
    if files is None:
        files = _files(runs, execution, reference)
    run = Run(
        id=active.id,
        digest="",
        name=active.name,
        status=status,
        created=active.created,
        seconds=seconds,
        tags=dict(active.tags),
        params=values,
        metrics={**outcome.metrics, **active.metrics},
        session=active.session,
        execution=execution,
        snapshot_before=snapshot_before,
        snapshot_after=snapshot_after,
        model=reference,
        models=tuple(references.values()),
        evaluation=None if evaluation is None else runs.store.objects.put(evaluation.dumps()),
        row_digest=None if evaluation is None else evaluation.row_digest,
        files=unique_files(files),
        error=error,
        changed_params=different,
        steps=_steps_object(runs, steps),
        artifacts=runs.keep_artifacts(active.artifacts),
        notes=tuple(notes),
        origin=active.origin,
        parent=active.parent,
    )
    return run, steps


def parameters_of(
    model: Any, logged: Mapping[str, Any]
) -> tuple[dict[str, Scalar], tuple[str, ...]]:
    """Return the model's parameters with those logged by hand over them, and the telling ones."""
    values, changed = estimators.parameters(model) if model is not None else ({}, ())
    values.update({str(name): scalar(value) for name, value in logged.items()})
    return values, tuple(dict.fromkeys([*map(str, logged), *changed]))


def _models(
    active: ActiveRun,
    changed: Sequence[str],
    outcome: Outcome,
    code: str,
    notes: list[str],
) -> tuple[str | None, dict[str, Any]]:
    """Return the name of the run's model, and every fitted model of the run by name."""
    variables = active.namespace.variables() if active.namespace is not None else {}
    found = {
        name: variables[name]
        for name in changed
        if name in variables and estimators.is_fitted_model(variables[name])
    }
    if outcome.model is not None:
        same = [name for name, value in found.items() if value is outcome.model]
        same += [n for n, v in variables.items() if v is outcome.model and n not in same]
        if same:
            found.setdefault(same[0], outcome.model)
            _say_others(same[0], found, "it was scored", notes)
            return same[0], found
        notes.append(
            f"The scored {type(outcome.model).__name__} is no variable of the notebook, "
            "so it was not kept."
        )
        return None, found
    if not found:
        return None, found
    last = estimators.last_fitted(code, found) or list(found)[-1]
    _say_others(last, found, "it was fitted last", notes)
    return last, found


def _references(
    runs: Runs, found: Mapping[str, Any], snapshot: str | None, notes: list[str]
) -> dict[str, ModelRef]:
    references = {}
    for name, model in found.items():
        try:
            references[name] = stored_models.reference(
                runs, model, name, snapshot=snapshot, keep=False
            )
        except Exception as error:  # noqa: BLE001 - a class of the user's may raise anything
            notes.append(f"The model {name} could not be kept: {error}")
    return references


def _parameters(
    model: Any, logged: Mapping[str, Any], notes: list[str]
) -> tuple[dict[str, Scalar], tuple[str, ...]]:
    try:
        return parameters_of(model, logged)
    except Exception as error:  # noqa: BLE001 - a class of the user's may raise anything
        notes.append(f"The parameters of the {type(model).__name__} cannot be read: {error}")
        return parameters_of(None, logged)


def _say_others(chosen: str, found: Mapping[str, Any], why: str, notes: list[str]) -> None:
    others = [name for name, value in found.items() if value is not found[chosen]]
    if others:
        notes.append(
            f"Fitted models are {names_of([chosen, *others])}; the run's model is {chosen} "
            f"because {why}."
        )


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
