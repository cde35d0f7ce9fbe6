"""Tests err as rarely as they say, and intervals hold as often, over 10,000 pairs of models."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

_FILE = Path(__file__).parents[2] / "benchmarks" / "_simulations.py"
_spec = spec_from_file_location("_simulations", _FILE)
_simulations = module_from_spec(_spec)
sys.modules["_simulations"] = _simulations  # its dataclasses look themselves up there
_spec.loader.exec_module(_simulations)
CAUTIOUS, DESIGNS, in_band = _simulations.CAUTIOUS, _simulations.DESIGNS, _simulations.in_band

REPETITIONS = 10_000


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("design", [*DESIGNS, *CAUTIOUS])
def test_false_positives_and_coverage_are_nominal(design):
    repetitions = REPETITIONS
    found = (DESIGNS | CAUTIOUS)[design](repetitions, np.random.default_rng(20_260_301))
    assert [rates for rates in found if not in_band(rates)] == []


@pytest.mark.parametrize("design", ["classifiers alike", "folds apart", "disagreements alike"])
def test_a_short_simulation_is_not_far_from_nominal(design):
    # 300 pairs: rates are known within 2.5 points (two standard errors).
    for rates in DESIGNS[design](300, np.random.default_rng(5)):
        assert rates.claimed is None or rates.claimed <= 0.095
        assert rates.covered is None or rates.covered >= 0.905
