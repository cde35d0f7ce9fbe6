"""Filter expressions: what they select, and how they refuse."""

from __future__ import annotations

import pytest

from notewright.errors import BadFilter
from notewright.experiments.filter import compile_filter


@pytest.fixture
def filled(runs):
    runs.record(
        "gbm", params={"depth": 6, "loss": "log"}, metrics={"auc": 0.85}, tags={"team": "a"}
    )
    runs.record("gbm deep", params={"depth": 12, "loss": None}, metrics={"auc": 0.79})
    runs.record("linear", params={"C": 0.1, "my name": True}, metrics={"roc_auc": 0.9, "f1": 0.5})
    runs.record("broken", status="failed", metrics={"auc": float("nan")})
    return runs


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("metrics.auc > 0.8 and params.depth <= 6", ["gbm"]),
        ("metrics.auc > 0.8", ["gbm", "linear"]),
        ("metrics.auc > 0.8 or params.depth == 12", ["gbm", "gbm deep", "linear"]),
        ("not metrics.auc > 0.8", ["gbm deep", "broken"]),
        ("name == 'linear'", ["linear"]),
        ('name in ["gbm", "broken"]', ["gbm", "broken"]),
        ('name not in ("gbm", "broken")', ["gbm deep", "linear"]),
        ("status != 'finished'", ["broken"]),
        ("params.loss == None", ["gbm deep"]),
        ("params.loss != None", ["gbm"]),
        ("params.loss == 'log'", ["gbm"]),
        ("params['my name'] == true", ["linear"]),
        ('params."my name" == True', ["linear"]),
        ("tags.team = 'a'", ["gbm"]),
        ("metric.f1 >= 5e-1", ["linear"]),
        ("params.loss > 3", []),
        ("params.depth > 'a'", []),
        ("(metrics.auc < 0.8 or metrics.f1 < 1) and not name == 'linear'", ["gbm deep"]),
        ("params.nothing == 1", []),
        ("created > '2020-01-01'", ["gbm", "gbm deep", "linear", "broken"]),
        ("", ["gbm", "gbm deep", "linear", "broken"]),
    ],
)
def test_expressions_select(filled, expression, names):
    assert [run.name for run in filled.list(expression)] == names


@pytest.mark.parametrize(
    ("expression", "position", "words"),
    [
        ("metrics.auc >", 13, "a value is expected"),
        ("metrics.auc >> 1", 13, "a value is expected"),
        ("metrics. > 1", 9, "a name is expected"),
        ("metrics > 1", 8, "'metrics' needs a name"),
        ("metrix.auc > 1", 0, "did you mean 'metrics'"),
        ("metrics.auc 3", 12, "one of =="),
        ("metrics.auc > 1 metrics.f1 > 2", 16, "not expected here"),
        ("(metrics.auc > 1", 16, "')' is expected"),
        ("name == gbm", 8, 'put text in quotes: "gbm", and the whole filter in others'),
        ("name < None", 7, "only be compared with == and !="),
        ("metrics.auc > 1 & name == 'a'", 16, "'&' has no meaning"),
        ("name in 3", 8, "a list"),
        ("params[depth] == 1", 7, "a quoted name"),
    ],
)
def test_mistakes_are_pointed_at(expression, position, words):
    with pytest.raises(BadFilter) as caught:
        compile_filter(expression)
    assert caught.value.position == position
    assert words in caught.value.problem
    assert caught.value.problem.splitlines()[2] == "    " + " " * position + "^"


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "name == 'x'; DROP TABLE runs",
        "name == (lambda: 1)()",
        "metrics.auc > 1) OR (1=1",
    ],
)
def test_code_is_refused(expression):
    with pytest.raises(BadFilter):
        compile_filter(expression)


def test_values_are_bound_never_pasted(filled):
    assert len(filled.list('name == "x\' OR 1=1 --"')) == 0
    compiled = compile_filter("params[\"a'; DROP TABLE runs; --\"] == 'b'")
    assert "DROP" not in compiled.sql
    assert "a'; DROP TABLE runs; --" in compiled.values


def test_sorting_by_a_metric_leaves_out_runs_without_it(filled):
    found = filled.list(order="-metrics.auc", limit=2)
    assert [run.name for run in found] == ["linear", "gbm"]
    assert [run.name for run in filled.list(order="params.depth")] == ["gbm", "gbm deep"]
    with pytest.raises(BadFilter, match="there is no field 'speed'"):
        filled.list(order="-speed")
