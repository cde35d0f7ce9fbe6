"""Tables that lack, repeat, mix or invent values; each beside the table without the fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from tests.governance.checking import CITIES, found
from tests.governance.planted.tables import DataSet, data_sets
from tests.governance.planted.trial import Trial
from tests.governance.test_data_quality import IMPOSSIBLE, TYPOS
from tests.governance.test_schema_check import BREAKS, kept

from notewright.governance.checks.base import Finding

#: Returns the table with a fault in it, and the column that it is in.
Planted = tuple[pd.DataFrame, str]


def _numbers(data: DataSet) -> tuple[pd.DataFrame, str]:
    """Return a table, and one of its columns of numbers; it gets one if it has none."""
    table, rng = data.table, data.rng()
    if not data.numbers:
        table["measured"] = rng.normal(50, 10, len(table)).round(3)
    return table, str(rng.choice(data.numbers or ["measured"]))


def _some(table: pd.DataFrame, data: DataSet, count: int) -> np.ndarray:
    return data.rng().choice(len(table), count, replace=False)


def gaps(data: DataSet) -> Planted:
    """Lose three tenths of a column."""
    table, column = _numbers(data)
    rows = _some(table, data, int(0.3 * len(table)) + 1)
    return table.assign(**{column: table[column].mask(table.index.isin(rows))}), column


def copies(data: DataSet) -> Planted:
    """Repeat one row in fourteen, exactly."""
    table = data.table
    rows = _some(table, data, len(table) // 14 + 1)
    return pd.concat([table, table.iloc[rows]], ignore_index=True), ""


def near_copies(data: DataSet) -> Planted:
    """Repeat one row in fourteen with other numbers in one column."""
    table = _with_amounts(data)
    again = table.iloc[_some(table, data, len(table) // 14 + 1)].copy()
    again["amount"] = again["amount"] + 1000.5
    return pd.concat([table, again], ignore_index=True), "amount"


def constant(data: DataSet) -> Planted:
    """Fill a column with one value."""
    return data.table.assign(bank="the only one"), "bank"


def mixed(data: DataSet) -> Planted:
    """Write words among numbers."""
    table, column = _numbers(data)
    values = table[column].astype(object)
    values.iloc[_some(table, data, 3)] = "n/a yet"
    return table.assign(**{column: values}), column


def slipped(data: DataSet) -> Planted:
    """Write one number in five hundred in millionths of its unit."""
    table, column = _numbers(data)
    values = table[column].astype(float)
    values.iloc[_some(table, data, max(1, len(table) // 500))] = (values.abs().max() + 1) * 1e6
    return table.assign(**{column: values}), column


def _with_amounts(data: DataSet) -> pd.DataFrame:
    """Return a table with columns of many values, so that no two rows are equal by chance."""
    table, rng = data.table, data.rng()
    return table.assign(
        amount=rng.normal(2000, 300, len(table)).round(2),
        rate=rng.random(len(table)),
        distance=rng.exponential(30, len(table)),
        opened=pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.random(len(table)) * 400, unit="D"),
        reference=[f"R{number:06d}" for number in rng.permutation(len(table))],
    )


def _with_columns_that_mean_something(data: DataSet) -> pd.DataFrame:
    """Return a table with columns whose names say what they can hold."""
    table, rng = data.table, data.rng()
    return table.assign(
        age=rng.integers(18, 90, len(table)),
        balance=rng.normal(0, 2000, len(table)).round(2),
        income=rng.lognormal(10, 0.5, len(table)).round(2),
        waiting=rng.exponential(20, len(table)),
        count=rng.poisson(3, len(table)),
        many=rng.poisson(30, len(table)),
        default_probability=rng.random(len(table)),
        lat=rng.uniform(-80, 80, len(table)),
    )


def impossible(kind: str, data: DataSet) -> Planted:
    """Write what cannot be into three rows."""
    column, value = IMPOSSIBLE[kind]
    table = _with_columns_that_mean_something(data)
    values = table[column].astype(float)
    values.iloc[_some(table, data, 3)] = value
    return table.assign(**{column: values}), column


def _with_categories(data: DataSet) -> pd.DataFrame:
    """Return a table, at least 400 rows long, with categories that are near each other."""
    table, rng = data.table, data.rng()
    if len(table) < 400:
        table = pd.concat([table] * (400 // len(table) + 1), ignore_index=True)
    weights = 1 / np.arange(1, len(CITIES) + 1)
    city = rng.choice(CITIES, len(table), p=weights / weights.sum())
    grade = rng.choice([f"grade {letter}" for letter in "ABCDEFG"], len(table))
    return table.assign(city=city, grade=grade)


def misspelt(kind: str, data: DataSet) -> Planted:
    """Misspell one category in one or two rows."""
    column, right, wrong = TYPOS[kind]
    table = _with_categories(data)
    rows = table.index[table[column] == right][:1]
    table.loc[rows, column] = wrong
    return table, column


STEPS = ("h", "D", "W", "MS", "B", "15min", "QS")


def _series(data: DataSet, at: int) -> pd.DataFrame:
    """Return a table whose rows were measured one after the other, in equal steps."""
    table = data.table
    times = pd.date_range("1990-01-01", periods=len(table), freq=STEPS[at % len(STEPS)])
    when = times if at % 2 else times.strftime("%Y-%m-%d %H:%M")
    return table.assign(when=when)


def holes(at: int, data: DataSet) -> Planted:
    """Lose a tenth of the times of a series, in the middle."""
    table = _series(data, at)
    middle, length = len(table) // 2, max(8, len(table) // 10)
    return table.drop(table.index[middle : middle + length]), "when"


def rare(data: DataSet) -> Planted:
    """Leave one row of the last class in a hundred of the others."""
    table = data.labelled
    classes = sorted(table["target"].unique(), key=str)
    few = table[table["target"] == classes[-1]].index
    keep = max(1, (len(table) - len(few)) // 100)
    return table.drop(few[keep:]), str(classes[-1])


def flipped(data: DataSet) -> Planted:
    """Give one row in seven the label of another class."""
    table = data.labelled
    classes = np.array(sorted(table["target"].unique(), key=str), dtype=object)
    rows = _some(table, data, len(table) // 7)
    was = pd.Categorical(table["target"], categories=classes).codes
    shift = data.rng().integers(1, len(classes), len(rows))
    labels = table["target"].astype(object)
    labels.iloc[rows] = classes[(was[rows] + shift) % len(classes)]
    return table.assign(target=labels), "target"


#: Checks that need nothing but a table, with what is planted for each.
_PLAIN: dict[str, Callable[[DataSet], Planted]] = {
    "missing": gaps,
    "duplicates": copies,
    "constant": constant,
    "mixed_types": mixed,
    "outliers": slipped,
}


def _asked(name: str, make: Callable[[], pd.DataFrame], folder: Path) -> list[Finding]:
    return found(f"data_quality.{name}", make())


def _trials_of(
    name: str,
    data: DataSet,
    clean: Callable[[], pd.DataFrame],
    fault: str,
    plant: Callable[[DataSet], Planted],
    slow: bool = False,
) -> Iterator[Trial]:
    check = f"data_quality.{name}"
    if check not in data.left_out:
        yield Trial(check, data.name, partial(_asked, name, clean), slow=slow)
        faulty = partial(_asked, name, lambda: plant(data)[0])
        yield Trial(check, data.name, faulty, fault, lambda: plant(data)[1], slow)


def _words(plant: Callable[[DataSet], Planted]) -> str:
    return str(plant.__doc__)


def _by_schema(
    data: DataSet, plant: Callable[[pd.DataFrame], pd.DataFrame] | None, folder: Path
) -> list[Finding]:
    table = _as_customers(data)
    kept(folder, table)
    return found("data_quality.schema", plant(table) if plant else table, root=folder)


def _as_customers(data: DataSet) -> pd.DataFrame:
    """Return a table with the columns whose schema is broken below."""
    table, rng = data.table, data.rng()
    return table.assign(
        age=rng.integers(18, 90, len(table)),
        income=rng.lognormal(10, 0.5, len(table)).round(2),
        balance=rng.normal(0, 2000, len(table)).round(2),
        visits=rng.poisson(3, len(table)),
        grade=[f"grade {'ABC'[row % 3]}" for row in range(len(table))],
        joined=pd.date_range("2020-01-01", periods=len(table), freq="h"),
    )


def trials() -> Iterator[Trial]:
    """Yield the trials of the family."""
    for at, data in enumerate(data_sets()):
        for name, plant in _PLAIN.items():
            yield from _trials_of(name, data, lambda d=data: d.table, _words(plant), plant)
        amounts = partial(_with_amounts, data)
        yield from _trials_of("near_duplicates", data, amounts, _words(near_copies), near_copies)
        kind = list(IMPOSSIBLE)[at % len(IMPOSSIBLE)]
        meant = partial(_with_columns_that_mean_something, data)
        yield from _trials_of("impossible", data, meant, kind, partial(impossible, kind))
        kind = list(TYPOS)[at % len(TYPOS)]
        spelt = partial(_with_categories, data)
        yield from _trials_of("category_typos", data, spelt, kind, partial(misspelt, kind))
        step = f"a hole in times of a step of {STEPS[at % len(STEPS)]}"
        yield from _trials_of(
            "time_gaps", data, partial(_series, data, at), step, partial(holes, at)
        )
        labelled = lambda d=data: d.labelled  # noqa: E731 - a table made when it is asked for
        yield from _trials_of("class_balance", data, labelled, _words(rare), rare)
        yield from _trials_of(
            "label_errors", data, labelled, _words(flipped), flipped, slow=at % 8 > 0
        )
        slow = at % 3 > 0
        check = "data_quality.schema"
        yield Trial(check, data.name, partial(_by_schema, data, None), slow=slow)
        kind = list(BREAKS)[at % len(BREAKS)]
        plant, column, _ = BREAKS[kind]
        yield Trial(check, data.name, partial(_by_schema, data, plant), kind, column, slow)
