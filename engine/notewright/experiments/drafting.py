"""What a recorded execution amounts to, as plain values.

A draft is made where the variables are as the execution left them, which may
be in a copy of the process; the run is put together from it elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from notewright.experiments import estimators
from notewright.experiments.curves import curves, iterations
from notewright.experiments.fit_hooks import is_seen
from notewright.experiments.folds import Trial, is_search, search
from notewright.experiments.given import Given
from notewright.experiments.ledger import Step
from notewright.experiments.locating import locate
from notewright.experiments.outcome import Outcome, outcome_of
from notewright.experiments.ports import names_of
from notewright.experiments.recorder import Recorder
from notewright.experiments.rows import Located, RowSet, Used, dump_labels, overlap
from notewright.experiments.run import ModelRef
from notewright.experiments.scalars import Scalar, scalar
from notewright.experiments.tables import Tables
from notewright.experiments.targets import of_one_table
from notewright.lineage.past import Past


@dataclass
class Draft:
    """A run before it is stored.

    Parameters
    ----------
    models : dict
        The fitted models by variable, without where they are kept.
    chosen : str or None
        Which of them is the run's.
    kind : str or None
        The name of the model's type, also where no variable holds it.
    params, changed : dict, tuple of str
        Its parameters, and the telling ones.
    metrics, steps
        What was computed, and learning curves.
    evaluation, row_digest : bytes, str or None
        The scored rows.
    rows : list of (RowSet, bytes or None)
        The rows trained on and scored, and their labels.
    trials : list of Trial
        Cross-validations, and what searches tried.
    warnings : tuple of str
    notes : list of str
    """

    models: dict[str, ModelRef] = field(default_factory=dict)
    chosen: str | None = None
    kind: str | None = None
    params: dict[str, Scalar] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    evaluation: bytes | None = None
    row_digest: str | None = None
    rows: list[tuple[RowSet, bytes | None]] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    warnings: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Words for a run that nobody named: the type, and what is no default."""
        return estimators.words_for(self.kind or "run", self.params, self.changed)


def drafted(
    recorder: Recorder,
    variables: Mapping[str, Any],
    changed: Sequence[str],
    code: str,
    past: Past | None = None,
) -> Draft:
    """Return what a recorded execution amounts to.

    Parameters
    ----------
    recorder : Recorder
    variables : mapping
        The user's variables as they are after it.
    changed : sequence of str
        Those that it changed; models are looked for among them.
    code : str
        What ran.
    past : Past, optional
        What ran before, and this itself.
    """
    if past is not None:
        recorder.look_back(past, variables)
    outcome = outcome_of(recorder.observations)
    draft = Draft(notes=[*outcome.notes, *dict.fromkeys(recorder.problems)])
    draft.metrics, draft.steps = dict(outcome.metrics), list(outcome.steps)
    draft.warnings = tuple(
        words if count == 1 else f"{words} ({count} times)"
        for words, count in recorder.warnings.items()
    )
    if outcome.evaluation is not None:
        draft.evaluation = outcome.evaluation.dumps()
        draft.row_digest = outcome.evaluation.row_digest
    model = _choose(draft, recorder, variables, changed, outcome, code)
    fitted = sum(fit.predicts and not fit.failed for fit in recorder.fits)
    if fitted > max(1, len(draft.models)):
        draft.notes.append(
            f"{fitted} models were fitted; the run is of one of them. A cell each, or a search, "
            "keeps all."
        )
    draft.trials = list(recorder.trials)
    if model is not None:
        draft.kind = estimators.called(model)
        _guarded(draft, "parameters", lambda: _add_parameters(draft, model))
        _guarded(draft, "learning curve", lambda: _add_curves(draft, model))
        _guarded(draft, "search results", lambda: _add_search(draft, model))
    elif draft.trials:
        draft.kind = draft.trials[-1].type.rpartition(".")[2]
        draft.params = dict(draft.trials[-1].params)
        draft.changed = draft.trials[-1].changed
    _guarded(draft, "rows", lambda: _add_rows(draft, recorder, model, outcome, variables))
    return draft


