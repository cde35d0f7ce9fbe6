"""Segments of the rows where one model gains on another, or loses.

With hundreds of segments looked at, some stand out by luck alone. So they are
searched on one half of the rows and tested on the other, which had no part in
the choice: p-values and sizes of confirmed segments can be taken as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from notewright.experiments.levels import Levels
from notewright.experiments.statistics.holm import holm
from notewright.experiments.statistics.mcnemar import mcnemar, paired_interval
from notewright.experiments.statistics.normal import LEVEL

Floats = NDArray[np.float64]
#: Rows of a segment in each half, at least; and the share of all rows, at most.
_LEAST, _LARGEST = 30, 0.9
#: Segments that go to the test, of each sign.
_TESTED = 5
#: So many standard errors a segment must add to those chosen before it.
_TELLING = 2.0
#: Pairs are searched among this many columns, those that tell most by themselves.
_PAIRED_COLUMNS = 25
_SEED = 20_260_302


@dataclass(frozen=True)
class Segment:
    """A part of the rows where the models fare differently.

    Parameters
    ----------
    words : str
        What its rows have in common: "age below 31 and region is north".
    columns : tuple of str
    rows : int
        In both halves.
    value : float
        Mean gain of the second model a row, in the confirming half; a share
        of rows for labels, else in units of the loss.
    interval : (float, float)
        95 %.
    gained, lost : int
        Rows of both halves where the second model does better, or worse.
    p_value, p_adjusted : float
        In the confirming half, of the segment's rows that are in none of those
        found before it; before and after Holm's correction.
    """

    words: str
    columns: tuple[str, ...]
    rows: int
    value: float
    interval: tuple[float, float]
    gained: int
    lost: int
    p_value: float
    p_adjusted: float

    @property
    def confirmed(self) -> bool:
        """Whether it holds after the correction, and its own interval is on one side of zero.

        The test is of the rows that no segment before it has: those may gain where
        the segment as a whole cannot be said to.
        """
        low, high = self.interval
        return self.p_adjusted < 1 - LEVEL and (low > 0 or high < 0)


@dataclass(frozen=True)
class Search:
    """What a search for segments found.

    Parameters
    ----------
    searched : int
        Segments looked at.
    tested : tuple of Segment
        Those that stood out in the first half, as the second half has them;
        most certain first.
    """

    searched: int
    tested: tuple[Segment, ...]

    @property
    def confirmed(self) -> tuple[Segment, ...]:
        """The segments that hold after correction."""
        return tuple(segment for segment in self.tested if segment.confirmed)


@dataclass(frozen=True, eq=False)
class _Candidate:
    score: float
    levels: tuple[tuple[Levels, int], ...]

    def mask(self) -> NDArray[np.bool_]:
        masks = [each.codes == level for each, level in self.levels]
        return np.asarray(np.logical_and.reduce(masks))


@dataclass(frozen=True, eq=False)
class _Half:
    """A column's levels in the first half."""

    levels: Levels
    codes: NDArray[np.int32]

    @property
    def size(self) -> int:
        return len(self.levels.words)


def search(gain: Floats, columns: Sequence[Levels]) -> Search:
    """Search single columns and pairs of them for segments that gain or lose.

    Parameters
    ----------
    gain : array of shape (n,)
        How much better the second model does on each row; -1, 0 and 1 where
        labels are right or wrong.
    columns : sequence of Levels
        Of the same rows.

    Notes
    -----
    A segment's evidence in the first half is `sum(g) / sqrt(sum(g²))`, the
    score test of a zero mean. Of those with the most evidence up to five of
    each sign are tested, each by its rows beyond those of the ones before it,
    so one change is not told twice.
    """
    first = np.random.Generator(np.random.PCG64(_SEED)).permutation(len(gain)) % 2 == 0
    halves = [_Half(each, each.codes[first].astype(np.int32)) for each in columns]
    candidates = _candidates(gain[first], halves)
    chosen = [
        candidate
        for sign in (1, -1)
        for candidate in _telling([c for c in candidates if sign * c.score > 0], gain, first)
    ]
    found = [_tested(candidate, own, gain, ~first) for candidate, own in chosen]
    adjusted = holm([segment.p_value for segment in found])
    corrected = [replace(s, p_adjusted=p) for s, p in zip(found, adjusted, strict=True)]
    return Search(len(candidates), tuple(sorted(corrected, key=lambda s: s.p_value)))


