"""Cells that fit any of scikit-learn's estimators: recorded in full, and none the wiser.

The long form is over every estimator that predicts; a dozen are in the fast suite.
"""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest
from sklearn.utils import all_estimators

from notewright.errors import ModelUnloadable
from notewright.experiments import hooks
from notewright.experiments.estimators import is_predictor
from notewright.lineage.cell import Cell
from notewright.state.values import fingerprint
from notewright_magics.autorun import AutoRun

KINDS = {name: kind for name, kind in all_estimators() if is_predictor(kind)}
FEW = [
    "RandomForestClassifier", "GradientBoostingRegressor", "HistGradientBoostingClassifier",
    "LogisticRegression", "Ridge", "MLPClassifier", "SVC", "KMeans", "SGDClassifier",
    "GaussianNB", "KNeighborsRegressor", "IsolationForest", "Pipeline",
]  # fmt: skip
#: What must be given, and what keeps a fit short.
GIVEN = {
    "ClassifierChain": "LogisticRegression()", "MultiOutputClassifier": "LogisticRegression()",
    "FixedThresholdClassifier": "LogisticRegression()", "FrozenEstimator": None,
    "GridSearchCV": "Ridge(), {'alpha': [0.5, 2.0]}, cv=2",
    "HalvingGridSearchCV": "Ridge(), {'alpha': [0.5, 2.0]}, cv=2",
    "HalvingRandomSearchCV": "Ridge(), {'alpha': [0.5, 2.0]}, cv=2, random_state=0",
    "MultiOutputRegressor": "Ridge()", "RegressorChain": "Ridge()",
    "OneVsOneClassifier": "LogisticRegression()", "OneVsRestClassifier": "LogisticRegression()",
    "OutputCodeClassifier": "LogisticRegression(), random_state=0",
    "Pipeline": "[('scale', StandardScaler()), ('model', LogisticRegression())]",
    "RFE": "Ridge()", "RFECV": "Ridge()",
    "RandomizedSearchCV": "Ridge(), {'alpha': [0.5, 2.0]}, n_iter=2, cv=2, random_state=0",
    "SelfTrainingClassifier": "LogisticRegression()",
    "StackingClassifier": "[('a', LogisticRegression()), ('b', GaussianNB())]",
    "StackingRegressor": "[('a', Ridge()), ('b', Lasso())]",
    "TunedThresholdClassifierCV": "LogisticRegression()",
    "VotingClassifier": "[('a', LogisticRegression()), ('b', GaussianNB())]",
    "VotingRegressor": "[('a', Ridge()), ('b', Lasso())]",
}  # fmt: skip
SEVERAL = {
    "CCA", "PLSCanonical", "PLSRegression", "ClassifierChain", "MultiOutputClassifier",
    "MultiOutputRegressor", "RegressorChain", "MultiTaskElasticNet", "MultiTaskElasticNetCV",
    "MultiTaskLasso", "MultiTaskLassoCV",
}  # fmt: skip
#: These need other data than tables of numbers, or cannot be fitted.
LEFT_OUT = {"FrozenEstimator", "SparseCoder"}
PREPARE = """
import numpy as np
import sklearn.experimental.enable_halving_search_cv
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler
generator = np.random.default_rng(5)
X = np.abs(generator.normal(size=(90, 4)))
label = (X[:, 0] > np.median(X[:, 0])).astype(int)
value = 1 + X[:, 0] + X[:, 1]
X_train, X_test = X[:60], X[60:]
"""


def cell_of(name: str) -> str:
    """Return a cell that makes an estimator, fits it and lets it predict."""
    kind = KINDS[name]
    given = GIVEN.get(name, "")
    if not given:
        parameters = inspect.signature(kind).parameters
        options = {"random_state": "0", "n_estimators": "5"}
        if not name.startswith("Orthogonal"):
            options["max_iter"] = "60"
        given = ", ".join(f"{n}={v}" for n, v in options.items() if n in parameters)
    regression = "Regressor" in name or name not in CLASSIFIERS
    target = "value" if regression else "label"
    if name in SEVERAL:
        target = f"np.column_stack([{target}, {target}[::-1]])"
    if name == "IsotonicRegression":
        return (
            "from sklearn.isotonic import IsotonicRegression\nnp.random.seed(0)\n"
            "model = IsotonicRegression(out_of_bounds='clip').fit(X_train[:, 0], value[:60])\n"
            "said = model.predict(X_test[:, 0])"
        )
    return (
        f"from {kind.__module__} import {name}\nnp.random.seed(0)\n"
        f"model = {name}({given}).fit(X_train, {target}[:60])\n"
        "said = model.predict(X_test) if hasattr(model, 'predict') else SAID"
    ).replace("SAID", "model.offset_" if name == "LocalOutlierFactor" else "model.labels_")


CLASSIFIERS = {
    *(name for name, _ in all_estimators(type_filter="classifier")),
    "Pipeline",
}


