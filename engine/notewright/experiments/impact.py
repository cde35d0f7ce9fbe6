"""What a change of models does to the rows: whose prediction flips, and who gains and loses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from notewright.errors import BadRecord
from notewright.experiments.evaluation import Array, Evaluation
from notewright.experiments.levels import Levels, levels
from notewright.experiments.measures import losses_of_probabilities, right
from notewright.experiments.pairs import short
from notewright.experiments.segments import Search, Segment, search
from notewright.state.withheld import Withheld
from notewright.words import number_of

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
#: So many ways in which labels change are told.
_MOST_MOVES = 6


@dataclass(frozen=True)
class Flips:
    """Whose predicted label changes.

    Parameters
    ----------
    rows, changed : int
    gained, lost : int
        Rows that become right, and rows that become wrong.
    moves : tuple of (str, str, int)
        The commonest changes: from, to, rows.
    """

    rows: int
    changed: int
    gained: int
    lost: int
    moves: tuple[tuple[str, str, int], ...]

    @property
    def sentence(self) -> str:
        """The flips in plain words."""
        if not self.changed:
            return f"No predicted label of {number_of(self.rows, 'row')} changes."
        elsewhere = self.changed - self.gained - self.lost
        more = f", {elsewhere:,} stay wrong" if elsewhere else ""
        return (
            f"{self.changed:,} of {number_of(self.rows, 'predicted label')} "
            f"change{'s' if self.changed == 1 else ''} ({100 * self.changed / self.rows:.2g} %): "
            f"{self.gained:,} become right, {self.lost:,} become wrong{more}."
        )


@dataclass(frozen=True)
class Shift:
    """By how much scores or predicted values change.

    Parameters
    ----------
    what : {"scores", "values"}
    mean : float
        Of the second less the first.
    median, p95, largest : float
        Of the absolute changes.
    """

    what: str
    mean: float
    median: float
    p95: float
    largest: float

    @property
    def sentence(self) -> str:
        """The changes in plain words."""
        subject = "Scores" if self.what == "scores" else "Predicted values"
        return (
            f"{subject} move by {short(self.median)} at the median, {short(self.p95)} at the 95th "
            f"percentile and {short(self.largest)} at most, by {short(self.mean)} on average."
        )


@dataclass(frozen=True)
class Impact:
    """What the second model changes for the rows.

    Parameters
    ----------
    names : (str, str)
        Of the first and the second run.
    flips : Flips or None
        For labels.
    shift : Shift or None
        For scores and values.
    unit : {"rows", "Brier score", "absolute error"}
        What segments gain in.
    segments : Search or None
        None without columns to search over.
    left_out : tuple of str
        Columns that tell no segments: one value, one value a row, or moments.
    withheld : tuple of Withheld
        Columns that no segments were made of, because the reader may not see them.
    """

    names: tuple[str, str]
    flips: Flips | None
    shift: Shift | None
    unit: str
    segments: Search | None
    left_out: tuple[str, ...] = ()
    withheld: tuple[Withheld, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """The changes in plain words, a sentence each."""
        told = [part.sentence for part in (self.flips, self.shift) if part is not None]
        if self.segments is None:
            return tuple(told)
        found = self.segments.confirmed
        told += [segment_sentence(segment, self.names, self.unit) for segment in found]
        if not found:
            told.append(
                f"Of {number_of(self.segments.searched, 'segment')} searched, none gains or loses "
                "more than luck explains."
            )
        return tuple(told)


def segment_sentence(segment: Segment, names: Sequence[str], unit: str) -> str:
    """Return what a segment gains or loses in plain words."""
    ends = (segment.interval[0], segment.interval[1])
    better = segment.value > 0
    p = "< 0.0001" if segment.p_adjusted < 0.0001 else f"= {segment.p_adjusted:.2g}"
    where = f"Where {segment.words} ({number_of(segment.rows, 'row')}), {names[1]}"
    counts = f"{segment.gained:,} rows better and {segment.lost:,} worse"
    if unit == "rows":
        how = f"{'gains' if better else 'loses'} {100 * abs(segment.value):.2g} points of accuracy"
        ends = (100 * ends[0], 100 * ends[1])
    else:
        how = f"{'lowers' if better else 'raises'} the {unit} by {short(abs(segment.value))}"
    low, high = ends if better else (-ends[1], -ends[0])
    return (
        f"{where} {how} (95 % interval {short(low)} to {short(high)}; {counts}; "
        f"found on one half and confirmed on the other, corrected p {p})."
    )


def impact(
    a: Evaluation, b: Evaluation, names: tuple[str, str], columns: pd.DataFrame | None = None
) -> Impact:
    """Return what `b` changes against `a` on the same rows in the same order.

    Parameters
    ----------
    a, b : Evaluation
    names : (str, str)
        What sentences call them.
    columns : DataFrame, optional
        Columns of the rows, in their order, to search for segments.

    Raises
    ------
    BadRecord
        If the rows of `columns` are not as many.
    """
    unit, gain = _gain(a, b)
    found, left_out = None, []
    if columns is not None and gain is not None:
        if len(columns) != len(a):
            raise BadRecord(
                f"The table has {len(columns)} rows, {len(a)} were scored.",
                "Give the columns of the scored rows, in their order.",
            )
        usable: list[Levels] = []
        for place in range(columns.shape[1]):
            column = columns.iloc[:, place]
            if _gives_away(column, a, b):
                continue
            one = levels(column)
            if one is None:
                left_out.append(str(column.name))
            else:
                usable.append(one)
        found = search(gain, usable)
    return Impact(names, _flips(a, b), _shift(a, b), unit, found, tuple(left_out))


def flipped_rows(a: Evaluation, b: Evaluation) -> pd.DataFrame:
    """Return the rows whose predicted label changes, by their labels.

    Returns
    -------
    DataFrame
        Columns ``true``, ``before``, ``after`` and ``becomes``: "right",
        "wrong", or "" where it was and stays wrong.

    Raises
    ------
    BadRecord
        If one of the two has no predicted labels, or several a row.
    """
    import pandas as pd

    hits_a, hits_b = right(a), right(b)
    if hits_a is None or hits_b is None or a.y_true.ndim != 1:
        raise BadRecord(
            "There is not one predicted label a row in both runs, so none can flip.",
            "Call a metric of labels, such as `accuracy_score`, inside the recorded cell.",
        )
    before, after = np.asarray(a.y_pred), np.asarray(b.y_pred)
    changed = np.flatnonzero(before != after)
    becomes = np.where(hits_b, "right", np.where(hits_a, "wrong", ""))
    columns = {"true": a.y_true, "before": before, "after": after, "becomes": becomes}
    found = {name: values[changed] for name, values in columns.items()}
    return pd.DataFrame(found, index=pd.Index(a.rows[changed], name="row"))


def _gain(a: Evaluation, b: Evaluation) -> tuple[str, Floats | None]:
    """Return how much better `b` does on each row, and in what."""
    hits = right(a), right(b)
    if hits[0] is not None and hits[1] is not None:
        return "rows", hits[1].astype(np.float64) - hits[0].astype(np.float64)
    losses = losses_of_probabilities(a), losses_of_probabilities(b)
    if losses[0] is not None and losses[1] is not None:
        return "Brier score", losses[0] - losses[1]
    values = _values(a), _values(b)
    if values[0] is not None and values[1] is not None:
        true = a.y_true.astype(np.float64)
        return "absolute error", np.abs(values[0] - true) - np.abs(values[1] - true)
    return "rows", None


def _flips(a: Evaluation, b: Evaluation) -> Flips | None:
    hits_a, hits_b = right(a), right(b)
    if hits_a is None or hits_b is None or a.y_pred is None or b.y_pred is None:
        return None
    if a.y_pred.ndim != 1 or b.y_pred.ndim != 1:
        return None
    changed = np.flatnonzero(a.y_pred != b.y_pred)
    moves = Counter(zip(a.y_pred[changed].tolist(), b.y_pred[changed].tolist(), strict=True))
    return Flips(
        len(a),
        len(changed),
        int(np.sum(hits_b & ~hits_a)),
        int(np.sum(hits_a & ~hits_b)),
        tuple((str(old), str(new), n) for (old, new), n in moves.most_common(_MOST_MOVES)),
    )


def _shift(a: Evaluation, b: Evaluation) -> Shift | None:
    what, first, second = "values", _values(a), _values(b)
    if first is None or second is None:
        what, first, second = "scores", _scores(a), _scores(b)
    if first is None or second is None or len(first) == 0:
        return None
    change = second - first
    sizes = np.abs(change)
    median, p95 = np.quantile(sizes, [0.5, 0.95])
    return Shift(what, float(change.mean()), float(median), float(p95), float(sizes.max()))


def _values(evaluation: Evaluation) -> Floats | None:
    pred = evaluation.y_pred
    if evaluation.task != "regression" or pred is None or pred.ndim != 1:
        return None
    return None if pred.dtype.kind not in "biuf" else pred.astype(np.float64)


def _scores(evaluation: Evaluation) -> Floats | None:
    """Return scores of the positive class, where two models' are on one scale: probabilities."""
    scores = evaluation.y_score
    if scores is None or not evaluation.probability or evaluation.positive is None:
        return None
    if scores.ndim == 2:
        return None if scores.shape[1] != 2 else scores[:, 1].astype(np.float64)
    return scores.astype(np.float64)


