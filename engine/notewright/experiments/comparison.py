"""Runs side by side: what differs, by how much, and whether it is noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from notewright.errors import BadRecord, DifferentRows
from notewright.experiments import changes
from notewright.experiments.compared import Comparison as Comparison
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.filter import SYNONYMS
from notewright.experiments.fold_scores import TEST as FOLDS
from notewright.experiments.fold_scores import over_folds
from notewright.experiments.measures import auc_scores, measure, right
from notewright.experiments.pairs import Difference, Estimate, corrected, estimates
from notewright.experiments.run import Run
from notewright.experiments.same_table import in_one_table
from notewright.experiments.testset import use_of

if TYPE_CHECKING:
    from notewright.experiments.runs import Runs

_SPOKEN = {spoken: names[-1] for spoken, names in SYNONYMS.items()}


def compare(
    service: Runs, runs: Sequence[Run], *, allow_different_rows: bool, count: bool
) -> Comparison:
    """Compare two runs or more; see `Runs.compare`."""
    if len({run.id for run in runs}) < 2:
        raise BadRecord("A comparison needs two different runs.", "`%nw runs` lists them.")
    names = _names(runs)
    scored = [place for place, run in enumerate(runs) if run.evaluation is not None]
    means, by_fold, notes = over_folds(service, runs)
    folded = {estimate.run for estimate in means}
    notes += [
        _unscored(names[place], run)
        for place, run in enumerate(runs)
        if run.evaluation is None and place not in folded
    ]
    evaluations = {place: service._evaluation(runs[place]) for place in scored}
    chosen = {place: runs[place] for place in scored}
    evaluations = in_one_table(service, chosen, evaluations) or evaluations
    same = len({each.row_digest for each in evaluations.values()}) <= 1
    if not same:
        if not allow_different_rows:
            raise _different(names, evaluations)
        notes.append(
            "The runs were scored on different rows: a difference may come from the rows as well "
            "as from the models, and small ones cannot be seen."
        )
    found: list[Estimate] = []
    differences: list[Difference] = []
    kept: dict[int, Evaluation] = {}
    if scored:
        ordered = [evaluations[place].ordered() for place in scored]
        kept.update(zip(scored, ordered, strict=True))
        metrics = _metrics([runs[place] for place in scored], ordered)
        found, differences = estimates(ordered, metrics, paired=same)
        found = [_moved(estimate, scored) for estimate in found]
        differences = [_moved_pair(difference, scored) for difference in differences]
        notes += _untested(runs, metrics, found)
    found += means
    differences = corrected([*differences, *by_fold])
    use = None
    if len(scored) > 1 and same:
        rows = len(evaluations[scored[0]])
        on_them = [each for each in differences if each.test != FOLDS]
        use = use_of(service.store, list(chosen.values()), rows, on_them, count=count)
    return Comparison(
        runs=tuple(runs),
        names=names,
        params=changes.parameters(runs),
        code=changes.code(service, runs),
        data=changes.data(runs),
        environment=changes.environment(service, runs),
        estimates=tuple(found),
        differences=tuple(differences),
        same_rows=same,
        test_set=use,
        notes=tuple(notes),
        _evaluations=tuple(kept.get(place) for place in range(len(runs))),
        service=service,
    )


def _names(runs: Sequence[Run]) -> tuple[str, ...]:
    plain = [run.name for run in runs]
    return tuple(
        f"'{run.name}'" if plain.count(run.name) == 1 else f"'{run.name}' ({run.id[:8]})"
        for run in runs
    )


def _metrics(runs: Sequence[Run], evaluations: Sequence[Evaluation]) -> list[str]:
    """Return the metrics to test: those the runs computed, else one that fits the task."""
    computed = dict.fromkeys(_SPOKEN.get(name, name) for run in runs for name in run.metrics)
    usable = [n for n in computed if n == "roc_auc" or measure(n) is not None]
    if any(_computable(name, evaluation) for name in usable for evaluation in evaluations):
        # First what depends on no threshold; records keep no other order.
        return sorted(usable, key=lambda name: name != "roc_auc")
    candidates = ("roc_auc", "accuracy", "rmse")
    fitting = [n for n in candidates if all(_computable(n, each) for each in evaluations)]
    return fitting[:2]


def _computable(name: str, evaluation: Evaluation) -> bool:
    if name == "roc_auc":
        return auc_scores(evaluation) is not None
    if name == "accuracy":
        return right(evaluation) is not None
    chosen = measure(name)
    return chosen is not None and chosen.contributions(evaluation) is not None


def _untested(runs: Sequence[Run], metrics: Sequence[str], found: Sequence[Estimate]) -> list[str]:
    tested = {estimate.metric for estimate in found}
    left = {
        _SPOKEN.get(name, name)
        for name in set.intersection(*[set(run.metrics) for run in runs])
        if _SPOKEN.get(name, name) not in tested
    }
    if not left:
        return []
    return [f"No interval or test is known for {', '.join(sorted(left))}; only values are shown."]


def _unscored(name: str, run: Run) -> str:
    if run.model is not None and not run.metrics:
        return f"{name} has a model but no metric was computed in it, so there is nothing to test."
    return f"{name} recorded no predictions, so its metrics have no interval and no test."


def _different(names: Sequence[str], evaluations: dict[int, Evaluation]) -> DifferentRows:
    first, *others = evaluations
    digest = evaluations[first].row_digest
    other = next(n for n in others if evaluations[n].row_digest != digest)
    a, b = evaluations[first], evaluations[other]
    shared = len(set(a.rows.tolist()) & set(b.rows.tolist()))
    how = f"{len(a)} rows and {len(b)} rows, {shared} with the same label"
    if shared == len(a) == len(b):
        how = "the row labels are the same, but the true values are not"
    return DifferentRows(names[first].strip("'"), names[other].strip("'"), how)


def _moved(estimate: Estimate, places: Sequence[int]) -> Estimate:
    return replace(estimate, run=places[estimate.run])


def _moved_pair(difference: Difference, places: Sequence[int]) -> Difference:
    return replace(difference, a=places[difference.a], b=places[difference.b])