@pytest.fixture
def autorun(notebook):
    """Return a function that runs a cell as the kernel does while `%nw autorun` is on."""
    hooks.install()
    made = []

    def run(code: str):
        cell = Cell(code, code)
        active = notebook.workspace.runs.start("", origin="auto")
        with notebook.recorder.running(cell):
            active.watch()
            try:
                exec(compile(code, "<cell>", "exec"), notebook.variables)
            finally:
                active.unwatch()
            cell.follower = AutoRun(active, notebook.namespace, cell, "model", made.append)
        assert notebook.recorder.problems == []
        return made[-1]

    yield run
    hooks.uninstall()


def of_fit(model) -> str:
    """Return the hash of a fitted model; of a search, which keeps times, of its best."""
    return fingerprint(getattr(model, "best_estimator_", model))


def check(name: str, notebook, autorun) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _check(name, notebook, autorun)


def _check(name: str, notebook, autorun) -> None:
    notebook.run(PREPARE)
    code = cell_of(name)
    space = {"__name__": "plain"}
    exec(PREPARE + code, space)
    run = autorun(code)
    model = notebook["model"]
    # Nothing is other than without recording.
    assert of_fit(model) == of_fit(space["model"])
    np.testing.assert_array_equal(notebook["said"], space["said"])
    # Everything is there.
    assert run.model is not None
    assert run.model.type.endswith(f".{name}")
    assert set(model.get_params()) <= set(run.params)
    # A pipeline is called after its last step.
    assert run.name.startswith("LogisticRegression" if name == "Pipeline" else name)
    try:
        loaded = notebook.workspace.runs.load_model(run)
    except ModelUnloadable:
        assert any(run.model.variable in note for note in run.notes)
    else:
        assert fingerprint(loaded) == fingerprint(model)
    if name not in ("IsotonicRegression",):
        train = next(rows for rows in run.rows if rows.role == "train")
        assert train.count == 60
    assert run.status == "finished"


@pytest.mark.parametrize("name", FEW)
def test_a_fit_is_recorded_in_full_and_changes_nothing(name, notebook, autorun):
    check(name, notebook, autorun)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(KINDS) - set(FEW) - LEFT_OUT))
def test_every_fit_is_recorded_in_full_and_changes_nothing(name, notebook, autorun):
    check(name, notebook, autorun)


def test_the_long_form_is_over_more_than_sixty_estimators():
    assert len(set(KINDS) - LEFT_OUT) >= 100


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_models_of_other_libraries_are_recorded_too(library, notebook, autorun):
    pytest.importorskip(library)
    kind = {"xgboost": "XGBClassifier", "lightgbm": "LGBMClassifier"}[library]
    options = {"xgboost": "", "lightgbm": ", verbose=-1"}[library]
    notebook.run(PREPARE)
    code = (
        f"from {library} import {kind}\n"
        f"model = {kind}(n_estimators=7{options})\n"
        "model.fit(X_train, label[:60], eval_set=[(X_test, label[60:])])"
    )
    space: dict = {}
    exec(PREPARE + code, space)
    run = autorun(code)
    np.testing.assert_array_equal(
        notebook["model"].predict_proba(notebook["X_test"]),
        space["model"].predict_proba(space["X_test"]),
    )
    assert run.params["n_estimators"] == 7
    curve = notebook.workspace.runs.steps(run)
    assert len([step for step in curve if "logloss" in step[0]]) == 7
    runs = notebook.workspace.runs
    if run.model.snapshot is None:
        # lightgbm's threads wait for ever in a copy of the process.
        assert library == "lightgbm"
        with pytest.raises(ModelUnloadable, match="could not be pickled in time"):
            runs.load_model(run)
    else:
        X = notebook["X_test"]
        np.testing.assert_array_equal(runs.load_model(run).predict(X), notebook["model"].predict(X))


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_boosters_that_no_estimator_holds_are_recorded_too(library, notebook, autorun):
    pytest.importorskip(library)
    train = {
        "xgboost": "train({'seed': 1}, xgboost.DMatrix(X_train, value[:60]), 7)",
        "lightgbm": "train({'verbose': -1}, lightgbm.Dataset(X_train, value[:60]), 7)",
    }[library]
    notebook.run(PREPARE)
    code = f"import {library}\nmodel = {library}.{train}"
    space: dict = {}
    exec(PREPARE + code, space)
    run = autorun(code)
    trees = {"xgboost": lambda model: model.get_dump(), "lightgbm": lambda m: m.model_to_string()}
    assert trees[library](notebook["model"]) == trees[library](space["model"])
    assert run.name == "Booster"
    assert run.model.type == f"{library}.{'core' if library == 'xgboost' else 'basic'}.Booster"
    runs = notebook.workspace.runs
    assert runs.rows(run, "train").tolist() == list(range(60))
    if library == "xgboost":
        assert runs.load_model(run).get_dump() == notebook["model"].get_dump()
