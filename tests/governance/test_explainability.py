"""Attributions add up, are those of closed forms and of shap, and models that cheat are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.governance.checking import CITIES, failed, found

from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks.inputs import Inputs
from notewright.governance.explaining.explanation import explain
from notewright.governance.explaining.shapley import shapley

NUMBERS = ["a", "b", "c", "d"]


def rows(seed: int, kind: str = "label", count: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(count, 4)), columns=NUMBERS)
    value = 2 * frame["a"] - frame["b"] + 0.5 * frame["c"] * frame["a"]
    frame["target"] = value if kind == "value" else (value + rng.logistic(0, 0.3, count) > 0) * 1
    return frame


def exact(value, row: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return Shapley values by their definition, over all subsets."""
    from itertools import combinations
    from math import factorial

    d = len(row)

    def worth(subset) -> float:
        mixed = background.copy()
        mixed[:, list(subset)] = row[list(subset)]
        return float(value(mixed).mean())

    found = np.zeros(d)
    for at in range(d):
        others = [other for other in range(d) if other != at]
        for size in range(d):
            weight = factorial(size) * factorial(d - size - 1) / factorial(d)
            for subset in combinations(others, size):
                found[at] += weight * (worth((*subset, at)) - worth(subset))
    return found


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 6), st.integers(1, 3))
def test_attributions_add_up_for_any_function_of_a_row(seed, width, background, pairs):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(width, width))

    def value(X, owners=None):
        return np.sin(X @ weights).prod(axis=1) + (X[:, 0] > 0)

    rows_, behind = rng.normal(size=(7, width)), rng.normal(size=(background, width))
    attributions, base = shapley(value, rows_, behind, pairs, seed)
    assert np.allclose(base + attributions.sum(axis=1), value(rows_), atol=1e-9)
    assert np.allclose(base, value(behind).mean())


def test_many_permutations_give_shapley_values_by_their_definition():
    rng = np.random.default_rng(0)
    row, behind = rng.normal(size=(1, 4)), rng.normal(size=(10, 4))

    def value(X, owners=None):
        return X[:, 0] * X[:, 1] + np.maximum(X[:, 2], X[:, 3]) + X[:, 0]

    sampled, _ = shapley(value, row, behind, pairs=400)
    assert np.allclose(sampled[0], exact(value, row[0], behind), atol=0.05)


def test_of_a_line_the_attributions_are_its_terms():
    frame = rows(0, "value")
    model = LinearRegression().fit(frame[NUMBERS], frame["target"])
    evaluation = Evaluation.of(frame["target"], model.predict(frame[NUMBERS]), task="regression")
    found_ = explain(Inputs(model, "X", frame[NUMBERS]), evaluation, range(20), background=400)
    terms = model.coef_ * (frame[NUMBERS] - frame[NUMBERS].mean()).to_numpy()[:20]
    assert np.allclose(found_.attributions, terms, atol=1e-9)
    assert found_.agreement > 0.99
    assert [name for name, _, _ in found_.importance][:2] == ["a", "b"]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", ["label", "value"])
def test_honest_models_raise_no_alarm(seed, kind):
    frame = rows(seed, kind)
    models = {
        "label": (LogisticRegression(), RandomForestClassifier(20, max_depth=5, random_state=0)),
        "value": (LinearRegression(), RandomForestRegressor(20, max_depth=5, random_state=0)),
    }
    model = models[kind][seed % 2].fit(frame[NUMBERS], frame["target"])
    for name in ("explainability.additive", "explainability.stable"):
        assert failed(name, frame, model=model, rows=8) == []


def test_a_pipeline_over_raw_columns_is_explained_by_these():
    frame = rows(0).drop(columns="d")
    frame["city"] = np.random.default_rng(0).choice(CITIES, len(frame))
    frame["city"] = frame["city"].where(frame["a"] < 1)  # some are missing
    columns = make_column_transformer(
        (StandardScaler(), ["a", "b", "c"]),
        (OneHotEncoder(handle_unknown="ignore"), ["city"]),
    )
    features = frame.drop(columns="target")
    model = make_pipeline(columns, LogisticRegression()).fit(features, frame["target"])
    (finding,) = found("explainability.additive", frame, model=model)
    assert finding.status == "passed"
    assert {part["column"] for part in finding.details["importance"]} == {"a", "b", "c", "city"}


