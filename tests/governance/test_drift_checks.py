"""Test rows from elsewhere are found, by column and together."""

from __future__ import annotations

import numpy as np
import pytest
from tests.governance.checking import failed, found, made_table
from tests.governance.test_leakage import honest

MOVES = {
    "dearer": ("income", lambda c: c * 2.5),
    "another city": ("city", lambda c: c.where(c != "Lisbon", "Evora")),
    "older": ("age", lambda c: c + 15),
    "missing": ("balance", lambda c: c.where(np.arange(len(c)) % 3 > 0)),
}


@pytest.mark.parametrize(("column", "move"), MOVES.values(), ids=MOVES)
@pytest.mark.parametrize("name", ["columns", "domain"])
def test_a_column_that_moved_is_found(name, column, move):
    test, training = honest(made_table(2))
    test = test.assign(**{column: move(test[column])})
    (finding,) = failed(f"drift.{name}", test, training=training)
    if name == "columns":
        assert finding.subject == column
        allowed = found("drift.columns", test, training=training, may_move=(column,))
        assert allowed[0].status == "passed"


def test_columns_that_moved_only_together_are_found_together():
    rng = np.random.default_rng(0)
    test, training = honest(made_table(2, rows=4000))
    test = test.assign(score=(test["balance"] > 0) * 2.0 - 1 + rng.normal(0, 0.1, len(test)))
    training = training.assign(
        score=(rng.random(len(training)) < 0.5) * 2.0 - 1 + rng.normal(0, 0.1, len(training))
    )
    assert failed("drift.columns", test, training=training) == []
    assert len(failed("drift.domain", test, training=training)) == 1
