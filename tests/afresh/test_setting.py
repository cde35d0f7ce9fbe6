"""Where a parameter of a run is set in the code of its cells."""

from __future__ import annotations

import pytest

from notewright.afresh.setting import changed_codes, parse_setting
from notewright.errors import UsageError
from notewright.experiments.run import ModelRef, Run
from notewright.lineage.records import Execution


def run_of(kind: str = "sklearn.tree.Tree", **params) -> Run:
    model = ModelRef("model", kind, "")
    return Run("1" * 16, "", "tree", "finished", "", 0.0, params=params, model=model)


def changed(run: Run, *codes: str, **settings) -> list[str]:
    cells = [
        Execution(
            id=str(at), digest="", parent=None, parent_digest=None, session="s", ordinal=at + 1,
            cell=None, source=code, code=code, started="", seconds=0.0, status="ok", error=None,
            reads=(), changed=(), deleted=(), touched=(), files=(), wrote=(),
        )
        for at, code in enumerate(codes)
    ]  # fmt: skip
    return changed_codes(run, cells, settings)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("m = Tree(max_depth=3)", "m = Tree(max_depth=8)"),
        ("m = Tree()", "m = Tree(max_depth=8)"),
        ("m = tree.Tree().fit(X)", "m = tree.Tree(max_depth=8).fit(X)"),
        ("é = 'ü'; m = Tree(max_depth=d)  # é", "é = 'ü'; m = Tree(max_depth=8)  # é"),
        ("m = Tree(\n    max_depth=3,\n)\nz = 1", "m = Tree(max_depth=8)\nz = 1"),
        ("m = Tree(**o)", "m = Tree(**{**o, 'max_depth': 8})"),
        (
            "from sklearn.tree import Tree as T\nm = T(max_depth=3)",
            "from sklearn.tree import Tree as T\nm = T(max_depth=8)",
        ),
    ],
)  # fmt: skip
def test_the_call_of_the_models_class_is_changed(code, expected):
    assert changed(run_of(max_depth=3), "x = 1", code, max_depth=8) == ["x = 1", expected]


def test_parameters_of_parts_are_changed_where_the_part_is_made():
    run = run_of("sklearn.pipeline.Pipeline", ridge="Ridge", ridge__alpha=1.0)
    [code] = changed(run, "m = make_pipeline(StandardScaler(), Ridge())", ridge__alpha=2.5)
    assert code == "m = make_pipeline(StandardScaler(), Ridge(alpha=2.5))"


def test_the_last_part_of_a_name_is_enough_where_only_one_step_has_it():
    run = run_of("sklearn.pipeline.Pipeline", ridge="Ridge", ridge__alpha=1.0, scaler__copy=True)
    [code] = changed(run, "m = make_pipeline(Scaler(), Ridge())", alpha=2.5)
    assert code == "m = make_pipeline(Scaler(), Ridge(alpha=2.5))"
    assert changed(run, "alpha = 1", "m = Ridge(alpha)", alpha=2)[0] == "alpha = 2"
    two = run_of("sklearn.pipeline.Pipeline", a__copy=True, b__copy=True)
    with pytest.raises(UsageError, match="of 2 steps: a__copy, b__copy"):
        changed(two, "m = make()", copy=False)
    with pytest.raises(UsageError, match="did you mean 'alpha'"):
        changed(run, "m = make()", alhpa=1)


def test_of_many_parameters_those_that_were_set_are_named_first():
    run = run_of(**{f"p{n}": n for n in range(40)})
    with pytest.raises(UsageError, match="p11 and 28 more"):
        changed(run, "m = Tree()", other=1)


def test_a_constant_is_changed_where_it_is_given():
    codes = changed(run_of(), "DEPTH = 3\nSEED = 0", "m = T(DEPTH)", DEPTH=[1, 2])
    assert codes == ["DEPTH = [1, 2]\nSEED = 0", "m = T(DEPTH)"]


def test_the_runs_own_cell_decides_where_there_are_several():
    first = "a = Tree(max_depth=1)"
    codes = changed(run_of(max_depth=3), first, "b = Tree()", max_depth=8)
    assert codes == [first, "b = Tree(max_depth=8)"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_deep": 3}, ["did you mean 'max_depth'?", "There are: SEED, max_depth."]),
        ({"max_depth": 3}, ["could be set in 2 places", "cell [2]", "`DEPTH = 6`"]),
    ],
)
def test_what_is_not_clear_is_said(settings, words):
    both = "a = Tree(); b = Tree()"
    with pytest.raises(UsageError) as raised:
        changed(run_of(max_depth=1), "SEED = 0", both, **settings)
    for each in words:
        assert each in str(raised.value)


def test_a_class_that_no_cell_calls_is_named():
    with pytest.raises(UsageError, match="they hold no call of Tree"):
        changed(run_of(max_depth=1), "m = make()", max_depth=2)


@pytest.mark.parametrize(
    ("text", "value"),
    [("a=8", 8), ("a=.5", 0.5), ("a=None", None), ("a=sqrt", "sqrt"), ("a='8'", "8")],
)
def test_values_are_literals_or_text(text, value):
    assert parse_setting(text) == ("a", value)
