"""Numbers that lie far away from all others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.base import OF_TABLES, Finding, Option
from notewright.governance.checks.columns import ByColumn, labels, numbers
from notewright.governance.checks.counting import number
from notewright.governance.checks.material import Material

if TYPE_CHECKING:
    import numpy as np

#: Fewer numbers than this have no bulk that others could lie outside of.
_FEWEST = 30
#: A column whose upper end is so many times its median is looked at by its logarithm.
_SKEWED = 10.0
#: Of so many values at each end none belongs to the bulk; it is 0.5 % of long columns.
_END = 0.005
#: A width of logarithms is many times the middle: so much of it counts as one width of numbers.
_LOGARITHMIC = 0.4


class Outliers(ByColumn):
    """Finds numbers far outside of what the rest of a column spans.

    The bulk is what lies between the 0.5 % and the 99.5 % quantile. A number is an
    outlier if it lies farther from the bulk than so many times the bulk's width. Columns of
    positive numbers whose upper end is more than ten times their median (incomes,
    durations) are judged by their logarithms, so that a long tail is none.
    """

    name = "data_quality.outliers"
    subjects = OF_TABLES
    summary = "No number lies far outside of what its column spans."
    severity = "warning"
    good = "No number lies far outside of what its column spans"
    options: ClassVar[Mapping[str, Option]] = {
        "times": Option(5.0, "How many widths of the bulk away a number may lie.", minimum=0.1)
    }

    def columns(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Yield the columns with numbers far away."""
        _, frame = material.raw
        for column, values in numbers(frame):
            far = outlying(values.to_numpy(dtype=float), options["times"])
            if not far.any():
                continue
            worst = values[far].iloc[int(abs(values[far] - values.median()).to_numpy().argmax())]
            yield self.finding(
                False,
                f"{number(int(far.sum()), 'number')} of '{column}' "
                f"{'lies' if far.sum() == 1 else 'lie'} far outside of what the others "
                f"span, such as {worst:g}.",
                remedy="Look at the rows: a wrong unit, a slipped decimal point or a code for "
                "'unknown' is mended at the source; a true extreme may stay.",
                subject=str(column),
                metric="outliers",
                value=float(far.sum()),
                threshold=0.0,
                rows=labels(values.index[far]),
            )


def outlying(values: np.ndarray, times: float) -> np.ndarray:
    """Tell for each number whether it lies far outside of the bulk.

    Parameters
    ----------
    values : array of float, shape (n,)
        Without NaN.
    times : float
        How many widths of the bulk it may lie away.

    Returns
    -------
    array of bool, shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> ages = np.append(np.arange(20.0, 80.0), 4300.0)
    >>> np.flatnonzero(outlying(ages, 5)).tolist()
    [60]
    """
    import numpy as np

    none = np.zeros(len(values), dtype=bool)
    finite = values[np.isfinite(values)]
    if len(finite) < _FEWEST:
        return none
    low, middle, high = np.quantile(
        finite, [_END, 0.5, 1 - _END], method="nearest" if len(finite) > 400 else "linear"
    )
    if len(finite) <= 1 / _END:  # the ends themselves may be outliers: leave them out
        ordered = np.sort(finite)
        cut = max(1, math.ceil(0.02 * len(ordered)))
        low, high = ordered[cut], ordered[-cut - 1]
    if low == high:
        return none  # nearly constant: any other value is as far away as any other
    if low > 0 and high > _SKEWED * middle:
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(values)
        far = _beyond(logs, math.log(low), math.log(high), _LOGARITHMIC * times)
        # Nought has no logarithm, and is no farther from the rest than the smallest of them.
        return np.where(values > 0, far, _beyond(values, low, high, times))
    return _beyond(values, low, high, times)


def _beyond(values: np.ndarray, low: float, high: float, times: float) -> np.ndarray:
    import numpy as np

    width = high - low
    with np.errstate(invalid="ignore"):
        far = (values < low - times * width) | (values > high + times * width)
    return np.asarray(far & ~np.isnan(values))
