"""What searches and cross-validations tried is kept as runs below their run."""

from __future__ import annotations

import numpy as np
import pytest

SEARCH = """
from sklearn.model_selection import {kind}
from sklearn.tree import DecisionTreeClassifier
model = {kind}(DecisionTreeClassifier(random_state=0, min_samples_leaf=3), {{"max_depth": {grid}}},
    cv=3, {more}).fit(X_train, y_train)
"""


def test_every_configuration_of_a_grid_is_a_run_with_its_folds(record, runs):
    space: dict = {}
    code = SEARCH.format(kind="GridSearchCV", grid="[1, 2, 5]", more="return_train_score=True")
    run = record(code, variables=space)
    found = space["model"].cv_results_
    children = list(runs.children(run))
    assert len(children) == 3
    by_depth = {child.params["max_depth"]: child for child in children}
    for at, depth in enumerate([1, 2, 5]):
        child = by_depth[depth]
        assert child.parent == run.id
        assert child.name == f"max_depth={depth}"
        assert child.params["min_samples_leaf"] == 3
        assert child.metrics["score"] == found["mean_test_score"][at]
        assert child.metrics["score_std"] == found["std_test_score"][at]
        assert child.metrics["score_train"] == found["mean_train_score"][at]
        folds = [value for name, _, value in runs.steps(child) if name == "score"]
        assert folds == [found[f"split{n}_test_score"][at] for n in range(3)]
    # The best comes first, and the run says which it was.
    assert children[0].params["max_depth"] == space["model"].best_params_["max_depth"]
    assert run.params["best_max_depth"] == space["model"].best_params_["max_depth"]
    assert run.metrics == {}


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("RandomizedSearchCV", "n_iter=2, random_state=0"),
        ("HalvingGridSearchCV", "min_resources=40"),
        ("HalvingRandomSearchCV", "min_resources=40, random_state=0"),
    ],
)
def test_other_searches_are_taken_apart_too(kind, more, record, runs):
    space: dict = {}
    code = "import sklearn.experimental.enable_halving_search_cv\n"
    run = record(code + SEARCH.format(kind=kind, grid="[1, 2, 5]", more=more), variables=space)
    children = list(runs.children(run))
    assert len(children) == len(space["model"].cv_results_["params"])
    best = children[0]
    assert best.params["max_depth"] == space["model"].best_params_["max_depth"]
    assert best.metrics["score"] == space["model"].best_score_


@pytest.mark.parametrize(
    ("scoring", "name"),
    [("None", "accuracy"), ("'roc_auc'", "roc_auc"), ("make_scorer(f1_score)", "f1_score")],
)
def test_a_cross_validation_is_a_run_with_its_folds(scoring, name, record, runs):
    space: dict = {}
    run = record(
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import f1_score, make_scorer\n"
        "from sklearn.model_selection import cross_val_score\n"
        f"scores = cross_val_score(LogisticRegression(C=0.5), X, y, cv=4, scoring={scoring})",
        variables=space,
    )
    [child] = runs.children(run)
    assert child.params["C"] == 0.5
    assert child.metrics[name] == np.mean(space["scores"])
    assert [value for _, _, value in runs.steps(child)] == space["scores"].tolist()
    assert run.params["C"] == 0.5
    assert run.metrics == {}


def test_several_scores_of_a_cross_validation_are_all_kept(record, runs):
    run = record(
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import cross_validate\n"
        "found = cross_validate(LogisticRegression(), X, y, cv=3, scoring=['f1', 'accuracy'],\n"
        "    return_train_score=True)"
    )
    [child] = runs.children(run)
    assert {"f1", "f1_std", "accuracy", "accuracy_train"} <= set(child.metrics)
    assert child.seconds > 0


def test_runs_are_filtered_by_what_they_are_part_of(record, runs):
    run = record(SEARCH.format(kind="GridSearchCV", grid="[1, 2, 5]", more=""))
    other = record("x = 1", name="other")
    later = runs.record("retrained", parent=run.id, origin="retrain")
    assert [r.id for r in runs.list("parent == None")] == [run.id, other.id]
    assert [r.id for r in runs.list("part_of == None")] == [run.id, other.id, later.id]
    assert [r.id for r in runs.list(f'parent == "{run.id}" and part_of == None')] == [later.id]
    assert len(runs.children(run)) == 3
    assert len(runs.list(f'parent == "{run.id[:6]}" and params.max_depth > 1')) == 2
    assert len(runs.list(f'parent != "{run.id}"')) == 0
    assert runs.frame()["parent"].fillna("").tolist() == ["", *[run.id] * 3, "", run.id]


def test_results_are_the_same_with_and_without_recording(record):
    code = SEARCH.format(kind="GridSearchCV", grid="[1, 2, 5]", more="scoring='f1'")
    code += (
        "from sklearn.model_selection import cross_validate, cross_val_predict\n"
        "np.random.seed(1)\n"
        "found = cross_validate(model.best_estimator_, X, y, cv=3)['test_score']\n"
        "said = cross_val_predict(model.best_estimator_, X, y, cv=3)\n"
        "drawn = np.random.random(3)\n"
    )
    space: dict = {}
    record(code, variables=space)
    plain = {name: space[name] for name in ("X", "y", "X_train", "y_train", "np")}
    exec(code, plain)
    for name in ("found", "said", "drawn"):
        np.testing.assert_array_equal(space[name], plain[name])
    assert space["model"].best_score_ == plain["model"].best_score_


TWO = """
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, cross_val_score
scores = cross_val_score(LogisticRegression(C={c}), X, y, cv={cv}, scoring="accuracy")
"""


@pytest.mark.parametrize(
    "cv", ["5", "KFold(5, shuffle=True, random_state=3)", "ShuffleSplit(4, random_state=0)"]
)
def test_two_cross_validations_over_the_same_folds_are_tested_over_them(cv, record, runs):
    first = record(TWO.format(c=1.0, cv=cv))
    second = record(TWO.format(c=1e-4, cv=cv))
    difference = runs.compare([first.id, second.id]).difference("accuracy")
    assert difference.test == "corrected resampled t-test"


@pytest.mark.parametrize(
    "cv",
    ["KFold(5, shuffle=True)", "ShuffleSplit(4)", "KFold(5).split(X)"],
)
def test_folds_that_nobody_could_tell_again_are_not_tested_nor_drawn_anew(cv, record, runs):
    np.random.seed(3)
    first = record(TWO.format(c=1.0, cv=cv))
    after = np.random.get_state()[1].tolist()
    second = record(TWO.format(c=1e-4, cv=cv))
    assert runs.compare([first.id, second.id]).differences == ()
    np.random.seed(3)
    space: dict = {}
    record("import numpy as np\n" + TWO.format(c=1.0, cv=cv), variables=space)
    assert np.random.get_state()[1].tolist() == after


def test_folds_at_the_same_places_of_other_rows_are_other_folds(record, runs):
    first = record(TWO.format(c=1.0, cv="KFold(5)"))
    second = record("y = 1 - y" + TWO.format(c=1e-4, cv="KFold(5)"))
    comparison = runs.compare([first.id, second.id])
    assert comparison.differences == ()
    assert any("different folds" in note for note in comparison.notes)
