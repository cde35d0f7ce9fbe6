"""Labels that a notebook makes of probabilities itself are found, and nothing else is."""

from __future__ import annotations

import ast

import pytest

from notewright.packaging.roles import Metric, Roles
from notewright.packaging.slicing import Program
from notewright.packaging.source import CellSource, statements
from notewright.packaging.thresholds import own_labels

BEFORE = """\
import numpy as np, pandas as pd
from sklearn.metrics import f1_score
df = pd.read_csv("a.csv")
df = df[df["age"] > 18]
X_test, y_test = df[["a"]], df["b"]
T = 0.35
p = model.predict_proba(X_test)[:, 1]
"""


def found(code: str) -> list[str]:
    program = Program(statements([CellSource(BEFORE + code, "cell 1")]))
    last = len(program.body) - 1
    node = program.body[last].node
    assert isinstance(node, ast.Expr)
    assert isinstance(node.value, ast.Call)
    metrics = [Metric(last, node.value, "f1_score")]
    return own_labels(program, Roles("model", [], [], 0, node.value, [], [], [], metrics))


@pytest.mark.parametrize(
    "code",
    [
        "f1_score(y_test, p > T)",
        "f1_score(y_test, (p >= 0.3).astype(int))",
        "labels = np.where(p > T, 1, 0)\nf1_score(y_test, labels)",
        "labels = (T < p) * 1\nsaid = labels\nf1_score(y_test, y_pred=said)",
        "f1_score(y_test, model.decision_function(X_test) > 0.5)",
    ],
)
def test_a_limit_of_the_notebooks_own_is_named_with_its_place(code):
    (said,) = found(code)
    assert "cell 1, line " in said
    assert "makes labels of probabilities" in said


@pytest.mark.parametrize(
    "code",
    [
        "f1_score(y_test, model.predict(X_test))",
        "f1_score(y_test, p > 0.5)",
        "f1_score(y_test, model.decision_function(X_test) > 0)",
        "roc_auc_score(y_test, p)",
        "labels = model.predict(X_test[X_test['a'] > 3])\nf1_score(y_test, labels)",
        "f1_score(y_test > 2, model.predict(X_test))",
    ],
)
def test_the_models_own_labels_and_comparisons_of_rows_are_none(code):
    assert found(code) == []