def test_of_many_classes_the_one_that_was_said_is_explained():
    from sklearn.datasets import load_iris

    X, y = load_iris(as_frame=True, return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(X, y)
    evaluation = Evaluation.of(y, model.predict(X))
    found_ = explain(Inputs(model, "X", X), evaluation, [0, 60, 149])
    assert found_.answers == ("0", "1", "2")
    assert np.allclose(found_.said, model.predict_proba(X.iloc[[0, 60, 149]]).max(axis=1))
    assert found_.gap < 1e-9


class Answers:
    """A model of one function of its rows."""

    classes_ = np.array([0, 1])

    def __init__(self, chance) -> None:
        self.chance = chance

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        chance = self.chance(X[NUMBERS].to_numpy())
        return np.column_stack([1 - chance, chance])

    def predict(self, X):
        # What the run recorded: the chance is looked at again by the checks.
        return (X["a"].to_numpy() > 0) * 1


def test_a_model_that_draws_random_numbers_is_found():
    rng = np.random.default_rng(0)
    model = Answers(lambda X: np.clip(0.5 + X[:, 0] / 10 + rng.normal(0, 0.05, len(X)), 0, 1))
    (finding,) = failed("explainability.additive", rows(0), model=model)
    assert "something else of the same row" in finding.sentence


def test_a_model_that_looks_at_the_rows_beside_it_is_found():
    model = Answers(lambda X: 1 / (1 + np.exp(-(X[:, 0] - X[:, 0].mean()) / X[:, 0].std())))
    assert failed("explainability.additive", rows(0), model=model) != []


@pytest.mark.parametrize("seed", range(4))
def test_a_model_whose_reasons_depend_on_what_it_is_compared_with_is_found(seed):
    # Parity of the signs: no column alone says anything.
    model = Answers(lambda X: (np.sign(X).prod(axis=1) > 0) * 1.0)
    assert failed("explainability.additive", rows(seed), model=model) == []
    (finding,) = failed("explainability.stable", rows(seed), model=model)
    assert finding.value < 0.7


def test_a_model_without_probabilities_says_so():
    from sklearn.svm import LinearSVC

    frame = rows(0)
    model = LinearSVC().fit(frame[NUMBERS], frame["target"])
    (finding,) = found("explainability.additive", frame, model=model)
    assert finding.status == "could_not_run"
    assert "predict_proba" in finding.remedy


def test_reasons_come_largest_first_and_with_the_rows_values():
    frame = rows(0, "value")
    model = LinearRegression().fit(frame[NUMBERS], frame["target"])
    evaluation = Evaluation.of(frame["target"], model.predict(frame[NUMBERS]), task="regression")
    found_ = explain(Inputs(model, "X", frame[NUMBERS]), evaluation, [3])
    reasons = found_.reasons(0)
    sizes = [abs(reason.part) for reason in reasons]
    assert sizes == sorted(sizes, reverse=True)
    assert {r.column: r.value for r in reasons} == frame[NUMBERS].iloc[3].to_dict()
    assert len(found_.reasons(0, 2)) == 2


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(20, max_depth=4, random_state=0),
        RandomForestRegressor(20, max_depth=4, random_state=0),
    ],
    ids=["forest of labels", "forest of values"],
)
def test_where_shap_is_installed_trees_are_explained_exactly(model):
    pytest.importorskip("shap")
    kind = "value" if "Regressor" in type(model).__name__ else "label"
    frame = rows(1, kind)
    model.fit(frame[NUMBERS], frame["target"])
    said = model.predict(frame[NUMBERS])
    task = "regression" if kind == "value" else "classification"
    evaluation = Evaluation.of(frame["target"], said, task=task)
    inputs = Inputs(model, "X", frame[NUMBERS])
    exactly = explain(inputs, evaluation, range(5), background=20)
    assert exactly.method == "exact, by shap"
    assert exactly.gap < 1e-6

    def value(X):
        named = pd.DataFrame(X, columns=NUMBERS)
        return model.predict(named) if kind == "value" else model.predict_proba(named)[:, 1]

    rng = np.random.Generator(np.random.PCG64(0))
    chosen = np.sort(rng.choice(len(frame), 20, replace=False))
    behind = frame[NUMBERS].to_numpy()[chosen]
    for at in range(5):
        wanted = exact(value, frame[NUMBERS].to_numpy()[at], behind)
        assert np.allclose(exactly.attributions[at], wanted, atol=1e-6)
