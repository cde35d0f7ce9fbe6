"""Test rows from elsewhere, beside test rows of the same table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from tests.governance.checking import CITIES, found
from tests.governance.planted.tables import DataSet, data_sets
from tests.governance.planted.trial import Trial
from tests.governance.test_leakage import honest

from notewright.governance.checks.base import Finding

MOVES: dict[str, tuple[str, Callable[[pd.Series], pd.Series]]] = {
    "dearer": ("price", lambda column: column * 2.5),
    "older": ("age", lambda column: column + 25),
    "another city": ("city", lambda column: column.replace({"Lisbon": "Evora", "Paris": "Nice"})),
    "no longer known": ("score", lambda column: column.where(np.arange(len(column)) % 5 > 1)),
    "another unit": ("score", lambda column: column * 1000),
    "a wider spread": ("balance", lambda column: column * 4),
}


def _split(data: DataSet) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return test and training rows, with columns that may move."""
    table, rng = data.labelled, data.rng()
    return honest(
        table.assign(
            price=rng.lognormal(3, 0.5, len(table)),
            age=rng.integers(18, 90, len(table)),
            city=rng.choice(CITIES[:4], len(table), p=[0.5, 0.1, 0.1, 0.3]),
            score=rng.normal(500, 50, len(table)),
            balance=rng.normal(0, 2000, len(table)),
        )
    )


def _ask(name: str, data: DataSet, move: str, folder: Path) -> list[Finding]:
    test, training = _split(data)
    if move:
        column, change = MOVES[move]
        test = test.assign(**{column: change(test[column])})
    return found(f"drift.{name}", test, training=training)


def trials() -> Iterator[Trial]:
    """Yield the trials of the family."""
    for at, data in enumerate(data_sets()):
        move = list(MOVES)[at % len(MOVES)]
        for name, about in (("columns", MOVES[move][0]), ("domain", "")):
            check, slow = f"drift.{name}", name == "domain" and at % 9 > 0
            if check not in data.left_out:
                yield Trial(check, data.name, partial(_ask, name, data, ""), slow=slow)
                yield Trial(check, data.name, partial(_ask, name, data, move), move, about, slow)