def _gives_away(column: pd.Series, *evaluations: Evaluation) -> bool:
    """Tell whether a column is what was to be predicted, or a prediction."""
    known = (evaluations[0].y_true, *(each.y_pred for each in evaluations))
    return any(_same(column, each) for each in known if each is not None and each.ndim == 1)


def _same(column: pd.Series, values: Array) -> bool:
    """Tell whether a column holds just these values, perhaps under other names."""
    if column.dtype.kind == values.dtype.kind == "f":
        return bool(np.array_equal(column.to_numpy(dtype=np.float64), values.astype(np.float64)))
    # Most columns differ in the first rows already.
    few = slice(0, 50), slice(None)
    return all(_renamed(column.iloc[part], values[part]) for part in few)


def _renamed(column: pd.Series, values: Array) -> bool:
    """Tell whether equal values stand where the column has equal ones, and nowhere else."""
    a, b = column.factorize(use_na_sentinel=False)[0], np.unique(values, return_inverse=True)[1]
    kinds = len(np.unique(b))
    if kinds > len(values) / 2:  # where each value is another, names tell nothing
        return bool((column.astype(str) == values.astype(str)).all())
    pairs = len(np.unique(a.astype(np.int64) * (len(values) + 1) + b))
    return pairs == len(np.unique(a)) == kinds
