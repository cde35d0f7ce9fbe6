"""Scores by fold of a cross-validation, and what two runs over the same folds differ by."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from notewright.errors import BadRecord
from notewright.experiments.evaluation import value_digest
from notewright.experiments.filter import SYNONYMS
from notewright.experiments.measures import measure
from notewright.experiments.pairs import Difference, Estimate
from notewright.experiments.run import Run
from notewright.experiments.statistics.normal import POWER_FACTOR, Z
from notewright.experiments.statistics.resampled_t import resampled_t
from notewright.store.canonical import digest_of

if TYPE_CHECKING:
    from notewright.experiments.runs import Runs

TEST = "corrected resampled t-test"
#: Tags that say which rows each fold held out, and how many it trained on and held out.
FOLDS, TRAIN_ROWS, TEST_ROWS = "folds", "train_rows", "test_rows"
_SPOKEN = {spoken: names[-1] for spoken, names in SYNONYMS.items()}


@dataclass(frozen=True)
class FoldScores:
    """One metric of one run over the folds of a cross-validation, repeated or not.

    Parameters
    ----------
    metric : str
    scores : tuple of float
        One a fold, of all repetitions.
    folds : tuple of str
        What tells folds apart: equal for the same held-out rows.
    train_rows, test_rows : tuple of int
        Rows that each fold trained on and was judged by.
    """

    metric: str
    scores: tuple[float, ...]
    folds: tuple[str, ...]
    train_rows: tuple[int, ...]
    test_rows: tuple[int, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.scores), len(self.folds), len(self.train_rows), len(self.test_rows)}
        if len(lengths) > 1:
            raise BadRecord(
                "Scores, folds, train_rows and test_rows have different lengths.",
                "Give one of each a fold.",
            )

    def same_folds(self, other: FoldScores) -> bool:
        """Tell whether both were judged by the same folds, in any order."""
        return Counter(self.folds) == Counter(other.folds)

    def ordered(self) -> FoldScores:
        """Return the same in the order of the folds."""
        order = sorted(range(len(self.folds)), key=self.folds.__getitem__)
        return FoldScores(
            self.metric,
            tuple(self.scores[n] for n in order),
            tuple(self.folds[n] for n in order),
            tuple(self.train_rows[n] for n in order),
            tuple(self.test_rows[n] for n in order),
        )


def fold_difference(a: FoldScores, b: FoldScores, places: tuple[int, int] = (0, 1)) -> Difference:
    """Return how much `b` differs from `a` over the same folds, with interval and test.

    Raises
    ------
    BadRecord
        If the folds or the metrics are not the same, or there are fewer than two.

    Examples
    --------
    >>> rows = {"folds": ("1", "2", "3"), "train_rows": (80,) * 3, "test_rows": (40,) * 3}
    >>> a = FoldScores("accuracy", (0.80, 0.81, 0.79), **rows)
    >>> b = FoldScores("accuracy", (0.90, 0.92, 0.89), **rows)
    >>> fold_difference(a, b).sentence(["A", "B"])
    'B is better by 0.10 accuracy (95 % interval 0.081 to 0.13).'
    """
    if a.metric != b.metric or not a.same_folds(b):
        raise BadRecord(
            "The two were not judged by one metric over the same folds.",
            "Give both cross-validations one splitter with a fixed `random_state`.",
        )
    if len(a.scores) < 2:
        raise BadRecord("One fold has no spread.", "Use two folds or more.")
    first, second = a.ordered(), b.ordered()
    change = np.asarray(second.scores) - np.asarray(first.scores)
    found = resampled_t(change, first.train_rows, first.test_rows)
    # Student's quantile in the place of the normal one.
    reach = found.high - found.value + (POWER_FACTOR - Z) * found.error
    return Difference(
        a=places[0],
        b=places[1],
        metric=a.metric,
        title=_title(a.metric),
        value=found.value,
        interval=(found.low, found.high),
        p_value=found.p_value,
        p_adjusted=found.p_value,
        test=TEST,
        detectable=reach,
        higher_is_better=_higher_is_better(a.metric),
        paired=True,
        shown_by="these folds",
    )


def over_folds(
    service: Runs, runs: Sequence[Run]
) -> tuple[list[Estimate], list[Difference], list[str]]:
    """Return means over folds, differences between runs with the same folds, and notes.

    `fold_scores` says where a run's scores by fold are found.
    """
    scores = [fold_scores(service, run) for run in runs]
    found = [
        Estimate(
            place,
            name,
            f"{_title(name)}, mean of {len(given.scores)} folds",
            float(np.mean(given.scores)),
            None,
            math.nan,
            "folds",
        )
        for place, by_metric in enumerate(scores)
        for name, given in by_metric.items()
    ]
    differences, apart = [], False
    for i in range(len(runs)):
        for j in range(i + 1, len(runs)):
            for name in scores[i]:
                a, b = scores[i][name], scores[j].get(name)
                if b is None:
                    continue
                if a.same_folds(b):
                    differences.append(fold_difference(a, b, (i, j)))
                else:
                    apart = True
    notes = [
        "Some cross-validations used different folds, so their scores are not tested against "
        "each other: use one splitter with a fixed `random_state`."
    ]
    return found, differences, notes if apart else []


def fold_tags(splits: Iterable[tuple[ArrayLike, ArrayLike]]) -> dict[str, str]:
    """Return the tags with which a cross-validated run tells its folds.

    Parameters
    ----------
    splits : iterable of (train, test)
        Row positions or labels, as a splitter's `split` gives them, in the
        order of the scores.

    Examples
    --------
    >>> tags = fold_tags([([1, 2], [0]), ([0, 2], [1]), ([0, 1], [2])])
    >>> tags["train_rows"], tags["test_rows"]
    ('2,2,2', '1,1,1')
    """
    train, held_out = [], []
    for ours, theirs in splits:
        train.append(len(np.asarray(ours)))
        held_out.append(np.sort(np.asarray(theirs)))
    each = [value_digest(rows) for rows in held_out]
    return {
        FOLDS: digest_of(",".join(each).encode()),
        TRAIN_ROWS: ",".join(map(str, train)),
        TEST_ROWS: ",".join(str(len(rows)) for rows in held_out),
    }


def fold_scores(service: Runs, run: Run) -> dict[str, FoldScores]:
    """Return a run's scores by fold for each metric; empty where it tells of none.

    They are the run's steps, where its tags tell its folds (`fold_tags`), or
    those of the one child run that has such tags; or the metrics of child runs
    that are a fold each, which are known by their held-out rows.
    """
    if _told(run):
        return _of_steps(service, run)
    below = service.list(f'parent == "{run.id}"')
    children = [child for child in below if child.status == "finished"]
    whole = [child for child in children if FOLDS in child.tags and _told(child)]
    if len(whole) == 1:
        return _of_steps(service, whole[0])
    folds = [child for child in children if child.row_digest is not None or _told(child)]
    sizes = _sizes(service, folds) if len(folds) > 1 and not whole else None
    if sizes is None:
        return {}
    shared = set.intersection(*[set(fold.metrics) for fold in folds])
    names = tuple(str(fold.row_digest or fold.name) for fold in folds)
    scores = {name: [fold.metrics[name] for fold in folds] for name in sorted(shared)}
    return _scores(scores, names, *sizes)


def _of_steps(service: Runs, run: Run) -> dict[str, FoldScores]:
    """Return the scores that a run logged with the number of the fold as step."""
    sizes = _numbers(run.tags[TRAIN_ROWS]), _numbers(run.tags[TEST_ROWS])
    by_metric: dict[str, dict[int, float]] = {}
    for name, step, value in service.steps(run):
        if step is not None and not name.endswith("_train"):
            by_metric.setdefault(name, {})[step] = value
    places = list(range(len(sizes[0])))
    whole = {n: [v[p] for p in places] for n, v in by_metric.items() if sorted(v) == places}
    names = tuple(f"{run.tags.get(FOLDS, '')} {place:06}" for place in places)
    return _scores(whole, names, *sizes) if FOLDS in run.tags and len(places) > 1 else {}


def _scores(
    by_metric: Mapping[str, Sequence[float]],
    folds: tuple[str, ...],
    train: tuple[int, ...],
    test: tuple[int, ...],
) -> dict[str, FoldScores]:
    return {
        (metric := _SPOKEN.get(name, name)): FoldScores(metric, tuple(scores), folds, train, test)
        for name, scores in by_metric.items()
        if all(map(math.isfinite, scores))
    }


def _told(run: Run) -> bool:
    train, test = (_numbers(run.tags.get(name, "")) for name in (TRAIN_ROWS, TEST_ROWS))
    return 0 < len(train) == len(test)


def _numbers(words: str) -> tuple[int, ...]:
    parts = words.split(",")
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else ()


def _sizes(service: Runs, folds: Sequence[Run]) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Return the rows of each fold: as told, else as the held-out rows of all folds make out."""
    if all(_told(fold) for fold in folds):
        told = [(_numbers(f.tags[TRAIN_ROWS])[0], _numbers(f.tags[TEST_ROWS])[0]) for f in folds]
        return tuple(train for train, _ in told), tuple(test for _, test in told)
    if any(fold.evaluation is None for fold in folds):
        return None
    rows = [service._evaluation(fold).rows for fold in folds]
    total = len(np.unique(np.concatenate(rows)))
    test = tuple(len(held_out) for held_out in rows)
    train = tuple(total - count for count in test)
    # Labels that begin anew in each fold do not tell how many rows there are.
    return (train, test) if min(train) >= min(test) else None


def _title(name: str) -> str:
    known = measure(name)
    return "AUC" if name == "roc_auc" else name if known is None else known.title


def _higher_is_better(name: str) -> bool:
    known = measure(name)
    if known is not None:
        return known.higher_is_better
    # scikit-learn's scorers turn losses round and say so in their names.
    return name.startswith("neg_") or not any(word in name for word in ("loss", "error"))
