"""Times that are missing from a series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.base import OF_TABLES, Finding, Option
from notewright.governance.checks.columns import ByColumn, labels
from notewright.governance.checks.counting import number
from notewright.governance.checks.material import Material

if TYPE_CHECKING:
    import pandas as pd

#: Fewer different times have no rhythm.
_FEWEST = 20
#: Where fewer of the steps are of the usual length, the times are events, not a series.
_REGULAR = 0.75


class TimeGaps(ByColumn):
    """Finds gaps in columns of times that go on in steps of one length.

    Steps are between the different times there are, in order. Where most are of one
    length (an hour, a day; months count as such from 28 to 31 days), a step several times
    as long is a gap. Times of events, whose steps are of all lengths, have none.
    """

    name = "data_quality.time_gaps"
    subjects = OF_TABLES
    summary = "No series of times has a gap."
    severity = "warning"
    good = "No series of times has a gap"
    options: ClassVar[Mapping[str, Option]] = {
        "steps": Option(5.0, "A gap is longer than so many usual steps.", minimum=1)
    }

    def columns(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Yield the columns of times with gaps."""
        _, frame = material.raw
        for column, times in times_of(frame):
            gaps = _gaps(times, options["steps"])
            if not len(gaps):
                continue
            widest = gaps.iloc[int(gaps["length"].to_numpy().argmax())]
            rows = times.index[times.isin(gaps["until"])]
            yield self.finding(
                False,
                f"'{column}' has {number(len(gaps), 'gap')}; the longest is from "
                f"{_said(widest['since'])} to {_said(widest['until'])}.",
                remedy="Find out whether the data were lost or there was nothing to record; lags "
                "and rolling means take the rows around a gap for neighbours.",
                subject=str(column),
                metric="gaps",
                value=float(len(gaps)),
                threshold=0.0,
                rows=labels(rows),
            )


def times_of(frame: pd.DataFrame) -> Iterable[tuple[Any, pd.Series]]:
    """Yield the columns of times, and the index if it is one; texts of dates are read.

    Times with a zone come as UTC; what is missing is left out.
    """
    import pandas as pd

    candidates = list(frame.items())
    if isinstance(frame.index, pd.DatetimeIndex):
        candidates.append((frame.index.name or "index", pd.Series(frame.index, frame.index)))
    for column, values in candidates:
        if isinstance(values.dtype, pd.PeriodDtype):
            yield column, values.dropna().dt.to_timestamp()
        elif pd.api.types.is_datetime64_any_dtype(values):
            present = values.dropna()
            yield column, present if present.dt.tz is None else present.dt.tz_convert(None)
        elif (read := _read(values)) is not None:
            yield column, read


def _read(values: pd.Series) -> pd.Series | None:
    """Return a column of texts as times, if they all are in ISO 8601."""
    import pandas as pd

    if not (pd.api.types.is_string_dtype(values) or pd.api.types.is_object_dtype(values)):
        return None
    present = values.dropna()
    first = present.iloc[:20]
    if first.empty or not first.map(lambda v: isinstance(v, str) and len(v) >= 7).all():
        return None
    if not first.str.match(r"\d{4}-\d{2}(-\d{2}|$)").all():
        return None
    read = pd.to_datetime(present, format="ISO8601", errors="coerce", utc=True)
    return None if read.isna().any() else read.dt.tz_convert(None)


def _gaps(times: pd.Series, longer: float) -> pd.DataFrame:
    import pandas as pd

    distinct = pd.Series(sorted(times.unique()))
    none = pd.DataFrame({"since": [], "until": [], "length": []})
    if len(distinct) < _FEWEST:
        return none
    steps = distinct.diff().dropna()
    usual = steps.median()
    regular = (steps >= 0.9 * usual) & (steps <= 1.11 * usual)
    if regular.mean() < _REGULAR:
        return none
    wide = steps[steps > longer * usual]
    return pd.DataFrame(
        {
            "since": distinct[wide.index - 1].to_numpy(),
            "until": distinct[wide.index].to_numpy(),
            "length": wide.to_numpy(),
        }
    )


def _said(time: Any) -> str:
    text = str(time)
    return text.removesuffix(" 00:00:00")
