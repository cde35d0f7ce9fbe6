"""A store with very many snapshots is opened, listed and searched without waiting."""

from __future__ import annotations

import importlib.util
import statistics
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "store.py"


@pytest.mark.parametrize(
    "count", [200, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])]
)
def test_many_snapshots_are_opened_and_listed_without_waiting(tmp_path: Path, count: int) -> None:
    spec = importlib.util.spec_from_file_location("store_benchmark", BENCHMARK)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    benchmark.filled(tmp_path, count)
    for name, times in benchmark.measured(tmp_path, 1 if count < 1000 else 3).items():
        print(f"{name}: {statistics.median(times):.1f} ms of {benchmark.CASES[name][0]}")
        assert statistics.median(times) < 3 * benchmark.CASES[name][0], name
