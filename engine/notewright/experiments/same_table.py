"""Scored rows of several runs, paired by where they are in the table that they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from notewright.experiments.evaluation import Evaluation
from notewright.experiments.run import Run

if TYPE_CHECKING:
    from notewright.experiments.runs import Runs


def in_one_table(
    service: Runs, runs: Mapping[int, Run], evaluations: Mapping[int, Evaluation]
) -> dict[int, Evaluation] | None:
    """Return evaluations whose rows have the labels that they have in the runs' table.

    Rows of plain arrays have no labels of their own: until they are traced, the same rows in
    another order look like others, and others with the same true values like the same. None
    unless all were traced to one table.
    """
    tables = {place: _table(run) for place, run in runs.items()}
    if None in tables.values() or len(set(tables.values())) != 1:
        return None
    found: dict[int, Evaluation] = {}
    for place, run in runs.items():
        labels = service._rows(run, "test")
        count = len(evaluations[place])
        if labels is None or len(labels) != count or len(np.unique(labels)) != count:
            return None
        found[place] = replace(evaluations[place], rows=labels)
    return found


def _table(run: Run) -> tuple[str, str | None, int | None] | None:
    """Return which table a run's scored rows are of, where they were traced to one."""
    rows = next((each for each in run.rows if each.role == "test"), None)
    return None if rows is None or rows.table is None else (rows.table, rows.by, rows.of)
