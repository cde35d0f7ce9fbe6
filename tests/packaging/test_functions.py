"""Plain functions are exported as models: as they are applied, with what they read."""

from __future__ import annotations

import ast
import functools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from packaged import Command
from recorded import CORPUS, Notebook, sources

from notewright.errors import ExportFailed, NotAModel
from notewright.packaging.answering import check_predictions
from notewright.packaging.applications import applications
from notewright.packaging.functions import Rule, exportable, names_read, with_rule

TABLE = """# %%
import pandas as pd

df = pd.read_csv("data/customers.csv")
"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("p = score(df)", ["score(df)"]),
        ("print(metric(y, score(df[names])))", ["score(df[names])"]),
        ("p = df.apply(score, axis=1)", ["df.apply(score, axis=1)"]),
        ("p = df['a'].map(score)", ["df['a'].map(score)"]),
        (
            "p = df.apply(lambda r: score(r['a'], r.b), axis=1)",
            ["df.apply(lambda r: score(r['a'], r.b), axis=1)"],
        ),
        ("p = [score(r) for _, r in df.iterrows()]", ["[score(r) for _, r in df.iterrows()]"]),
        (
            "p = list(score(a, b) for a, b in zip(df.a, df.b))",
            ["[score(a, b) for a, b in zip(df.a, df.b)]"],
        ),
        ("p = list(map(score, df['a']))", ["list(map(score, df['a']))"]),
        (
            "for r in df.to_dict('records'):\n    p.append(score(r))",
            ["[score(r) for r in df.to_dict('records')]"],
        ),
        ("score(df.iloc[0])", []),
        ("score(3)", []),
        ("p = [score(r) for r in df if r]", []),
        ("p = other(df)", []),
        ("a = [acc(y, score(df) > t) for t in steps]", ["score(df)"]),
    ],
)
def test_what_gives_a_value_for_each_row_is_told_from_the_code(
    code: str, expected: list[str]
) -> None:
    found = list(applications(ast.parse(code).body[0], "score", frozenset(["zip", "list"])))
    assert [ast.unparse(a.expression) for a in found] == expected
    assert {a.table for a in found} <= {"df"}


def test_the_class_takes_the_place_of_the_function_where_what_it_reads_is_final() -> None:
    text = (
        "# %%\ncut = 1\ndef risky(rows):\n    return rows['a'] > cut\n"
        "# %%\nearly = risky(df)\n"
        "# %%\ncut = 2\n"
        "# %%\nlate = risky(df)\nmore = risky(other)\none = risky(df.iloc[0])\n"
    )
    cells, rule = with_rule(sources(text), "risky")
    assert rule is not None
    assert (rule.class_name, rule.values, rule.table) == ("Risky", ("cut",), "df")
    assert "early = risky(df)" in cells[1].code
    lines = cells[3].code.splitlines()
    assert lines[-4:] == [
        "risky.predict(df)",
        "late = risky.predict(df)",
        "more = risky.predict(other)",
        "one = risky(df.iloc[0])",
    ]
    assert cells[3].place(len(lines)) == "cell [4], line 3"


def test_a_function_by_which_its_own_threshold_was_found_keeps_its_name() -> None:
    text = (
        "# %%\ncut = 1\ndef risky(rows):\n    return rows['a'] > cut\n"
        "# %%\ncut = best(risky(df))\n"
        "# %%\nlate = risky(df)\n"
    )
    cells, rule = with_rule(sources(text), "risky")
    assert rule is not None
    assert rule.model == "risky_model"
    assert cells[2].code.endswith("late = risky_model.predict(df)")


def test_functions_that_read_what_was_learned_go_into_the_class_and_others_stay() -> None:
    text = (
        "# %%\nimport numpy as np\nmean = df['a'].mean()\n"
        "def plain(x):\n    return np.log(x)\n"
        "def scaled(rows):\n    return plain(rows['a']) / mean\n"
        "def score(rows):\n    text = '''\nkept as it is'''\n    return scaled(rows) + len(text)\n"
        "# %%\np = score(df)\n"
    )
    cells, _ = with_rule(sources(text), "score")
    tree = ast.parse(cells[1].code)
    (made,) = (n for n in tree.body if isinstance(n, ast.ClassDef))
    inside = {n.name for n in ast.walk(made) if isinstance(n, ast.FunctionDef)}
    assert {"scaled", "score"} <= inside
    assert "plain" not in inside
    space: dict[str, object] = {"df": pd.DataFrame({"a": [1.0, 3.0]})}
    for cell in cells:
        exec(cell.code, space)
    expected = np.log([1.0, 3.0]) / 2 + len("\nkept as it is")
    assert np.array_equal(space["p"], expected)


def test_names_are_found_in_what_wraps_a_function() -> None:
    space: dict = {"functools": functools}
    exec(
        "def f(x):\n    return [y + limit for y in other(x)]\n"
        "g = functools.partial(f, 1)\nh = functools.lru_cache(f)\n",
        space,
    )
    known = {"limit", "other", "unused"}
    for name in ("f", "g", "h"):
        assert names_read(space[name], known) == {"limit", "other"}
    frame = pd.DataFrame({"func": [1], "pyfunc": [2]})
    assert names_read(frame, known) == set()


def test_classes_and_generators_are_no_models() -> None:
    def generator():
        yield 1

    assert not exportable(dict)
    assert not exportable(generator)
    assert not exportable(print)
    assert exportable(lambda rows: rows)


def test_a_function_that_was_applied_to_no_table_is_refused() -> None:
    text = "# %%\ndef rule(rows):\n    return rows['a'] > 3\nrule(df.iloc[0])\n"
    with pytest.raises(ExportFailed, match=r"'rule' was not called on a table.*df\.apply"):
        with_rule(sources(text), "rule")


def test_a_function_that_counts_its_calls_is_refused_with_the_line() -> None:
    text = "# %%\nseen = 0\ndef rule(rows):\n    global seen\n    seen += 1\n    return rows\n"
    with pytest.raises(ExportFailed, match=r"variable 'seen' \(cell \[1\], line 3\)"):
        with_rule(sources(f"{text}rule(df)\n"), "rule")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (pd.DataFrame({"a": [1, 2], "b": [3, 4]}), "gives 2 values for each row of 'df'"),
        (3.5, "gives one value for the 2 rows of 'df'"),
        ([1, 2, 3], "gives 3 values for the 2 rows of 'df'"),
        ([{"a": 1}, {"a": 2}], "something else than a number"),
        (pd.to_datetime(["2024-01-01", "2024-01-02"]), "something else than a number"),
        ([1 + 2j, 3j], "something else than a number"),
    ],
)
def test_what_is_no_value_for_each_row_is_refused(given: object, said: str) -> None:
    rule = Rule("rule", "rule", "Rule_", (), "df", "", "rule(df)")
    with pytest.raises(ExportFailed, match=f"'rule'.* {said}"):
        check_predictions(rule, given, pd.DataFrame({"x": [1, 2]}))
    for fine in (pd.Series(["a", None]), [True, False], [0.5, float("nan")], pd.array([1, pd.NA])):
        check_predictions(rule, fine, pd.DataFrame({"x": [1, 2]}))


def test_a_function_that_gives_a_table_is_refused_and_leaves_nothing(project: Path) -> None:
    cell = "def rule(rows):\n    return rows[['tenure', 'region_id']]\np = rule(df)"
    notebook = Notebook(project).run(f"{TABLE}# %%\n{cell}\n")
    with pytest.raises(ExportFailed, match="gives 2 values for each row of 'df'"):
        notebook.export("rule", "rule")
    assert list((project / "packages").glob("*")) == []


def test_a_class_is_refused(project: Path) -> None:
    notebook = Notebook(project).run(f"{TABLE}# %%\nclass Rule:\n    pass\n")
    with pytest.raises(NotAModel, match="'Rule' is a type"):
        notebook.export("Rule")


@pytest.mark.slow
def test_a_function_that_compares_rows_with_each_other_is_refused(project: Path) -> None:
    cell = "def rule(rows):\n    return rows['tenure'] > rows['tenure'].mean()\np = rule(df)"
    notebook = Notebook(project).run(f"{TABLE}# %%\n{cell}\n")
    with pytest.raises(ExportFailed, match="gives one row another value than the same row among"):
        notebook.export("rule", "rule")


@pytest.mark.slow
def test_the_package_predicts_what_the_function_gives_and_its_constants_are_settings(
    project: Path, tmp_path: Path
) -> None:
    notebook = Notebook(project).run((CORPUS / "churn_points.py").read_text(encoding="utf-8"))
    package = notebook.export("leaves", "churn")
    customers, leaves = (notebook.module.__dict__[name] for name in ("customers", "leaves"))
    command = Command(package, tmp_path)
    rows = customers.drop(columns=["churn", "guess"])
    rows.to_csv(tmp_path / "rows.csv", index=False)
    done = command("predict", "--in", tmp_path / "rows.csv", "--out", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    predicted = pd.read_csv(tmp_path / "out.csv")["prediction"]
    assert predicted.tolist() == customers.apply(leaves, axis=1).tolist()
    words = ["--set", "cutoff=1", "--out", "stricter"]
    assert command("train", *words).returncode == 0
    metrics = json.loads((tmp_path / "stricter" / "metrics.json").read_bytes())
    assert metrics["recall_score"] > package.metrics["recall_score"]
    assert any("is not fitted itself" in finding for finding in package.findings)
