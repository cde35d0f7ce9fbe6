"""Test rows that the model knows already, in whole or in part; each beside an honest split."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from tests.governance.checking import found
from tests.governance.planted.tables import DataSet, data_sets
from tests.governance.planted.trial import Trial
from tests.governance.test_leakage import honest

from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks.base import Finding

#: Test rows and rows trained on.
Split = tuple[pd.DataFrame, pd.DataFrame]
#: Checks that look at all rows of the table.
_OF_THE_WHOLE = ("single_feature", "target_derived")
GROUPS = ("customer_id", "patientId", "user", "household")


def both_sides(data: DataSet) -> Split:
    """Score a tenth of the rows that were trained on."""
    test, training = honest(data.labelled)
    again = training.iloc[: len(training) // 10]
    return pd.concat([test, again.set_axis(range(10**6, 10**6 + len(again)))]), training


def with_group(column: str, shared: bool, data: DataSet) -> Split:
    """Split rows of the same customers by rows, or by customers."""
    table = data.labelled
    members = data.rng().integers(0, max(25, len(table) // 5), len(table))
    table[column] = members
    if shared:
        return honest(table)
    apart = members < members.max() // 4
    return table[apart], table[~apart]


def giveaway(data: DataSet) -> Split:
    """Add a column of amounts that are only known once the outcome is."""
    table, rng = data.labelled, data.rng()
    codes = pd.factorize(table["target"])[0].astype(float)
    return honest(table.assign(settled=10 * codes + rng.uniform(0, 5, len(table))))


def other_words(at: int, data: DataSet) -> Split:
    """Add the target by other names, as numbers, or finer."""
    table = data.labelled
    codes, kinds = pd.factorize(table["target"])
    names = np.array([f"outcome {n}" for n in range(len(kinds))])
    finer = codes * 10 + data.rng().integers(0, 9, len(table))
    result = (names[codes], codes * 2.5, finer)[at % (3 if len(table) > 100 else 2)]
    return honest(table.assign(result=result))


def _timed(data: DataSet) -> pd.DataFrame:
    """Return the rows with the times that they are from, and no other times."""
    table = data.labelled
    times = table.select_dtypes("datetime").columns
    days = pd.to_timedelta(data.rng().permutation(len(table)), unit="D")
    return table.drop(columns=times).assign(happened=pd.Timestamp("2015-01-01") + days)


def newest_last(data: DataSet) -> Split:
    """Test on the newest rows."""
    ordered = _timed(data).sort_values("happened")
    cut = len(ordered) // 4
    return ordered.iloc[-cut:], ordered.iloc[:-cut]


def at_random(data: DataSet) -> Split:
    """Split rows with a time at random."""
    return honest(_timed(data))


def _plain(data: DataSet) -> Split:
    return honest(data.labelled)


def _ask(name: str, split: Callable[[], Split], folder: Path) -> list[Finding]:
    test, training = split()
    if name not in _OF_THE_WHOLE:
        return found(f"leakage.{name}", test, training=training)
    # The table in the notebook is the whole one, as it is before a split.
    whole = pd.concat([test, training])
    judged = Evaluation.of(test["target"], test["target"], rows=test.index)
    return found(f"leakage.{name}", whole, evaluation=judged)


def trials() -> Iterator[Trial]:
    """Yield the trials of the family, but for what is fitted before the split (see `notebooks`)."""
    for at, data in enumerate(data_sets()):
        group = GROUPS[at % len(GROUPS)]
        cases: dict[str, tuple[Callable[[DataSet], Split], Callable[[DataSet], Split], str]] = {
            "shared_rows": (_plain, both_sides, ""),
            "shared_groups": (
                partial(with_group, group, False), partial(with_group, group, True), group,
            ),
            "single_feature": (_plain, giveaway, "settled"),
            "target_derived": (_plain, partial(other_words, at), "result"),
            "time_order": (newest_last, at_random, "happened"),
        }  # fmt: skip
        for name, (clean, faulty, about) in cases.items():
            check = f"leakage.{name}"
            if check in data.left_out:
                continue
            # There, trees of each column are grown.
            slow = name == "single_feature" and at % 2 > 0
            words = str(getattr(faulty, "func", faulty).__doc__)
            asks = (partial(_ask, name, partial(split, data)) for split in (clean, faulty))
            yield Trial(check, data.name, next(asks), slow=slow)
            yield Trial(check, data.name, next(asks), words, about, slow)