def _candidates(gain: Floats, columns: Sequence[_Half]) -> list[_Candidate]:
    """Return every segment that is large enough, by its evidence in the first half."""
    # Rows on which both do alike count for a segment's size only.
    told = np.flatnonzero(gain)
    gains, squares = gain[told], gain[told] ** 2

    def scored(codes: NDArray[np.int32], size: int) -> tuple[NDArray[np.int64], Floats]:
        rows = np.bincount(codes, minlength=size)
        sums = np.bincount(codes[told], weights=gains, minlength=size)
        spread = np.sqrt(np.bincount(codes[told], weights=squares, minlength=size))
        enough = (rows >= _LEAST) & (rows <= _LARGEST * len(gain)) & (spread > 0)
        places = np.flatnonzero(enough)
        return places, sums[places] / spread[places]

    singles: list[_Candidate] = []
    telling: list[float] = []
    for column in columns:
        places, scores = scored(column.codes, column.size + 1)
        kept = [(p, s) for p, s in zip(places, scores, strict=True) if p < column.size]
        singles += [_Candidate(float(s), ((column.levels, int(p)),)) for p, s in kept]
        telling.append(max((abs(s) for _, s in kept), default=0.0))
    order = sorted(range(len(columns)), key=lambda n: -telling[n])[:_PAIRED_COLUMNS]
    pairs: list[_Candidate] = []
    for i, a in enumerate(columns[n] for n in order):
        for b in (columns[n] for n in order[i + 1 :]):
            width = b.size + 1
            places, scores = scored(a.codes * np.int32(width) + b.codes, (a.size + 1) * width)
            for place, score in zip(places.tolist(), scores.tolist(), strict=True):
                level_a, level_b = divmod(place, width)
                if level_a < a.size and level_b < b.size:
                    pairs.append(_Candidate(score, ((a.levels, level_a), (b.levels, level_b))))
    return singles + pairs


def _telling(
    candidates: Sequence[_Candidate], gain: Floats, first: NDArray[np.bool_]
) -> list[tuple[_Candidate, NDArray[np.bool_]]]:
    """Return the candidates to test, each with its rows beyond those of the ones before it."""
    chosen: list[tuple[_Candidate, NDArray[np.bool_]]] = []
    free = np.ones_like(first)
    # Python's sort keeps singles before pairs of equal evidence.
    for candidate in sorted(candidates, key=lambda c: -abs(c.score))[:200]:
        if abs(candidate.score) < _TELLING or len(chosen) == _TESTED:
            break
        mask = candidate.mask()
        own = mask & free
        left = gain[own & first]
        sign = math.copysign(1.0, candidate.score)
        enough = min(len(left), int(np.sum(own & ~first))) >= _LEAST
        if not enough or sign * left.sum() <= _TELLING * math.sqrt(float(np.sum(left**2))):
            continue
        chosen.append((candidate, own))
        free &= ~mask
    return chosen


def _tested(
    candidate: _Candidate, own: NDArray[np.bool_], gain: Floats, second: NDArray[np.bool_]
) -> Segment:
    mask = candidate.mask()
    confirming = gain[mask & second]
    low, high, _ = _test(confirming)
    _, _, p = _test(gain[own & second])
    return Segment(
        words=" and ".join(column.words[level] for column, level in candidate.levels),
        columns=tuple(column.column for column, _ in candidate.levels),
        rows=int(mask.sum()),
        value=float(confirming.mean()),
        interval=(low, high),
        gained=int(np.sum(gain[mask] > 0)),
        lost=int(np.sum(gain[mask] < 0)),
        p_value=p,
        p_adjusted=p,
    )


def _test(gain: Floats) -> tuple[float, float, float]:
    """Return the 95 % interval of a mean gain and the p-value that it is zero."""
    if np.isin(gain, (-1.0, 0.0, 1.0)).all():
        lost, gained = int(np.sum(gain < 0)), int(np.sum(gain > 0))
        low, high, _ = paired_interval(lost, gained, len(gain))
        return low, high, mcnemar(lost, gained).p_value
    return _mean_test(gain)


def _mean_test(values: Floats) -> tuple[float, float, float]:
    """Return the 95 % interval of a mean and the p-value that it is zero, after Student."""
    from scipy.stats import t

    count, mean = len(values), float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(count)
    if error == 0:
        return mean, mean, 1.0 if mean == 0 else 0.0
    reach = error * float(t.ppf(1 - (1 - LEVEL) / 2, count - 1))
    return mean - reach, mean + reach, float(2 * t.sf(abs(mean) / error, count - 1))
