"""DeLong's test gives the values that were published for the aneurysm patients of Turck et al.

Measurements: Turck, Vutskits, Sanchez-Pena et al. (2010), Intensive Care Medicine 36, 107-115.
Expected values: those that Robin et al. (2011), BMC Bioinformatics 12, 77, give of their
software for this data.
"""

from __future__ import annotations

import numpy as np
import pytest

from notewright.experiments.statistics.delong import area_difference, delong, difference_test
from notewright.experiments.statistics.normal import Z

# Of each patient, grouped by WFNS grade: S100 beta in hundredths of µg/l.
POOR = {
    1: [7, 8],
    2: [7, 7, 9, 9, 10, 10, 11, 14, 25, 30, 41, 58],
    3: [13],
    4: [13, 16, 23, 26, 27, 48, 71, 96],
    5: [3, 12, 22, 32, 33, 35, 44, 44, 49, 52, 56, 70, 71, 74, 77, 82, 86, 207],
}  # fmt: skip
GOOD = {
    1: [4, 4, 4, 4, 5, 5, 6, 6, 7, 7, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9, 10, 10, 10, 10, 11, 11, 13,
        13, 14, 14, 14, 15, 16, 18, 19, 48, 50],
    2: [4, 7, 8, 8, 9, 9, 10, 10, 10, 11, 11, 13, 14, 15, 15, 15, 16, 17, 19, 43],
    3: [5, 7, 33],
    4: [16, 17, 28, 32, 34, 38, 45, 47],
    5: [24, 46, 47, 50],
}  # fmt: skip


def markers():
    rows = [
        (poor, grade, value)
        for poor, grades in ((True, POOR), (False, GOOD))
        for grade, values in grades.items()
        for value in values
    ]
    positive, grade, s100b = map(np.array, zip(*rows, strict=True))
    return positive, np.stack([grade, s100b]).astype(float)


EXPECTED_Z, EXPECTED_P = 2.20898359144091, 0.0271757822291882
EXPECTED_INTERVAL = (0.0104061769564846, 0.174214419249478)


def test_the_paired_test_gives_the_published_statistic_p_value_and_interval():
    positive, scores = markers()
    areas, covariance = delong(positive, scores)
    assert areas[0] == pytest.approx(0.823678861788618, abs=1e-12)
    difference = areas[0] - areas[1]
    error = area_difference(covariance, 0, 1)
    assert difference / error == pytest.approx(EXPECTED_Z, abs=1e-8)
    assert difference_test(difference, error) == pytest.approx(EXPECTED_P, abs=1e-8)
    found = (difference - Z * error, difference + Z * error)
    assert found == pytest.approx(EXPECTED_INTERVAL, abs=1e-8)


def test_variances_of_single_areas_are_the_published_ones():
    positive, scores = markers()
    _, covariance = delong(positive, scores)
    assert covariance[0, 0] == pytest.approx(0.00146991470882363, abs=1e-12)
    assert covariance[1, 1] == pytest.approx(0.00266868245717244, abs=1e-12)
