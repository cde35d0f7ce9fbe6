"""What a comparison of runs found, and what can be asked of it further."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from notewright.errors import BadRecord, NoEvaluation
from notewright.experiments.changes import Change, CodeChange
from notewright.experiments.evaluation import Array, Evaluation
from notewright.experiments.pairs import Difference, Estimate
from notewright.experiments.run import Run
from notewright.experiments.scored_columns import Hidden, hidden_of, with_stand_ins
from notewright.experiments.testset import TestSetUse
from notewright.state.clearing import Cleared, cleared
from notewright.state.withheld import ValuesWithheld, Withholding, united
from notewright.words import some_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from notewright.experiments.calibration import Calibration
    from notewright.experiments.costs import Costs, Matrix
    from notewright.experiments.fairness import Fairness
    from notewright.experiments.impact import Impact
    from notewright.experiments.plots.chart import Chart
    from notewright.experiments.runs import Runs
    from notewright.experiments.speed import Speed


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
    service : Runs or None
        Where models, steps and kept tables are read.

    Notes
    -----
    Saved in a snapshot or pickled, it keeps what it found but neither scored
    rows nor the service, so it can be asked nothing further.
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
    #: What each run was scored on, whole, rows in the order of their labels.
    _evaluations: tuple[Evaluation | None, ...] = field(repr=False, compare=False)
    service: Runs | None = field(repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_evaluations": (None,) * len(self.runs), "service": None}

    @property
    def evaluations(self) -> tuple[Evaluation | None, ...]:
        """What each run was scored on, rows in the order of their labels.

        Without what is withheld from the reader, as `Runs.evaluation` gives it; None where
        nothing is left, or nothing was scored.
        """
        return tuple(
            None if whole is None else self._hidden(place).told(whole, self._classified)
            for place, whole in enumerate(self._evaluations)
        )

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
        table: Cleared = Cleared(None)
        if segments:
            table = self._columns(columns, first.rows, (a, b))
        found = impact(first, second, (self.names[a], self.names[b]), table.value)
        hidden = (self._hidden(a).target, self._hidden(b).target)
        return replace(found, withheld=united(table.withheld, *hidden))

    def flipped(self, a: int = 0, b: int = 1) -> pd.DataFrame:
        """Return the rows whose predicted label changes between two runs, by their labels.

        Its columns are ``true``, ``before``, ``after`` and ``becomes``
        ("right", "wrong", or "" where it stays wrong). Where a column that the reader may
        not see is what was predicted, its labels have stand-ins; where it is the rows'
        labels, rows are numbered. A warning names it.
        """
        from notewright.experiments.impact import flipped_rows

        first, second = self._scored(a), self._scored(b)
        hidden = self._hidden(a).withheld, self._hidden(b).withheld
        if withheld := united(*hidden):
            warnings.warn(ValuesWithheld(withheld), stacklevel=2)
        if self._hidden(a).labels or self._hidden(b).labels:
            first, second = (replace(e, rows=np.arange(len(e))) for e in (first, second))
        return flipped_rows(first, second)

    def costs(self, matrix: Matrix | None = None, /, **cells: float) -> Costs:
        """Say what each run's mistakes cost a row, and whether the difference is noise.

        Parameters
        ----------
        matrix : mapping, optional
            Costs by (true label, predicted label); pairs left out cost nothing.
        **cells : float
            For two classes instead: some of ``fp``, ``fn``, ``tp``, ``tn``.

        Raises
        ------
        BadRecord
            If a cost or a run's predicted labels are missing.

        Examples
        --------
        ``comparison.costs(fp=1, fn=10)``
        """
        from notewright.experiments.costs import binary_matrix, costs

        evaluations = [self._scored(place) for place in range(len(self.runs))]
        if matrix is None:
            matrix = binary_matrix(evaluations[0], cells)
        return costs(evaluations, self.names, matrix)

    def calibration(self, bins: int = 10) -> tuple[Calibration | None, ...]:
        """Say whether each run's probabilities come true; None for a run without any.

        Parameters
        ----------
        bins : int, default 10
            Bands of equal width between 0 and 1.
        """
        from notewright.experiments.calibration import calibration

        self._store()
        return tuple(
            None if whole is None else calibration(self._counted(place, whole), bins)
            for place, whole in enumerate(self._evaluations)
        )

    def fairness(
        self,
        sensitive: str | pd.Series,
        columns: pd.DataFrame | str | None = None,
        *,
        bands: Sequence[float] = (),
        favourable: Any = None,
    ) -> tuple[Fairness, ...]:
        """Say how the groups of a sensitive column fare under each run.

        Parameters
        ----------
        sensitive : str or Series
            A column of `columns`, or the scored rows' values, with their labels.
        columns : DataFrame or str, optional
            As for :meth:`impact`.
        bands : sequence of float, optional
            Where to cut a column of numbers.
        favourable : optional
            The label that people want; by default the positive one.

        Raises
        ------
        BadRecord
            If the column, the rows or the label cannot be found.
        AccessDenied
            If the column of a kept table is withheld.
        """
        from notewright.experiments.fairness import fairness
        from notewright.experiments.groups import grouped

        evaluations = [self._scored(place) for place in range(len(self.runs))]
        rows = evaluations[0].rows
        if not isinstance(sensitive, str):
            columns, sensitive = sensitive.to_frame(), str(sensitive.name)
            columns.columns = [sensitive]
        found = self._columns(columns, rows, range(len(self.runs)), sensitive)
        table = found.value
        for withheld in Withholding(found.withheld).among([sensitive]):
            self._store().restrictions.refuse(withheld, "the table that was kept with the runs")
        if sensitive not in table.columns:
            raise BadRecord(
                f"The table has no column '{sensitive}'.",
                f"It has {some_of([str(name) for name in table.columns])}.",
            )
        groups = grouped(table[sensitive], bands)
        return fairness(evaluations, groups, sensitive, favourable)

    def speed(self, features: Any = None) -> tuple[Speed, ...]:
        """Say how long each run's model takes to predict, warm, and how much room it takes.

        Parameters
        ----------
        features : array-like, DataFrame or str, optional
            What the models predict from, or the name of a variable, of which
            each run's own value is taken as it was kept with it. Without it
            only sizes are told.
        """
        from notewright.experiments.columns import kept_value
        from notewright.experiments.speed import speeds

        if features is None:
            return speeds(self._store(), self.runs)
        if isinstance(features, str):
            each = [kept_value(self._store(), run, features) for run in self.runs]
        else:
            each = [features] * len(self.runs)
        return speeds(self._store(), self.runs, each)

    def plots(self) -> dict[str, Figure]:
        """Return matplotlib figures by name: those for which there is something to show.

        ``roc``, ``precision_recall``, ``calibration``, ``residuals``,
        ``learning`` (metrics logged with steps), ``parameters`` and
        ``scatter`` (from three runs on). They are no part of pyplot's state;
        ``figure.savefig(path)`` writes one.
        """
        from notewright.experiments.plots.drawing import draw

        return {name: draw(chart) for name, chart in self.charts().items()}

    def charts(self) -> dict[str, Chart]:
        """Return what :meth:`plots` draws, as data: series of points by name of the figure."""
        from notewright.experiments.plots.charts import charts_of

        return charts_of(self, self._store())

    def _columns(
        self,
        given: pd.DataFrame | str | None,
        rows: Array,
        places: Sequence[int],
        column: str = "",
    ) -> Cleared:
        """Return the rows' columns; of a table that was kept, those the reader may see."""
        from notewright.experiments.columns import columns_for, kept_table

        if given is None or isinstance(given, str):
            runs = [self.runs[n] for n in places]
            table = kept_table(self._store(), runs, rows, given, column)
            return cleared(table, self._store().restrictions.now())
        return Cleared(columns_for(given, rows))

    def _store(self) -> Runs:
        if self.service is None:
            raise BadRecord(
                "This comparison came out of a snapshot or a pickle, without the scored rows.",
                "Compare the runs again: `ws.runs.compare([...])`.",
            )
        return self.service

    def _scored(self, place: int) -> Evaluation:
        """Return the evaluation of a run, where all have one on the same rows."""
        self._store()
        found = self._evaluations[place]
        if found is None:
            raise NoEvaluation(self.runs[place].name)
        if not self.same_rows:
            raise BadRecord(
                "The runs were scored on different rows, so rows cannot be set side by side.",
                "Score them on the same rows.",
            )
        return self._counted(place, found)

    def _counted(self, place: int, whole: Evaluation) -> Evaluation:
        """Return scored rows as they are counted: classes that are withheld have stand-ins."""
        if not self._hidden(place).target or whole.task != "classification":
            return whole
        return with_stand_ins(whole, self._classified)

    @property
    def _classified(self) -> list[Evaluation]:
        """The evaluations of classes, which have the same stand-ins."""
        scored = (each for each in self._evaluations if each is not None)
        return [each for each in scored if each.task == "classification"]

    def _hidden(self, place: int) -> Hidden:
        """Return what of a run's scored rows the reader may not see."""
        return Hidden() if self.service is None else hidden_of(self.service, self.runs[place])
