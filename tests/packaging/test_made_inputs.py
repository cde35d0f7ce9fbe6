"""Models that no table leads to: their rows are carried, or the export says why."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from recorded import sources
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture

from notewright.errors import ExportFailed
from notewright.packaging.answering import Answer, answers
from notewright.packaging.plan import Plan
from notewright.packaging.planning import plan, plans
from notewright.packaging.source import Statement

MADE = """# %%
import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
rng = np.random.default_rng(0)
{data}
# %%
model = LinearRegression()
{fit}
"""


def planned(folder: Path, data: str, fit: str) -> Plan:
    return plan(sources(MADE.format(data=data, fit=fit)), "model", folder)


def ways(folder: Path, data: str, fit: str) -> list[Plan]:
    return list(plans(sources(MADE.format(data=data, fit=fit)), "model", folder))


def stages(made: Plan) -> list[Statement]:
    roles = made.roles
    return [made.program.body[i] for i in (*roles.prepare, *roles.train, *roles.evaluate)]


def test_arrays_are_named_where_they_are_whole_before_a_split(tmp_path: Path) -> None:
    made = planned(
        tmp_path,
        "X = rng.normal(size=(30, 2))\ny = X[:, 0].astype('float32')\n"
        "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)",
        "model.fit(X_train, y_train)\nprint(model.score(X_test, y_test))",
    )
    assert made.derived.problem is None
    assert made.derived.target_columns == ("target",)
    rows = made.replayed.values["load:0"]
    assert rows.shape == (30, 3)
    assert "rng" not in {n for i in made.roles.prepare for n in made.program.effects[i].binds}
    assert any("reads no table" in finding for finding in made.findings)


@pytest.mark.parametrize(
    ("data", "fit", "columns"),
    [
        ("x = rng.normal(size=30)\ny = x * 2", "model.fit(x[:, np.newaxis], y)", 2),
        pytest.param(
            "x = rng.normal(size=(30, 2))\ny = x * 2",
            "for _ in range(2):\n    model.fit(x, y)",
            4,
            marks=pytest.mark.slow,
        ),
        ("x = rng.integers(9, size=(30, 2)).tolist()\ny = [r[0] for r in x]", "model.fit(x, y)", 3),
    ],
)
def test_what_fit_was_given_is_the_same_when_it_is_read_from_a_table(
    tmp_path: Path, data: str, fit: str, columns: int
) -> None:
    text = MADE.format(data=data, fit=fit)
    space: dict[str, object] = {}
    exec(text, space)
    from notewright.state.values import fingerprint

    model = space["model"]
    made = plan(sources(text), "model", tmp_path, fingerprint(model), model)
    assert len(made.replayed.values["load:0"].columns) == columns
    assert made.derived.problem is None


@pytest.mark.slow
def test_arrays_that_are_made_where_they_are_fitted_are_those_of_the_last_turn(
    tmp_path: Path,
) -> None:
    made = planned(
        tmp_path,
        "y = np.arange(30.0)",
        "for k in (1, 2):\n    X = rng.normal(size=(30, k))\n    model.fit(X, y)",
    )
    assert made.derived.problem is None
    assert made.replayed.values["load:0"].shape == (30, 3)
    assert any("its last turn's" in finding for finding in made.findings)


def test_arrays_are_named_where_what_a_loop_does_besides_is_left_out(tmp_path: Path) -> None:
    made = planned(
        tmp_path,
        "from sklearn.datasets import make_regression\n"
        "X, y, w = make_regression(n_samples=20, n_features=3, coef=True, random_state=1)",
        "weights = []\nfor share in (0.5, 0.7):\n    model.set_params(positive=share > 0.6)\n"
        "    model.fit(X, y)\n    weights.append(model.coef_ - w)",
    )
    assert made.derived.problem is None
    assert made.derived.target_columns == ("target",)
    assert not any("weights" in statement.text for statement in stages(made))


def test_arrays_that_are_made_in_a_loop_that_may_end_early_are_refused_with_the_place(
    tmp_path: Path,
) -> None:
    with pytest.raises(ExportFailed, match=r"inside the block at cell \[2\], line 2"):
        planned(
            tmp_path,
            "y = np.arange(30.0)",
            "for k in (1, 2):\n    X = rng.normal(size=(30, k))\n    model.fit(X, y)\n"
            "    if model.score(X, y) > 0.99:\n        break",
        )


@pytest.mark.slow
def test_a_model_in_a_loop_is_asked_about_raw_rows_by_the_last_turn_alone(tmp_path: Path) -> None:
    _, made, _ = ways(
        tmp_path,
        "from sklearn.datasets import load_iris\nfrom sklearn.decomposition import PCA\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "X, y = load_iris(return_X_y=True)\nsteps = [StandardScaler(), PCA(2)]",
        "for step in steps:\n    model.fit(step.fit(X).transform(X), y)",
    )
    assert made.derived.problem is None
    assert made.derived.table == "iris_table"
    assert not any(isinstance(s.node, ast.For) for s in stages(made))


def test_arrays_whose_rows_are_more_than_their_tables_are_kept_as_they_were_given(
    tmp_path: Path,
) -> None:
    _, made = ways(
        tmp_path,
        "from sklearn.datasets import load_iris\nX, y = load_iris(return_X_y=True)\n"
        "X = np.hstack((X, rng.normal(size=(len(X), 3))))",
        "model.fit(X, y)",
    )
    assert made.derived.problem is None
    assert len(made.replayed.values["load:0"].columns) == 8
    (said,) = made.findings
    assert "because those of 'iris_table' do not become its input" in said


def test_a_table_of_the_notebooks_own_stays_the_raw_rows(tmp_path: Path) -> None:
    (made,) = ways(
        tmp_path,
        "import pandas as pd\ndf = pd.DataFrame({'a': rng.normal(size=30)})\n"
        "df['b'] = df['a'].rolling(3).mean().fillna(0)\ny = df['a'] * 2",
        "model.fit(df[['a', 'b']].to_numpy(), y)",
    )
    assert made.derived.table == "df_table"


def test_rows_that_a_model_is_only_judged_on_need_not_be_made_of_the_table(
    tmp_path: Path,
) -> None:
    made = planned(
        tmp_path,
        "from sklearn.datasets import make_regression\nfrom sklearn.metrics import r2_score\n"
        "X, y = make_regression(n_samples=30, n_features=2, random_state=1)\n"
        "X_test = rng.normal(size=(9, 2))\ny_test = X_test[:, 0]",
        "model.fit(X, y)\nprint(r2_score(y_test, model.predict(X_test)))\nprint(model.score(X, y))",
    )
    assert made.elsewhere == {"X:scored0"}
    assert any("asks the model about rows" in finding for finding in made.findings)


@pytest.mark.slow
def test_random_numbers_that_only_the_notebook_draws_are_behind_those_of_the_package(
    tmp_path: Path,
) -> None:
    made = planned(
        tmp_path,
        "from sklearn.linear_model import SGDRegressor\nnp.random.seed(0)\n"
        "X = np.random.normal(size=(30, 2))\ny = X[:, 0]\nweights = np.random.uniform(size=30)",
        "SGDRegressor(max_iter=9, tol=None).fit(X, y)\n"
        "model = SGDRegressor(max_iter=9, tol=None)\nmodel.fit(X, y, sample_weight=weights)",
    )
    (state,) = made.random
    assert made.program.body[state.index].text.startswith("model.fit(")


def test_what_the_test_rows_are_made_from_is_prepared_before_they_are(tmp_path: Path) -> None:
    made = planned(
        tmp_path,
        "from sklearn.metrics import r2_score\n"
        "X = rng.normal(size=(30, 2))\ny = X @ np.array([1.0, 2.0])\n"
        "X_train, y_train = X[:15], y[:15]\nX_test, y_test = X[15:], y[15:]",
        "predicted = model.fit(X_train, y_train).predict(X_test)\n"
        "print(r2_score(y_test, predicted))",
    )
    prepared = {n for i in made.roles.prepare for n in made.program.effects[i].binds}
    assert {"X", "y", "y_test"} <= prepared
    assert not {"X", "y"} & {n for i in made.roles.train for n in made.program.effects[i].binds}


def test_what_also_makes_something_else_does_not_undo_the_rows_of_the_table(
    tmp_path: Path,
) -> None:
    made = planned(
        tmp_path,
        "from sklearn.datasets import make_regression\n"
        "X, y, w = make_regression(n_samples=20, n_features=3, coef=True, random_state=1)",
        "for _ in range(2):\n    model.fit(X, y)\n    distance = abs(model.coef_ - w)",
    )
    assert not {"X", "y"} & {n for i in made.roles.train for n in made.program.effects[i].binds}


@pytest.mark.slow
def test_a_model_that_a_loop_gives_another_name_is_found_where_it_was_fitted(
    tmp_path: Path,
) -> None:
    data = "X = rng.normal(size=(30, 2))\ny = X[:, 0]\nother = LinearRegression().fit(X, y)"
    made = planned(tmp_path, data, "for model in (model, other):\n    print(model.get_params())")
    assert made.derived.problem is None


@pytest.mark.parametrize("kind", ["csr_array", pytest.param("csc_matrix", marks=pytest.mark.slow)])
def test_a_sparse_matrix_is_written_out_and_is_sparse_again(tmp_path: Path, kind: str) -> None:
    made = planned(
        tmp_path,
        f"from scipy.sparse import {kind}\n"
        f"X = {kind}(np.round(rng.normal(size=(30, 2))))\ny = np.arange(30.0)",
        "model.fit(X, y)",
    )
    assert made.derived.problem is None
    assert type(made.replayed.values["X:fit"]).__name__ == kind
    assert made.replayed.values["load:0"].shape == (30, 3)


def test_a_large_sparse_matrix_is_refused_by_its_type(tmp_path: Path) -> None:
    with pytest.raises(ExportFailed, match="of the type csr"):
        planned(
            tmp_path,
            "from scipy.sparse import random_array\n"
            "X = random_array((30, 100_000), density=1e-5, random_state=0).tocsr()\n"
            "y = np.arange(30.0)",
            "model.fit(X, y)",
        )


def test_what_a_row_is_answered_follows_from_the_model() -> None:
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    assert set(answers(LogisticRegression().fit(X, y), X)) == {"predict", "predict_proba"}
    assert set(answers(GaussianMixture(2).fit(X), X)) == {"predict"}
    assert Answer.of(answers(PCA(2).fit(X), X)) == Answer("transform", 2)
    words = ["a tree", "a house"]
    assert answers(TfidfVectorizer().fit(words), words)["transform"].shape == (2, 2)
