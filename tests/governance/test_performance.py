"""Models that are no better than chance, or worse for some, are found; good ones pass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.governance.checking import failed, found

from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks.calibrated import by_luck

SEEDS = range(20)
ROWS = 2000


def people(rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, ROWS),
            "region": rng.choice(["north", "south", "east"], ROWS),
            "amount": rng.exponential(1000, ROWS),
        }
    )


def judged(rng: np.random.Generator, right: np.ndarray | float) -> Evaluation:
    true = rng.random(ROWS) < 0.4
    return Evaluation.of(true, np.where(rng.random(ROWS) < right, true, ~true))


def test_good_models_raise_no_alarm():
    loud = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        frame, evaluation = people(rng), judged(rng, 0.85)
        scores = rng.beta(1, 2, ROWS)
        probable = Evaluation.of(rng.random(ROWS) < scores, y_score=scores, probability=True)
        loud += failed("performance.against_dummy", frame, evaluation=evaluation)
        loud += failed("performance.weak_segments", frame, evaluation=evaluation)
        loud += failed("performance.calibration", frame, evaluation=probable)
    assert len(loud) <= 0.05 * 3 * len(SEEDS), loud


def test_a_model_that_guesses_is_found():
    caught = 0
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        caught += len(failed("performance.against_dummy", evaluation=judged(rng, 0.5)))
    assert caught >= 0.95 * len(SEEDS)


@pytest.mark.parametrize("answer", [True, False])
def test_a_model_that_says_the_same_of_all_is_found(answer):
    true = np.random.default_rng(0).random(ROWS) < 0.05
    evaluation = Evaluation.of(true, np.full(ROWS, answer))
    (finding,) = failed("performance.against_dummy", evaluation=evaluation)
    assert (finding.value, finding.threshold) == (0.5, 0.5)


def test_of_several_labels_a_row_the_commonest_row_is_what_a_dummy_says():
    rng = np.random.default_rng(0)
    true = np.column_stack([rng.random(ROWS) < 0.2, rng.random(ROWS) < 0.5])
    said = np.where(rng.random(true.shape) < 0.95, true, ~true)
    (good,) = found("performance.against_dummy", evaluation=Evaluation.of(true, said))
    assert good.status == "passed"
    rows = np.unique(true, axis=0, return_counts=True)[1]
    assert good.threshold == rows.max() / ROWS
    same = np.tile(true[:1], (ROWS, 1))
    assert len(failed("performance.against_dummy", evaluation=Evaluation.of(true, same))) == 1


def test_a_regression_is_compared_with_the_mean():
    from sklearn.metrics import r2_score

    rng = np.random.default_rng(0)
    true = rng.normal(50, 10, ROWS)
    noise = Evaluation.of(true, rng.permutation(true))
    good = Evaluation.of(true, true + rng.normal(0, 5, ROWS))
    assert len(failed("performance.against_dummy", evaluation=noise)) == 1
    (finding,) = found("performance.against_dummy", evaluation=good)
    assert finding.status == "passed"
    assert finding.value == pytest.approx(r2_score(good.y_true, good.y_pred), abs=1e-12)
    assert finding.interval[0] < finding.value < finding.interval[1]


@pytest.mark.parametrize("seed", range(6))
def test_probabilities_that_are_too_sure_are_found(seed):
    rng = np.random.default_rng(seed)
    scores = rng.beta(2, 2, ROWS)
    sure = scores**3 / (scores**3 + (1 - scores) ** 3)
    evaluation = Evaluation.of(rng.random(ROWS) < scores, y_score=sure, probability=True)
    (finding,) = failed("performance.calibration", evaluation=evaluation)
    assert finding.value > 0.1
    luck, left = finding.details["by_luck"], finding.value - finding.details["by_luck"]
    assert f"{finding.value:.3f} off on average; luck alone makes {luck:.3f}" in finding.sentence
    assert f"so {left:.3f} is left" in finding.sentence


def test_luck_is_what_calibrated_outcomes_give_on_average():
    from notewright.experiments.calibration import calibration

    rng = np.random.default_rng(1)
    scores = rng.beta(1, 3, 300)
    errors = [
        calibration(Evaluation.of(rng.random(300) < scores, y_score=scores, probability=True)).ece
        for _ in range(400)
    ]
    assert by_luck(scores) == pytest.approx(np.mean(errors), rel=0.05)


WEAK = {
    "a region": (lambda f: f["region"] == "east", "region is east"),
    "the old": (lambda f: f["age"] >= 70, "age"),
    "a pair": (lambda f: (f["region"] == "north") & (f["age"] < 35), "and"),
}


@pytest.mark.parametrize(("where", "words"), WEAK.values(), ids=WEAK)
@pytest.mark.parametrize("seed", range(3))
def test_a_part_that_fares_worse_is_found(where, words, seed):
    rng = np.random.default_rng(seed)
    frame = people(rng)
    evaluation = judged(rng, np.where(where(frame), 0.5, 0.9))
    findings = failed("performance.weak_segments", frame, evaluation=evaluation)
    assert any(words in finding.subject for finding in findings), findings
    assert all(finding.value > 0.1 for finding in findings)


def test_a_part_with_larger_errors_is_found():
    rng = np.random.default_rng(0)
    frame = people(rng)
    true = rng.normal(0, 10, ROWS)
    spread = np.where(frame["region"] == "south", 6, 2)
    evaluation = Evaluation.of(true, true + rng.normal(0, spread))
    findings = failed("performance.weak_segments", frame, evaluation=evaluation)
    assert any("region is south" in finding.subject for finding in findings)


def test_the_label_itself_is_no_part_that_fares_worse():
    rng = np.random.default_rng(0)
    frame = people(rng)
    frame["outcome"] = np.where(rng.random(ROWS) < 0.2, "bad", "good")
    evaluation = Evaluation.of(frame["outcome"], np.full(ROWS, "good"))
    assert failed("performance.weak_segments", frame, evaluation=evaluation) == []