def _guarded(draft: Draft, what: str, work: Any) -> None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - a class of the user's may raise anything
        draft.notes.append(f"The {what} of the {draft.kind} cannot be read: {error}")


def _choose(
    draft: Draft,
    recorder: Recorder,
    variables: Mapping[str, Any],
    changed: Sequence[str],
    outcome: Outcome,
    code: str,
) -> Any:
    """Find every fitted model of the run, and return the run's."""
    found = {
        name: variables[name]
        for name in changed
        if name in variables and _is_model(variables[name], recorder)
    }
    model = outcome.model
    if model is not None:
        same = [name for name, value in found.items() if value is model]
        same += [n for n, v in variables.items() if v is model and n not in same]
        if same:
            found.setdefault(same[0], model)
            draft.chosen = same[0]
            _say_others(same[0], found, "it was scored", draft.notes)
        else:
            draft.notes.append(_unnamed(model, "scored"))
    elif found:
        draft.chosen = estimators.last_fitted(code, found) or list(found)[-1]
        model = found[draft.chosen]
        _say_others(draft.chosen, found, "it was fitted last", draft.notes)
    else:
        model = _fitted_unnamed(recorder)
        if model is not None:
            draft.notes.append(_unnamed(model, "fitted"))
    for name, value in found.items():
        _describe(draft, name, value)
    return model


def _is_model(value: Any, recorder: Recorder) -> bool:
    """Tell whether a variable is a model: a fitted estimator, or a booster that was trained."""
    fit = None if isinstance(value, type) else recorder.fits.of(value)
    booster = fit is not None and fit.predicts and not hasattr(type(value), "fit")
    return booster or estimators.is_fitted_model(value)


def _fitted_unnamed(recorder: Recorder) -> Any:
    """Return the predictor fitted last, if anything holds it."""
    living = [fit.estimator for fit in recorder.fits if not fit.failed]
    return next((m for m in reversed(living) if estimators.is_predictor(type(m))), None)


def _unnamed(model: Any, how: str) -> str:
    return f"The {how} {type(model).__name__} is no variable of the notebook, so it was not kept."


def _describe(draft: Draft, name: str, model: Any) -> None:
    from notewright.state.values import fingerprint

    try:
        kind = estimators.type_name(model)
        draft.models[name] = ModelRef(name, kind, fingerprint(model))
    except Exception as error:  # noqa: BLE001 - a class of the user's may raise anything
        draft.notes.append(f"The model {name} could not be kept: {error}")


def _say_others(chosen: str, found: Mapping[str, Any], why: str, notes: list[str]) -> None:
    others = [name for name, value in found.items() if value is not found[chosen]]
    if others:
        notes.append(
            f"Fitted models are {names_of([chosen, *others])}; the run's model is {chosen} "
            f"because {why}."
        )


def _add_parameters(draft: Draft, model: Any) -> None:
    draft.params, draft.changed = estimators.parameters(model)


def _add_curves(draft: Draft, model: Any) -> None:
    steps = curves(model)
    draft.steps += steps
    for name, _, value in steps:  # the last value counts
        draft.metrics.setdefault(name, value)
    draft.metrics.update({name: value for name, _, value in steps})
    count = iterations(model)
    if count is not None:
        draft.metrics["n_iter"] = float(count)


def _add_search(draft: Draft, model: Any) -> None:
    if is_search(model):
        trials, notes = search(model)
        draft.trials += trials
        draft.notes += notes
        best = {f"best_{k}": scalar(v) for k, v in getattr(model, "best_params_", {}).items()}
        draft.params.update(best)
        draft.changed = (*draft.changed, *best)


