"""Tests err as rarely as they say, and intervals hold as often, over 10,000 pairs of models."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks._simulations import CAUTIOUS, DESIGNS, in_band

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
