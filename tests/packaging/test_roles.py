"""Which statements load, prepare, train and evaluate."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from recorded import sources

from notewright.packaging.planning import plan
from notewright.packaging.roles import Roles, find_roles
from notewright.packaging.slicing import Program
from notewright.packaging.source import statements

READ = "import pandas as pd\nfrom sklearn.linear_model import Ridge\ndf = pd.read_csv('a.csv')\n"


def roles_of(code: str, tables: tuple[str, ...] = ()) -> tuple[Program, Roles]:
    program = Program(statements(sources(code)))
    return program, find_roles(program, "model", tables)


def texts(program: Program, indexes: list[int]) -> list[str]:
    return [program.body[index].text for index in indexes]


def test_what_uses_a_name_before_it_is_bound_anew_stays_before_that() -> None:
    program, roles = roles_of(
        READ + "y = df['size']\n"
        "model = Ridge(alpha=y.mean())\n"
        "y = df['price']\n"
        "X = df[['rooms']]\n"
        "model.fit(X, y)\n"
    )
    assert "model = Ridge(alpha=y.mean())" in texts(program, roles.prepare)
    assert texts(program, roles.train) == ["model.fit(X, y)"]


def test_a_model_that_uses_nothing_of_the_kind_is_made_in_training() -> None:
    program, roles = roles_of(
        READ + "model = Ridge()\ny = df['price']\nX = df[['rooms']]\nmodel.fit(X, y)\n"
    )
    assert texts(program, roles.train)[-2:] == ["model = Ridge()", "model.fit(X, y)"]


def test_what_draws_a_picture_is_no_metric() -> None:
    _, roles = roles_of(
        READ + "from sklearn.metrics import PredictionErrorDisplay, r2_score\n"
        "X, y = df[['rooms']], df['price']\n"
        "model = Ridge().fit(X, y)\n"
        "PredictionErrorDisplay.from_predictions(y, model.predict(X))\n"
        "print(r2_score(y, model.predict(X)))\n"
    )
    assert [metric.name for metric in roles.metrics] == ["r2_score"]


def test_a_made_table_that_no_training_row_comes_from_stays_what_makes_it() -> None:
    program, roles = roles_of(
        "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import Ridge\n"
        "rows = pd.DataFrame({'a': np.arange(9.0), 'b': np.arange(9.0)})\n"
        "other = pd.DataFrame({'weight': [2.0]})\n"
        "model = Ridge(alpha=other['weight'].iloc[0])\n"
        "model.fit(rows[['a']], rows['b'])\n",
        ("rows", "other"),
    )
    assert [program.body[load.index].text.split(" =")[0] for load in roles.loads] == ["rows"]


def test_what_a_comprehension_computes_many_times_is_no_metric() -> None:
    _, roles = roles_of(
        READ + "from sklearn.metrics import mean_absolute_error, r2_score\n"
        "X, y = df[['rooms']], df['price']\n"
        "model = Ridge().fit(X, y)\n"
        "by_half = [mean_absolute_error(y[:n], model.predict(X[:n])) for n in (9, 99)]\n"
        "print(f'{r2_score(y, model.predict(X)):.2f}')\n"
    )
    assert [metric.name for metric in roles.metrics] == ["r2_score"]


KEPT = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

df = pd.read_csv("data/customers.csv")
X, y = df[["tenure", "monthly_charges"]], df["churn"]
board, by_name = [], {}
for est in (LogisticRegression(C=0.1), DecisionTreeClassifier(max_depth=4, random_state=0)):
    est.fit(X, y)
    board.append((est.score(X, y), type(est).__name__, est))
    by_name[type(est).__name__] = {"score": est.score(X, y), "model": est}
"""


@pytest.mark.parametrize(
    "chosen",
    [
        "best = max(board, key=lambda entry: entry[0])[2]",
        "_, name, best = sorted(board, key=lambda entry: entry[0])[-1]",
        "board.sort(key=lambda entry: entry[0])\nbest = board[-1][-1]",
        'best = by_name["DecisionTreeClassifier"]["model"]',
    ],
)
def test_the_fit_of_a_model_is_found_that_a_loop_kept_among_others(
    project: Path, chosen: str
) -> None:
    made = plan(sources(KEPT + chosen), "best", project)
    assert ast.unparse(made.roles.fit_call) == "est.fit(X, y)"
    assert made.derived.problem is None
