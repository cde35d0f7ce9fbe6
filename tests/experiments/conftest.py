"""A store with runs, and cells that run as a notebook's cells do."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from notewright.experiments.models import Models
from notewright.experiments.run import Run
from notewright.experiments.runs import Runs
from notewright.state.namespace import Namespace
from notewright.store import Store

_numbers = itertools.count()

DATA = """
import numpy as np
from sklearn.datasets import make_classification, make_regression
X, y = make_classification(600, n_informative=5, n_redundant=0, flip_y=0.1, random_state=0)
X_train, X_test, y_train, y_test = X[:300], X[300:], y[:300], y[300:]
"""


def run_cell(source: str, variables: dict[str, Any]) -> None:
    """Run a cell with its source where tracebacks find it, as IPython does."""
    name = f"<cell {next(_numbers)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    exec(compile(source, name, "exec"), variables)


@pytest.fixture(name="run_cell")
def run_cell_fixture() -> Callable[[str, dict[str, Any]], None]:
    return run_cell


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".notewright")


@pytest.fixture
def runs(store: Store) -> Runs:
    return Runs(store)


@pytest.fixture
def models(store: Store, runs: Runs) -> Models:
    return Models(store, runs)


@pytest.fixture
def record(runs: Runs) -> Callable[..., Run]:
    """Run source as a recorded cell and return the run."""

    def recorded(source: str, name: str = "run", variables: dict[str, Any] | None = None) -> Run:
        space: dict[str, Any] = {} if variables is None else variables
        if "X" not in space:
            run_cell(DATA, space)
        before = {n: id(v) for n, v in space.items()}
        active = runs.start(name, namespace=Namespace(space))
        with active.recording():
            run_cell(source, space)
        changed = [n for n, v in Namespace(space).variables().items() if before.get(n) != id(v)]
        return active.finish(changed=changed, code=source)

    return recorded


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(7)
