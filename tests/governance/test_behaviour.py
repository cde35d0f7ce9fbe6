"""Models that turn with a little noise, overfit, or fall where they should rise, are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from tests.governance.checking import failed, found

SEEDS = range(20)
ROWS = 600
NUMBERS = ["income", "age", "debt"]


def rows(seed: int, kind: str = "label", count: int = ROWS) -> pd.DataFrame:
    """Return rows whose target rises with income, falls with debt, and is noisy."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": rng.lognormal(10, 0.5, count).round(0),
            "age": rng.integers(18, 80, count),
            "debt": rng.exponential(3000, count),
        }
    )
    logit = 2 * np.log(frame["income"] / 22000) - frame["debt"] / 4000
    noise = rng.logistic(0, 0.5, count)
    frame["target"] = (logit + noise > 0) * 1 if kind == "label" else logit + noise
    return frame


def two_parts(seed: int, kind: str = "label") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return training rows and test rows; no index label is in both."""
    table = rows(seed, kind, 2 * ROWS)
    return table.iloc[:ROWS], table.iloc[ROWS:]


def fitted(model, training: pd.DataFrame):
    return model.fit(training[NUMBERS], training["target"])


def smooth(seed: int):
    """Return a simple model, its training rows and its test rows."""
    training, test = two_parts(seed)
    return fitted(LogisticRegression(max_iter=2000), training), training, test


@pytest.mark.parametrize(
    "name", ["behaviour.overfitting", "behaviour.stability", "behaviour.missing_values"]
)
def test_smooth_models_raise_no_alarm(name):
    loud = []
    for seed in SEEDS:
        model, training, test = smooth(seed)
        loud += failed(name, test, model=model, training=training)
        training, test = two_parts(seed, "value")
        ridge = fitted(Ridge(), training)
        loud += failed(name, test, model=ridge, training=training)
    assert len(loud) <= 0.05 * 2 * len(SEEDS), loud


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["label", "value"])
def test_models_that_learn_rows_by_heart_are_found(seed, kind):
    training, test = two_parts(seed, kind)
    tree = DecisionTreeClassifier() if kind == "label" else DecisionTreeRegressor()
    model = fitted(tree, training)
    (finding,) = failed("behaviour.overfitting", test, model=model, training=training)
    assert finding.value == pytest.approx(
        finding.details["train"] - finding.details["test"], abs=1e-12
    )
    assert finding.interval[0] < finding.value < finding.interval[1]


def test_the_scores_of_both_sides_are_those_of_scikit_learn():
    from sklearn.metrics import balanced_accuracy_score, r2_score

    for kind, score in (("label", balanced_accuracy_score), ("value", r2_score)):
        training, test = two_parts(0, kind)
        tree = DecisionTreeClassifier if kind == "label" else DecisionTreeRegressor
        model = fitted(tree(max_depth=3), training)
        (finding,) = found("behaviour.overfitting", test, model=model, training=training)
        for side, part in (("train", training), ("test", test)):
            wanted = score(part["target"], model.predict(part[NUMBERS]))
            assert finding.details[side] == pytest.approx(wanted, abs=1e-12)


def test_without_the_rows_trained_on_overfitting_cannot_be_told():
    model, _, test = smooth(0)
    (finding,) = found("behaviour.overfitting", test, model=model)
    assert finding.status == "could_not_run"
    assert "X_train" in finding.remedy


@pytest.mark.parametrize("seed", range(6))
def test_a_model_that_looks_at_the_last_digits_is_found(seed):
    class Digits:
        """Says what the cents of the debt say."""

        classes_ = np.array([0, 1])

        def fit(self, X, y):
            return self

        def predict(self, X):
            return (X["debt"].to_numpy() * 100 % 2 > 1) * 1

    _, test = two_parts(seed)
    (finding,) = failed("behaviour.stability", test, model=Digits())
    assert finding.value > 0.3


@pytest.mark.parametrize("seed", range(4))
def test_a_nearest_neighbour_in_unscaled_columns_is_less_stable_than_a_line(seed):
    training, test = two_parts(seed)
    one = fitted(KNeighborsClassifier(1), training)
    (finding,) = failed("behaviour.stability", test, model=one, noise=0.05)
    (line,) = found("behaviour.stability", test, model=smooth(seed)[0], noise=0.05)
    assert finding.value > line.value


def test_answers_that_turn_on_one_missing_value_are_found():
    training, test = two_parts(1)
    # Rows without an income were always accepted.
    gaps = training.copy()
    gaps.loc[gaps.index[::3], "income"] = np.nan
    gaps.loc[gaps.index[::3], "target"] = 1
    model = fitted(HistGradientBoostingClassifier(random_state=0), gaps)
    findings = failed("behaviour.missing_values", test, model=model)
    assert [finding.subject for finding in findings] == ["income"]


def test_a_model_that_stops_on_values_that_do_miss_is_found():
    model, training, test = smooth(2)
    assert failed("behaviour.missing_values", test, model=model) == []
    raw = pd.concat([training, test]).sample(frac=1, random_state=0)
    raw.loc[training.index[:30], "age"] = np.nan
    # As where the notebook drops such rows before it trains.
    tables = {"raw": raw, "X_test": test[NUMBERS]}
    (finding,) = failed("behaviour.missing_values", test, model=model, tables=tables)
    assert finding.subject == "age"
    assert finding.value == pytest.approx(30 / len(raw))


@pytest.mark.parametrize("seed", range(5))
def test_a_constrained_model_keeps_its_direction_and_a_free_one_is_caught(seed):
    training, test = two_parts(seed)
    free = fitted(HistGradientBoostingClassifier(min_samples_leaf=3, random_state=0), training)
    bound = HistGradientBoostingClassifier(monotonic_cst={"income": 1, "debt": -1}, random_state=0)
    fitted(bound, training)
    declared = {"rising": ["income"], "falling": ["debt"]}
    assert failed("behaviour.monotonic", test, model=bound, **declared) == []
    caught = failed("behaviour.monotonic", test, model=free, **declared)
    assert {finding.subject for finding in caught} == {"income", "debt"}
    opposite = failed("behaviour.monotonic", test, model=bound, rising=["debt"])
    assert opposite[0].value > 0.5


def test_a_regression_keeps_its_direction():
    training, test = two_parts(0, "value")
    bound = HistGradientBoostingRegressor(monotonic_cst={"income": 1}, random_state=0)
    fitted(bound, training)
    assert failed("behaviour.monotonic", test, model=bound, rising=["income"]) == []
    assert failed("behaviour.monotonic", test, model=bound, falling=["income"]) != []


def test_a_column_that_the_model_does_not_take_is_named():
    model, _, test = smooth(0)
    (finding,) = found("behaviour.monotonic", test, model=model, rising=["incom"])
    assert finding.status == "could_not_run"
    assert "'incom'" in finding.sentence
    assert "income" in finding.sentence


def test_slow_and_large_models_are_found_and_others_pass():
    model, _, test = smooth(0)
    for name, limit in (
        ("behaviour.inference_time", "max_milliseconds"),
        ("behaviour.size", "max_megabytes"),
    ):
        assert failed(name, test, model=model) == []
        assert failed(name, test, model=model, **{limit: 0.0}) != []


def test_the_size_is_that_of_the_pickle():
    import cloudpickle

    from notewright.governance.checks.needs import pickled_size

    model, _, _ = smooth(0)
    assert pickled_size(model) == len(cloudpickle.dumps(model, protocol=5))


def test_features_of_which_the_model_says_something_else_are_not_taken_for_its_own():
    model, _, test = smooth(3)
    from notewright.experiments.evaluation import Evaluation

    said = model.predict(test[NUMBERS])
    evaluation = Evaluation.of(test["target"], 1 - said)
    (finding,) = found("behaviour.stability", test, model=model, evaluation=evaluation)
    assert finding.status == "could_not_run"
    assert "says what the run recorded" in finding.sentence
