"""Probabilities that promise one group more, and columns that give a group away, are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.governance.checking import failed, found, made_table

from notewright.experiments.evaluation import Evaluation
from notewright.experiments.groups import Groups
from notewright.governance.checks.group_calibration import Group, _interval, calibration_by_group

SEEDS = range(20)
ROWS = 1500
POLICY = "version: 1\ndata: {favourable: true, sensitive: {sex: {}, region: {}}}"


def people(seed: int, tilt: float = 0.0) -> tuple[pd.DataFrame, Evaluation]:
    """Return rows, and probabilities that promise women so much more than they get."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"sex": rng.choice(["f", "m"], ROWS), "region": rng.choice(list("abc"), ROWS)}
    )
    true_chance = rng.beta(2, 3, ROWS)
    said = np.clip(true_chance + np.where(frame["sex"] == "f", tilt, 0), 0, 1)
    came = rng.random(ROWS) < true_chance
    return frame, Evaluation.of(came, said > 0.5, said, probability=True)


def test_honest_probabilities_raise_no_alarm():
    loud = []
    for seed in SEEDS:
        frame, evaluation = people(seed)
        loud += failed("bias.calibration_difference", frame, evaluation=evaluation, policy=POLICY)
    assert len(loud) <= 0.05 * 3 * len(SEEDS), loud


@pytest.mark.parametrize("seed", range(6))
def test_a_group_that_is_promised_more_is_found(seed):
    frame, evaluation = people(seed, tilt=0.2)
    findings = failed("bias.calibration_difference", frame, evaluation=evaluation, policy=POLICY)
    by_sex = next(finding for finding in findings if finding.subject == "sex")
    assert by_sex.value > 0.1
    assert by_sex.interval[0] < by_sex.value < by_sex.interval[1]
    assert "promises 'f'" in by_sex.sentence


def test_the_interval_is_welchs():
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(0)
    a, b = rng.normal(0.1, 1, 80), rng.normal(0, 3, 45)
    one, other = (
        Group(name, len(x), x.mean(), x.std(ddof=1) / np.sqrt(len(x)))
        for name, x in (("a", a), ("b", b))
    )
    wanted = ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert _interval(one, other, 0.05) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_together_the_intervals_hold_in_95_of_100_cases():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(1000):
        groups = Groups.of(rng.choice(list("abcd"), 400))
        chance = rng.beta(2, 2, 400)
        table = calibration_by_group(chance, rng.random(400) < chance, groups, 20)
        pairs = [(a, b) for a in table for b in table if a.name < b.name]
        ends = [_interval(a, b, 0.05 / len(pairs)) for a, b in pairs]
        held += all(low <= 0 <= high for low, high in ends)
    assert held >= 940


def test_small_groups_are_left_out():
    said, came = np.full(50, 0.5), np.zeros(50, dtype=bool)
    groups = Groups.of(["a"] * 45 + ["b"] * 5)
    assert [g.name for g in calibration_by_group(said, came, groups, 20)] == ["a"]


def test_a_run_without_probabilities_passes_and_says_so():
    frame, evaluation = people(0)
    labels = Evaluation.of(evaluation.y_true, evaluation.y_pred)
    (finding,) = found("bias.calibration_difference", frame, evaluation=labels, policy=POLICY)
    assert finding.status == "passed"
    assert "no probabilities" in finding.sentence


SENSITIVE = "version: 1\ndata: {sensitive: {origin: {}, years: {bands: [30, 60]}}}"


def with_people(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(1000 + seed)
    frame = made_table(seed)
    frame["origin"] = rng.choice(["north", "south"], len(frame))
    frame["years"] = rng.integers(18, 90, len(frame))
    return frame


def test_columns_that_tell_nothing_raise_no_alarm():
    loud = [
        f for seed in SEEDS for f in failed("bias.proxies", with_people(seed), policy=SENSITIVE)
    ]
    assert len(loud) <= 0.05 * len(SEEDS), loud


@pytest.mark.parametrize("seed", range(4))
def test_a_postcode_that_tells_the_origin_and_a_pension_that_tells_the_age_are_found(seed):
    rng = np.random.default_rng(2000 + seed)
    frame = with_people(seed)
    quarter = np.where(frame["origin"] == "north", "1", "2")
    moved = rng.random(len(frame)) < 0.1
    frame["postcode"] = [
        f"{rng.integers(1, 3) if m else q}{rng.integers(0, 20):02d}"
        for q, m in zip(quarter, moved, strict=True)
    ]
    frame["pension"] = np.where(frame["years"] >= 60, "yes", "no")
    frame["birth_year"] = 2026 - frame["years"]
    findings = failed("bias.proxies", frame, policy=SENSITIVE)
    pairs = {(finding.subject, finding.details["sensitive"]) for finding in findings}
    assert {("postcode", "origin"), ("birth_year", "years")} <= pairs
    assert all(subject in {"postcode", "birth_year", "pension"} for subject, _ in pairs)


def test_the_target_is_no_proxy():
    frame = with_people(0)
    frame["target"] = np.where(frame["origin"] == "north", "yes", "no")
    assert failed("bias.proxies", frame, policy=SENSITIVE) == []
