"""Numbers that cannot be: by the name of their column, infinite, or codes for 'unknown'."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.governance.checks.base import OF_TABLES, Finding
from notewright.governance.checks.columns import ByColumn, labels, numbers
from notewright.governance.checks.counting import number
from notewright.governance.checks.material import Material

if TYPE_CHECKING:
    import numpy as np

#: In fewer numbers than this nothing can be told of codes.
_FEWEST = 30


@dataclass(frozen=True)
class Range:
    """What columns with a word in their name can hold."""

    words: str
    low: float
    high: float
    #: What it is, for the sentence.
    what: str

    def names(self, column: Any) -> bool:
        """Tell whether a column is called so."""
        parts = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(column)).lower())
        return any(word in parts for word in self.words.split())


RANGES = (
    Range("age", 0, 130, "an age in years"),
    Range("latitude lat", -90, 90, "a latitude"),
    Range("longitude lon lng", -180, 180, "a longitude"),
    Range("percent percentage pct", 0, math.inf, "a percentage"),
    Range("probability prob", 0, 1, "a probability"),
    Range("count number num quantity qty", 0, math.inf, "a count"),
    Range("height weight length width distance duration area volume", 0, math.inf, "a size"),
    Range("price salary income wage fee rent", 0, math.inf, "an amount that is paid"),
    Range("month", 0, 12, "a month"),
    Range("weekday", 0, 7, "a day of the week"),
    Range("hour", 0, 24, "an hour of the day"),
    Range("year", 0, 2200, "a year"),
)
"""Names that say what numbers can be, first match counts."""
#: Where a greater share is outside of what the name says, it means something else.
_ODD = 0.05
#: What people write for 'unknown' into columns of numbers.
_CODES = frozenset(
    sign * code for code in (99, 999, 9999, 99999, 999999, 9999999) for sign in (1, -1)
) | {-1.0, -9.0, -1e9, 1e30, -88.0, -77.0}


class Impossible(ByColumn):
    """Finds numbers that a column of that name cannot hold, infinities, and codes for 'unknown'."""

    name = "data_quality.impossible"
    subjects = OF_TABLES
    summary = "No column holds what cannot be: an age below zero, infinity, -999 for 'unknown'."
    good = "No column holds what cannot be"

    def columns(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Yield the columns with what cannot be."""
        _, frame = material.raw
        for column, values in numbers(frame):
            array = values.to_numpy(dtype=float)
            for bad, sentence in _impossible(column, array):
                yield self.finding(
                    False,
                    f"{number(int(bad.sum()), 'row')} of '{column}' {sentence}.",
                    remedy="Mend them at the source, or make them missing values: the model "
                    "would take them for numbers.",
                    subject=str(column),
                    metric="rows",
                    value=float(bad.sum()),
                    threshold=0.0,
                    rows=labels(values.index[bad]),
                )


def _impossible(column: Any, values: np.ndarray) -> Iterable[tuple[np.ndarray, str]]:
    import numpy as np

    infinite = np.isinf(values)
    if infinite.any():
        yield infinite, f"{holds(infinite)} infinity"
    kind = next((r for r in RANGES if r.names(column)), None)
    coded = np.zeros(len(values), dtype=bool)
    for code in _codes(values[~infinite]):
        here = values == code
        coded |= here
        yield here, f"{holds(here)} {code:g}, which looks like a code for 'unknown'"
    if kind is None:
        return
    outside = ((values < kind.low) | (values > kind.high)) & ~infinite & ~coded
    # Where a good part is outside, the name means something else.
    if 0 < outside.sum() <= _ODD * len(values):
        worst = values[outside][0]
        yield outside, f"{holds(outside)} what {kind.what} cannot be, such as {worst:g}"


def _codes(values: np.ndarray) -> list[float]:
    """Return the codes for 'unknown' in a column: repeated, and far from the other numbers."""
    if len(values) < _FEWEST:
        return []
    found = []
    for code in sorted(_CODES):
        here = values == code
        times = int(here.sum())
        if times < 2 or times == len(values):
            continue
        rest = values[~here]
        low, high = float(rest.min()), float(rest.max())
        width = high - low
        if width <= 0:
            continue
        away = low - code if code < low else code - high
        # -1 beside 0, 1, 2, … is as near as they are to each other.
        if (code < 0 <= low and code != -1) or away > width or _alone(code, low, rest):
            found.append(code)
    return found


def _alone(code: float, low: float, rest: np.ndarray) -> bool:
    """Tell whether a column of counts holds -1 and nothing else below zero."""
    import numpy as np

    return bool(code == -1 and low >= 0 and np.unique(rest).size > 10 and (rest % 1 == 0).all())


def holds(mask: np.ndarray) -> str:
    """Return the verb for so many rows."""
    return "holds" if mask.sum() == 1 else "hold"
