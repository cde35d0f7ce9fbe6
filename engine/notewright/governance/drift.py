"""Whether new rows come from the population the model was trained on.

A profile keeps, of each column, the counts in a few bins; new rows are counted
in the same bins and compared. The effect size is the population stability
index; the test is the chi-squared test of homogeneity, corrected over the
columns by Holm's method. The verdict goes by the effect size, and only where
the test excludes chance: p-values alone never raise an alarm on large data,
nor a large index on a handful of rows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from notewright.experiments.statistics.holm import holm
from notewright.state.withheld import Withholding, withheld_words

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: From these values of the index on, drift is called some, and strong.
SOME, STRONG = 0.1, 0.25
#: Chance is excluded when the corrected p-value is below this.
ALPHA = 0.01
_BINS = 10
_MAX_CATEGORIES = 50
#: Added to every bin's count, so that an empty bin gives a large index, not an infinite one.
_PRIOR = 0.5

Profile = dict[str, Any]


@dataclass(frozen=True)
class ColumnDrift:
    """How one column changed.

    Parameters
    ----------
    column : str
        Its name.
    kind : {"number", "category", "missing"}
        How it was compared; ``"missing"`` where the new rows lack it.
    effect : str
        The effect size's name.
    value : float or None
        The effect size.
    test : str
        The test's name.
    p_value : float or None
        Its p-value, corrected over all columns.
    verdict : {"none", "some", "strong"}
        What to make of it.
    sentence : str
        The same in words.
    """

    column: str
    kind: str
    effect: str
    value: float | None
    test: str
    p_value: float | None
    verdict: Literal["none", "some", "strong"]
    sentence: str


def profile(frame: pd.DataFrame) -> Profile:
    """Return the reference profile of `frame` as JSON values.

    Parameters
    ----------
    frame : DataFrame
        The raw training rows.

    Examples
    --------
    >>> import pandas as pd
    >>> profile(pd.DataFrame({"job": ["a", "b", "a"]}))["columns"]["job"]["counts"]
    [2, 1, 0, 0]
    """
    return {
        "format": "notewright profile 1",
        "rows": len(frame),
        "columns": {str(name): _describe(frame[name]) for name in frame.columns},
    }


def drift(reference: Profile, frame: pd.DataFrame) -> list[ColumnDrift]:
    """Compare new rows with a reference profile, column by column, in the profile's order.

    Parameters
    ----------
    reference : dict
        What :func:`profile` returned.
    frame : DataFrame
        New raw rows, with the same columns.
    """
    measured: dict[str, tuple[dict[str, Any], float, float, np.ndarray]] = {}
    for name, known in reference["columns"].items():
        if name in frame.columns and len(frame):
            counts = _count(frame[name], known)
            effect, p_value = compare(known["counts"], counts)
            measured[name] = (known, effect, p_value, counts)
    corrected = dict(zip(measured, holm([m[2] for m in measured.values()]), strict=True))
    result = []
    for name in reference["columns"]:
        if name in measured:
            known, effect, _, counts = measured[name]
            result.append(_judge(name, known, effect, corrected[name], counts, frame[name]))
        else:
            result.append(_absent(name, rows=len(frame)))
    return result


def without_values(
    columns: Iterable[ColumnDrift], withholding: Withholding
) -> Iterator[ColumnDrift]:
    """Yield what was found, of columns that are withheld by figures only: sentences tell values."""
    for column in columns:
        withheld = withholding.find(column.column)
        if withheld is None:
            yield column
            continue
        words = withheld_words([withheld])
        sentence = f"'{column.column}': {column.verdict} drift; {words}."
        yield replace(column, sentence=sentence)


def compare(expected: Any, actual: Any) -> tuple[float, float]:
    """Return the population stability index and the p-value of two rows of counts.

    The index is ``sum((a - e) * ln(a / e))`` over the bins' shares, with half
    a row added to each bin; the p-value is that of Pearson's chi-squared test
    of homogeneity over the bins that hold any row.

    Parameters
    ----------
    expected, actual : array of int, shape (bins,)
        Rows in each bin.
    """
    import numpy as np
    from scipy.stats import chi2_contingency

    counts = np.asarray([expected, actual], dtype=float)
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2 or not counts.sum(axis=1).all():
        return 0.0, 1.0
    shares = counts + _PRIOR
    shares /= shares.sum(axis=1, keepdims=True)
    index = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    return index, float(chi2_contingency(counts, correction=False).pvalue)


def _describe(column: pd.Series) -> dict[str, Any]:
    import numpy as np

    if _is_number(column):
        values = _numbers(column)
        present = values[np.isfinite(values)]
        edges: list[float] = []
        if len(present):
            inner = np.quantile(present, np.linspace(0, 1, _BINS + 1)[1:-1], method="inverted_cdf")
            # the last bin would be empty if its lower edge were the largest value
            edges = [float(edge) for edge in np.unique(inner) if edge < present.max()]
        known: dict[str, Any] = {
            "kind": "number",
            "edges": edges,
            "median": float(np.median(present)) if len(present) else None,
        }
    else:
        codes, words = _codes(column)
        sizes: Counter[str] = Counter()
        found = np.bincount(codes[codes >= 0], minlength=len(words))
        for word, size in zip(words, found.tolist(), strict=True):
            sizes[word] += size
        common = sorted(sizes, key=lambda word: (-sizes[word], word))
        known = {"kind": "category", "values": common[:_MAX_CATEGORIES]}
    known["counts"] = [int(count) for count in _count(column, known)]
    return known


def _count(column: pd.Series, known: dict[str, Any]) -> np.ndarray:
    """Count rows by the profile's bins; the last two are other (or not finite), and missing."""
    import numpy as np

    missing = column.isna().to_numpy()
    if known["kind"] == "number":
        bins = len(known["edges"]) + 1
        values = _numbers(column)
        places = np.searchsorted(np.asarray(known["edges"], dtype=float), values, side="left")
        places = np.where(np.isfinite(values), places, bins)
    else:
        bins = len(known["values"])
        codes, words = _codes(column)
        index = {value: place for place, value in enumerate(known["values"])}
        table = np.asarray([*(index.get(word, bins) for word in words), bins + 1], dtype=int)
        places = table[codes]  # a missing value has the code -1, which is the last
    places = np.where(missing, bins + 1, places)
    return np.bincount(places.astype(int), minlength=bins + 2)


