"""Parameters and fitted models of scikit-learn's estimators."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from sklearn.utils import all_estimators

from notewright.experiments.estimators import (
    called,
    is_fitted_model,
    last_fitted,
    parameters,
    words_for,
)
from notewright.experiments.scalars import scalar

PREDICTORS = [
    (name, kind)
    for name, kind in all_estimators(type_filter=["classifier", "regressor"])
    if not any(
        p.default is inspect.Parameter.empty for p in inspect.signature(kind).parameters.values()
    )
]


@pytest.mark.parametrize(("name", "kind"), PREDICTORS)
def test_a_fresh_estimator_is_no_model_and_differs_from_no_default(name, kind):
    estimator = kind()
    assert not is_fitted_model(estimator)
    values, changed = parameters(estimator)
    assert changed == ()
    assert set(values) == set(estimator.get_params())


#: These predict counts, positive or several values, or need other data.
SPECIAL = {
    "CCA", "IsotonicRegression", "MultiTaskElasticNet", "MultiTaskElasticNetCV",
    "MultiTaskLasso", "MultiTaskLassoCV", "PLSCanonical", "RadiusNeighborsClassifier",
    "GammaRegressor",
    "RadiusNeighborsRegressor", "SelfTrainingClassifier",
}  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), [pair for pair in PREDICTORS if pair[0] not in SPECIAL])
@pytest.mark.filterwarnings("ignore")
def test_a_fitted_estimator_is_found_and_comes_back(name, kind, runs, generator):
    X = np.abs(generator.normal(size=(60, 3)))
    y = (X[:, 0] > np.median(X[:, 0])).astype(int)
    model = kind().fit(X, y)
    assert is_fitted_model(model)
    run = runs.record(name, model=model)
    again = runs.load_model(runs.get(run.id))
    # Some keep arrays in another memory order, which moves the last digit of a product.
    np.testing.assert_allclose(again.predict(X), model.predict(X), rtol=1e-12, atol=1e-12)


def test_nested_parameters_are_kept_and_compared_with_their_own_defaults():
    from sklearn.ensemble import BaggingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    pipeline = make_pipeline(
        StandardScaler(), BaggingClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=3)
    )
    values, changed = parameters(pipeline)
    assert values["baggingclassifier__estimator__max_depth"] == 2
    assert "baggingclassifier__n_estimators" in changed
    assert "baggingclassifier__estimator__max_depth" in changed
    assert "standardscaler__copy" not in changed
    words = words_for(called(pipeline), values, changed)
    assert (
        words == "BaggingClassifier estimator=DecisionTreeClassifier, n_estimators=3, max_depth=2"
    )


@pytest.mark.parametrize("value", [3, "text", [1, 2], object(), np.arange(3), dict, max])
def test_other_objects_are_no_models(value):
    assert not is_fitted_model(value)


def test_asking_runs_no_method_of_a_users_class():
    class Trap:
        fit = predict = None

        def __getattr__(self, name):
            raise AssertionError(f"asked for {name}")

    assert not is_fitted_model(Trap())


def test_transformers_are_no_models(generator):
    from sklearn.preprocessing import StandardScaler

    assert not is_fitted_model(StandardScaler().fit(generator.normal(size=(5, 2))))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a.fit(X)\nb.fit(X)", "b"),
        ("b.fit(X)\na = Ridge().fit(X)", "a"),
        ("a = make()\nb = make()", None),
        ("a.fit(X); c.fit(X)", None),
        ("not python (", None),
    ],
)
def test_last_fitted_reads_the_text(code, expected):
    assert last_fitted(code, ["a", "b"]) == expected


def test_values_that_records_cannot_hold_become_text():
    assert scalar(np.float64(0.5)) == 0.5
    assert scalar(np.bool_(True)) is True
    assert scalar(float("nan")) == "nan"
    assert scalar(2**60) == str(2**60)
    assert scalar(print) == "print"
    assert len(scalar("x" * 10_000)) == 4000
    assert len(scalar(list(range(1000)))) == 250