def _add_rows(
    draft: Draft,
    recorder: Recorder,
    model: Any,
    outcome: Outcome,
    variables: Mapping[str, Any],
) -> None:
    """Find the rows that the model was fitted on, and those that it was scored on."""
    fit = None if model is None else recorder.fits.of(model)
    located: dict[str, Located] = {}
    tables = Tables(variables)
    given = None if fit is None else fit.given
    if given is not None:
        located["train"] = _locate("train", given.rows, tables)
    if outcome.scored is not None:
        located["test"] = _with_reason(locate(outcome.scored, tables), recorder.untraced)
    elif given is not None and given.evaluated is not None:
        located["test"] = _locate("test", given.evaluated, tables)
    if len(located) == 2:
        train, test = located["train"], located["test"]
        located["train"] = of_one_table(train, test, tables)
        located["test"] = of_one_table(test, train, tables)
    for role, each in located.items():
        data = None if each.labels is None else dump_labels(each.labels)
        rows = RowSet(role, each.count, each.table, each.by, each.of)
        draft.rows.append((rows, data))
        if each.problem is not None:
            draft.notes.append(each.problem)
    if len(located) == 2 and not outcome.on_training:
        note = overlap(located["train"], located["test"])
        if note is not None:
            draft.notes.append(note)


def _with_reason(found: Located, why: str | None) -> Located:
    """Return rows with the reason why they were not found, where that is known."""
    if why is None or found.labels is not None or found.problem is not None:
        return found
    return replace(found, problem=f"The scored rows were not traced: {why}.")


def _locate(role: str, given: Given, tables: Tables) -> Located:
    """Return where rows are that a fit was given."""
    target = None if given.target is None else given.target()
    found = locate(Used(role, given.y, given.index, given.features, target), tables)
    if found.labels is None and found.problem is None and given.is_gone:
        problem = (
            f"The rows that were {found.used.what} were in an array that is there no more, so they "
            "were not traced. Keep it, or the array that it was cut from, in a variable."
        )
        return replace(found, problem=problem)
    return found


def logged_over(
    values: Mapping[str, Scalar], changed: Sequence[str], logged: Mapping[str, Any]
) -> tuple[dict[str, Scalar], tuple[str, ...]]:
    """Return parameters with those logged by hand over them, and the telling ones."""
    merged = {**values, **{str(name): scalar(value) for name, value in logged.items()}}
    return merged, tuple(dict.fromkeys([*map(str, logged), *changed]))


def fits_in(recorder: Recorder) -> str | None:
    """Return the type of the model that a recorded execution fitted last, None if none was seen."""
    for fit in reversed(list(recorder.fits)):
        if fit.predicts and not fit.failed:
            return fit.type
    return recorder.trials[-1].type.rpartition(".")[2] if recorder.trials else None


def scored_in(recorder: Recorder) -> str | None:
    """Return the type of the model that a recorded execution scored last, None if none is known."""
    models = (seen.model for seen in reversed(recorder.observations))
    return next((estimators.called(m) for m in models if m is not None), None)


def scored_earlier(recorder: Recorder, past: Past, variables: Mapping[str, Any]) -> str | None:
    """Return the type of the model whose predictions of an earlier cell were scored last."""
    unread = [seen for seen in recorder.observations if seen.unread]
    found = recorder.predicted_earlier(unread[-1], past, variables) if unread else None
    return None if found is None or found.model is None else estimators.called(found.model)


def fitted_unseen(variables: Mapping[str, Any], code: str) -> str | None:
    """Return the type of a fitted model of another library, going by the text.

    Fits of scikit-learn's estimators are seen as they happen. Others are known
    by a fitted model in a variable that the code calls `fit` on, or binds to
    what `fit` returned.
    """
    name = estimators.name_fitted_last(code)
    model = variables.get(name) if name is not None else None
    if model is None or isinstance(model, type) or not estimators.is_fitted_model(model):
        return None
    # One whose fit would have been seen was fitted elsewhere.
    return None if is_seen(type(model)) else type(model).__name__