def _codes(column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return each row's place in the list of distinct values as text; -1 where missing."""
    import pandas as pd

    try:
        codes, found = pd.factorize(column)
    except TypeError:  # lists and arrays have no hash
        codes, found = pd.factorize(column.astype(str).where(~column.isna()))
    return codes, [str(value) for value in found]


def _is_number(column: pd.Series) -> bool:
    import pandas as pd

    kinds = pd.api.types
    return (
        kinds.is_numeric_dtype(column) and not kinds.is_bool_dtype(column)
    ) or kinds.is_datetime64_any_dtype(column)


def _numbers(column: pd.Series) -> np.ndarray:
    """Return the column as floats; times as seconds, what is no number as NaN."""
    import numpy as np
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        utc = pd.to_datetime(column, utc=True)
        seconds = utc.dt.tz_localize(None).to_numpy(dtype="datetime64[us]").astype("int64") / 1e6
        return np.where(column.isna().to_numpy(), np.nan, seconds)
    if not pd.api.types.is_numeric_dtype(column):
        column = pd.to_numeric(column, errors="coerce")
    return column.to_numpy(dtype=float, na_value=np.nan)


def _judge(
    name: str,
    known: dict[str, Any],
    effect: float,
    p_value: float,
    counts: np.ndarray,
    column: pd.Series,
) -> ColumnDrift:
    verdict: Literal["none", "some", "strong"] = "none"
    if p_value < ALPHA and effect >= SOME:
        verdict = "strong" if effect >= STRONG else "some"
    if verdict != "none":
        how = _number_words(known, column) if known["kind"] == "number" else ""
        how = how or _share_words(known, counts)
        sentence = f"'{name}' drifted {'strongly' if verdict == 'strong' else 'somewhat'}: {how}."
    elif effect >= SOME:
        sentence = f"'{name}' looks different, but with {int(counts.sum())} rows it may be chance."
    else:
        sentence = f"'{name}' looks as it did in training."
    return ColumnDrift(
        column=name,
        kind=known["kind"],
        effect="population stability index",
        value=effect,
        test="chi-squared test of homogeneity, Holm-corrected",
        p_value=p_value,
        verdict=verdict,
        sentence=sentence,
    )


def _number_words(known: dict[str, Any], column: pd.Series) -> str:
    import numpy as np
    import pandas as pd

    values = _numbers(column)
    values = values[np.isfinite(values)]
    if not len(values) or known["median"] is None:
        return ""
    before, after = known["median"], float(np.median(values))
    if pd.api.types.is_datetime64_any_dtype(column):
        days = (after - before) / 86_400
        return f"its median moved by {days:+.1f} days" if days else ""
    if math.isclose(before, after):
        return ""
    return f"its median went from {before:g} to {after:g}"


def _share_words(known: dict[str, Any], counts: np.ndarray) -> str:
    """Return how the share of the bin changed that changed most."""
    import numpy as np

    before = np.asarray(known["counts"], dtype=float)
    gap = counts / counts.sum() - before / max(1.0, before.sum())
    place = int(np.abs(gap).argmax())
    was, now = before[place] / max(1.0, before.sum()), counts[place] / counts.sum()
    return f"{_bin_words(known, place)} went from {was:.0%} to {now:.0%} of the rows"


def _bin_words(known: dict[str, Any], place: int) -> str:
    last = len(known["counts"]) - 2
    if place == last + 1:
        return "missing values"
    if known["kind"] == "category":
        return "values that were rare or absent" if place == last else f"'{known['values'][place]}'"
    edges = known["edges"]
    if place == last:
        return "values that are not finite"
    if not edges:
        return "numbers"
    if place == 0:
        return f"values up to {edges[0]:g}"
    if place == len(edges):
        return f"values above {edges[-1]:g}"
    return f"values above {edges[place - 1]:g} and up to {edges[place]:g}"


def _absent(name: str, rows: int) -> ColumnDrift:
    gone = rows > 0
    return ColumnDrift(
        column=name,
        kind="missing",
        effect="population stability index",
        value=None,
        test="none",
        p_value=None,
        verdict="strong" if gone else "none",
        sentence=f"'{name}' is not in the new rows."
        if gone
        else f"'{name}' cannot be compared: there are no new rows.",
    )
