"""From observed metric calls to a run's metrics, its evaluation and its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from notewright.experiments.evaluation import Evaluation
from notewright.experiments.ledger import Step
from notewright.experiments.observation import Observation
from notewright.experiments.rows import Used


@dataclass
class Outcome:
    """What the observations of one execution amount to.

    Parameters
    ----------
    metrics : dict
        Last value by name. Those of the main rows have plain names, those of
        other rows (the training rows, another model's) a suffix.
    steps : list of Step
        Every value of a metric that was computed more than once.
    evaluation : Evaluation or None
        The main rows: last scored, but training rows only if there are no others.
    model : object or None
        The estimator whose predictions the evaluation holds, where known.
    notes : list of str
    scored : Used or None
        The rows of the evaluation, as the code used them.
    """

    metrics: dict[str, float] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    evaluation: Evaluation | None = None
    model: Any = None
    notes: list[str] = field(default_factory=list)
    scored: Used | None = None
    #: Whether those rows are known to be the training rows.
    on_training: bool = False


@dataclass
class _Group:
    """Calls on the same rows about the same model."""

    y_key: str
    y_name: str | None
    model: Any
    calls: list[Observation] = field(default_factory=list)

    @property
    def is_training(self) -> bool:
        return self.y_name is not None and "train" in self.y_name.lower()

    def accepts(self, seen: Observation) -> bool:
        same_model = seen.model is None or self.model is None or seen.model is self.model
        return self.y_key == seen.y_key and same_model


def outcome_of(observations: Sequence[Observation]) -> Outcome:
    """Return what a recorded execution's metric calls amount to."""
    result = Outcome()
    groups: list[_Group] = []
    for seen in observations:
        if not seen.y_key:
            if seen.value is not None:
                result.metrics[seen.metric] = seen.value
            continue
        # The group used last comes first: a call that names no model belongs there.
        group = next((g for g in reversed(groups) if g.accepts(seen)), None)
        if group is None:
            group = _Group(seen.y_key, seen.y_name, seen.model)
        else:
            groups.remove(group)
        group.model = seen.model if seen.model is not None else group.model
        group.y_name = group.y_name or seen.y_name
        group.calls.append(seen)
        groups.append(group)
    if not groups:
        return result
    main = next((g for g in reversed(groups) if not g.is_training), groups[-1])
    _fill(result, main)
    others = [g for g in groups if g is not main]
    for number, group in enumerate(others, start=2):
        suffix = group.y_name or f"rows_{number}"
        if group.y_key == main.y_key:
            suffix = f"model_{number}"
        for seen in group.calls:
            if seen.value is not None:
                result.metrics[f"{seen.metric}_{suffix}"] = seen.value
    if others:
        rows = main.y_name or "the rows scored last"
        result.notes.append(
            f"Metrics were computed on {len(groups)} sets of predictions; the run's evaluation "
            f"is the one on {rows}, the metrics of the others have a suffix."
        )
    return result


def _fill(result: Outcome, group: _Group) -> None:
    values: dict[str, list[float]] = {}
    for seen in group.calls:
        if seen.value is not None:
            values.setdefault(seen.metric, []).append(seen.value)
    for name, series in values.items():
        result.metrics[name] = series[-1]
        if len(set(series)) > 1:
            result.steps += [(name, step, value) for step, value in enumerate(series)]
            result.notes.append(f"{name} was computed {len(series)} times; the last one counts.")
    scored = [seen.scored for seen in group.calls if seen.scored is not None]
    # The same values with row labels in one call and without in another are the same rows.
    index = next((each.index for each in reversed(scored) if each.index is not None), None)
    try:
        evaluations = [replace(each, index=index).evaluation() for each in scored]
    except Exception as error:  # noqa: BLE001 - a run is kept whatever its arrays are
        result.notes.append(f"The predictions could not be kept: {error}")
        evaluations = []
    if any(seen.weighted for seen in group.calls):
        result.notes.append("Rows had weights; a comparison counts every row alike.")
    result.model = group.model
    result.scored = _used(group, index)
    result.on_training = group.is_training
    if not evaluations:
        return
    merged = evaluations[-1]
    for part in reversed(evaluations):
        merged = _merged(merged, part)
    result.evaluation = merged


def _used(group: _Group, index: Any) -> Used | None:
    """Return the scored rows as the code used them."""
    true = next((seen.scored.true for seen in reversed(group.calls) if seen.scored), None)
    if true is None or true.ndim != 1:
        return None
    if index is None:
        index = next((seen.index for seen in reversed(group.calls) if seen.index is not None), None)
    arrays = (seen.X() for seen in reversed(group.calls) if seen.X is not None)
    X = next((x for x in arrays if x is not None and len(x) == len(true)), None)
    targets = (seen.target() for seen in reversed(group.calls) if seen.target is not None)
    return Used("test", true, index, X, next((each for each in targets if each is not None), None))


def _merged(into: Evaluation, part: Evaluation) -> Evaluation:
    """Return `into` with what it lacks taken from an earlier call's `part`."""
    if into.y_pred is None and part.y_pred is not None:
        into = replace(into, y_pred=part.y_pred)
    gains_classes = (
        part.y_score is not None
        and into.y_score is not None
        and part.y_score.ndim == 2
        and into.y_score.ndim == 1
        and not into.probability
    )
    if (into.y_score is None and part.y_score is not None) or gains_classes:
        into = replace(into, y_score=part.y_score, probability=part.probability)
    if into.positive is None and part.positive is not None:
        into = replace(into, positive=part.positive)
    return into
