"""Runs side by side: what differs, by how much, and whether it is noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from notewright.errors import BadRecord, DifferentRows, NoEvaluation
from notewright.experiments import changes
from notewright.experiments.changes import Change, CodeChange
from notewright.experiments.evaluation import Array, Evaluation
from notewright.experiments.filter import SYNONYMS
from notewright.experiments.folds import TEST as FOLDS
from notewright.experiments.folds import over_folds
from notewright.experiments.measures import auc_scores, measure, right
from notewright.experiments.pairs import Difference, Estimate, corrected, estimates
from notewright.experiments.run import Run
from notewright.experiments.testset import TestSetUse, use_of

if TYPE_CHECKING:
    import pandas as pd

    from notewright.experiments.impact import Impact
    from notewright.experiments.runs import Runs

_SPOKEN = {spoken: names[-1] for spoken, names in SYNONYMS.items()}


@dataclass(frozen=True)
class Comparison:
    """What `Runs.compare` finds.

    Parameters
    ----------
    runs : tuple of Run
    names : tuple of str
        What sentences call them: their names, with ids where names repeat.
    params, data, environment : tuple of Change
        What differs.
    code : tuple of CodeChange
        How each run's cell differs from the first one's.
    estimates : tuple of Estimate
        Metrics with 95 % intervals.
    differences : tuple of Difference
        Pairwise, with interval and test, Holm-corrected together.
    same_rows : bool
        Whether all were scored on the same rows.
    test_set : TestSetUse or None
        How often these rows were used to choose.
    notes : tuple of str
        What could not be compared, and why.
    evaluations : tuple of Evaluation or None
        What each run was scored on, rows in the order of their labels.
    service : Runs
        Where models, steps and kept tables are read.
    """

    runs: tuple[Run, ...]
    names: tuple[str, ...]
    params: tuple[Change, ...]
    code: tuple[CodeChange, ...]
    data: tuple[Change, ...]
    environment: tuple[Change, ...]
    estimates: tuple[Estimate, ...]
    differences: tuple[Difference, ...]
    same_rows: bool
    test_set: TestSetUse | None
    notes: tuple[str, ...]
    evaluations: tuple[Evaluation | None, ...] = field(repr=False, compare=False)
    service: Runs = field(repr=False, compare=False)

    @property
    def sentences(self) -> tuple[str, ...]:
        """One plain sentence for each difference."""
        return tuple(difference.sentence(self.names) for difference in self.differences)

    def estimate(self, run: int, metric: str) -> Estimate | None:
        """Return one metric of the run at this place, or None."""
        found = (e for e in self.estimates if e.run == run and e.metric == metric)
        return next(found, None)

    def difference(self, metric: str, a: int = 0, b: int = 1) -> Difference | None:
        """Return the difference on a metric between the runs at two places, or None."""
        found = (d for d in self.differences if (d.metric, d.a, d.b) == (metric, a, b))
        return next(found, None)

    def impact(
        self,
        columns: pd.DataFrame | str | None = None,
        a: int = 0,
        b: int = 1,
        *,
        segments: bool = True,
    ) -> Impact:
        """Say whose prediction flips between two runs, and which segments gain and lose.

        Parameters
        ----------
        columns : DataFrame or str, optional
            The scored rows' columns: a table with their labels in its index
            (or of just these rows, in the order scored, where they have no
            labels), or the name of a variable that was kept with the runs. By
            default the raw table that was kept with them.
        a, b : int
            Places of the runs: the change from `a` to `b`.
        segments : bool, default True
            Whether to search for segments.

        Raises
        ------
        BadRecord
            If the runs were not scored on the same rows, or the rows cannot be
            found in the table.
        """
        from notewright.experiments.impact import impact

        first, second = self._scored(a), self._scored(b)
        table = None
        if segments:
            table = self._columns(columns, first.rows, (a, b))
        return impact(first, second, (self.names[a], self.names[b]), table)

    def _columns(
        self, given: pd.DataFrame | str | None, rows: Array, places: Sequence[int]
    ) -> pd.DataFrame:
        from notewright.experiments.rows import columns_for, kept_table

        if given is None or isinstance(given, str):
            _, table = kept_table(self.service, [self.runs[n] for n in places], rows, given)
            return table
        return columns_for(given, rows)

    def _scored(self, place: int) -> Evaluation:
        """Return the evaluation of a run, where all have one on the same rows."""
        found = self.evaluations[place]
        if found is None:
            raise NoEvaluation(self.runs[place].name)
        if not self.same_rows:
            raise BadRecord(
                "The runs were scored on different rows, so rows cannot be set side by side.",
                "Score them on the same rows.",
            )
        return found


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
    same = len({runs[place].row_digest for place in scored}) <= 1
    evaluations = {place: service.evaluation(runs[place]) for place in scored}
    if not same:
        if not allow_different_rows:
            raise _different(names, runs, evaluations)
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
        chosen = [runs[place] for place in scored]
        rows = len(evaluations[scored[0]])
        on_them = [each for each in differences if each.test != FOLDS]
        use = use_of(service.store, chosen, rows, on_them, count=count)
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
        evaluations=tuple(kept.get(place) for place in range(len(runs))),
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


def _different(
    names: Sequence[str], runs: Sequence[Run], evaluations: dict[int, Evaluation]
) -> DifferentRows:
    first, *others = evaluations
    other = next(n for n in others if runs[n].row_digest != runs[first].row_digest)
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
