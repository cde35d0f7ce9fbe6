"""Runs: comparisons and logged files tell no value of a column that is withheld."""

from __future__ import annotations

import pytest

from notewright.errors import AccessDenied

DATA = """
import numpy as np, pandas as pd
from sklearn.metrics import accuracy_score
rng = np.random.default_rng(0)
n = 3000
raw = pd.DataFrame({"age": rng.integers(18, 80, n), "income": rng.choice(["rich", "poor"], n)})
y = pd.Series(rng.integers(0, 2, n), index=raw.index)
first = np.where(rng.random(n) < 0.3, 1 - y, y)
second = np.where(raw.income == "rich", y, first)
"""


@pytest.fixture
def compared(person, notebook):
    """Two runs, of which the second is right wherever somebody is rich."""
    assert notebook.run(DATA).status == "ok"
    for name in ("first", "second"):
        active = person.workspace.runs.start(
            name, session=notebook.recorder.session, namespace=notebook.namespace
        )
        with active.recording():
            execution = notebook.run(f"score = accuracy_score(y, {name})")
        after = notebook.recorder.take(name)
        active.finish(changed=[], execution=execution.id, snapshot_after=after.id)
    return person


def test_segments_are_of_other_columns_and_what_is_left_out_is_named(compared):
    said = compared.asks("compare", "first", "second", "--impact", "--table", "raw")
    assert "rich" not in said
    assert "withheld: income (needs 'risk_officer')" in said
    compared.becomes("risk_officer")
    assert "rich" in compared.asks("compare", "first", "second", "--impact", "--table", "raw")


def test_asking_for_the_groups_of_the_column_is_a_recorded_refusal(compared):
    words = ["compare", "first", "second", "--table", "raw", "--fairness", "income"]
    with pytest.raises(AccessDenied, match="the column 'income' of the table"):
        compared.asks(*words)
    assert compared.refusals()
    compared.becomes("risk_officer")
    assert "rich" in compared.asks(*words)


def test_a_logged_table_is_refused_and_a_figure_is_not(person):
    runs = person.workspace.runs
    active = runs.start("logs")
    with active.recording():
        active.log_artifact(b"income;age\n98765.25;31\n", "errors.csv")
        active.log_artifact(b"\x89PNG income", "curve.png")
    run = active.finish(changed=[])
    assert runs.artifact(run, "curve.png").endswith(b"income")
    with pytest.raises(AccessDenied, match=r"the column 'income' of errors\.csv"):
        runs.artifact(run, "errors.csv")
    person.becomes("risk_officer")
    assert b"98765" in runs.artifact(run, "errors.csv")
