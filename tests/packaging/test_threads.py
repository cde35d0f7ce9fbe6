"""What several threads add up is the same each time in the replay, the proof and the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from recorded import Notebook

FOREST = """\
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_absolute_error

df = pd.read_csv("data/german_credit.csv")
X, y = df[["duration_in_month", "age_in_years"]], df["credit_amount"]
model = RandomForestRegressor(40, n_jobs=4, random_state=0).fit(X, y)
print(f"{mean_absolute_error(y, model.predict(X)):.1f}")
"""
SUMS = """
import numpy as np
from sklearn.ensemble import RandomForestRegressor
from notewright.packaging.probe import one_thread
one_thread()
rows = np.random.default_rng(0).random((300, 3))
forest = RandomForestRegressor(60, n_jobs=4, random_state=0).fit(rows, rows.sum(axis=1))
print(len({forest.predict(rows).tobytes() for _ in range(100)}))
"""


def test_a_forest_of_several_threads_predicts_the_same_each_time() -> None:
    done = subprocess.run([sys.executable, "-c", SUMS], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_a_package_whose_forest_has_threads_tests_them_in_order(project: Path) -> None:
    package = Notebook(project).run(FOREST).export("model", "forest")
    tests = (package.path / "tests" / "test_package.py").read_text(encoding="utf-8")
    assert 'register_parallel_backend("threading", SequentialBackend)' in tests
