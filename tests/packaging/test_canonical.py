"""The plain form of a notebook does what the notebook did."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from recorded import sources

from notewright.packaging.canonical import canonical
from notewright.packaging.datasets import name_tables
from notewright.packaging.inlining import inlined

PRELUDE = """
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.datasets import make_regression
table = pd.DataFrame({"a": [1.0, 2.0, 4.0, None], "b": list("xyxx")})
"""
CASES = {
    "result under another name": (
        "def f(t):\n    out = t.dropna()\n    return out\nd = f(table)",
        ["d", "table"],
    ),
    "parameter bound again": (
        "def f(t):\n    t = t.dropna()\n    t['c'] = t['a'].mean()\n    return t\nd = f(table)",
        ["d", "table"],
    ),
    "a name that the notebook has too": (
        "t = 7\ndef f(d):\n    t = d['a'].median()\n    return d.fillna({'a': t})\nd = f(table)\n",
        ["d", "t"],
    ),
    "called twice": (
        "def f(d, k=2):\n    m = d['a'].mean() * k\n    return m\nx = f(table)\ny = f(table, k=3)",
        ["x", "y"],
    ),
    "several results": (
        "def f(d):\n    lo = d['a'].min()\n    hi = d['a'].max()\n    return hi, lo\n"
        "lo, hi = f(table)",
        ["lo", "hi"],
    ),
    "a function inside a function": (
        "def g(d):\n    d = d.dropna()\n    return d\n"
        "def f(d):\n    return g(d).shape[0]\nn = f(g(table))",
        ["n"],
    ),
    "a comprehension with the same name": (
        "def f(d):\n    a = d['a'].max()\n    return [a for a in range(3)], a\nx, y = f(table)",
        ["x", "y"],
    ),
    "comments and a docstring": (
        'def f(d):\n    """Text."""\n    # why\n    e = d.dropna()  # what\n    return e\n'
        "d = f(table)",
        ["d"],
    ),
    "main": (
        "def main():\n    d = table.dropna()\n    return len(d)\n"
        'if __name__ == "__main__":\n    n = main()',
        ["n"],
    ),
    "calls inside calls": (
        "def g(d):\n    return d.fillna({'a': d['a'].mean()})\n"
        "def f(d, k):\n    return d.assign(c=d['a'] * k)\nd = f(g(table), 3)",
        ["d"],
    ),
    "pipes": (
        "def g(d):\n    return d.fillna({'a': d['a'].mean()})\n"
        "def f(d, k):\n    return d.assign(c=d['a'] * k)\n"
        "d = table.copy().pipe(f, k=2).pipe(g).pipe(f, 3).dropna()",
        ["d", "table"],
    ),
    "a flag": (
        "def f(d, m=None, fit=True):\n    if fit:\n        m = d['a'].mean()\n"
        "    return d['a'] - m, m\nx, m = f(table)\ny, _ = f(table, m, fit=False)",
        ["x", "m", "y"],
    ),
    "two at once": ("x, y = table['a'], table['b']", ["x", "y"]),
    "two that change places": ("x, y = 1, 2\nx, y = y, x", ["x", "y"]),
    "only rows": (
        "def f(row):\n    return row['a'] * 2\nd = table.apply(f, axis=1)",
        ["d"],
    ),
    "iris as a frame": (
        "iris = load_iris(as_frame=True)\nX, y, f = iris.data, iris.target, iris.frame\n"
        "n = iris.feature_names",
        ["X", "y", "f", "n"],
    ),
    "two arrays": ("X, y = load_diabetes(return_X_y=True, scaled=False)", ["X", "y"]),
    "a bunch of arrays": (
        "c = load_breast_cancer()\nd = pd.DataFrame(c['data'], columns=c['feature_names'])\n"
        "d['t'] = c.target",
        ["d"],
    ),
    "images": (
        "digits = load_digits(n_class=3)\nX = digits.images.reshape((len(digits.images), -1))\n"
        "y = digits['target']",
        ["X", "y"],
    ),
    "made": ("X, y = make_regression(20, 3, random_state=0)", ["X", "y"]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_plain_form_gives_the_same_values(case: str) -> None:
    code, names = CASES[case]
    cells = sources(f"# %%\n{PRELUDE}\n# %%\n{code}")
    before, after = ({"__name__": "__main__"}, {"__name__": "__main__"})
    for cell in cells:
        exec(compile(cell.code, "<written>", "exec"), before)
    for cell in canonical(cells).cells:
        exec(compile(cell.code, "<plain>", "exec"), after)
    for name in names:
        if isinstance(before[name], pd.DataFrame):
            pd.testing.assert_frame_equal(before[name], after[name], check_exact=True)
        else:
            np.testing.assert_array_equal(before[name], after[name])


def test_a_line_of_an_opened_function_is_where_its_author_wrote_it() -> None:
    code = "# %%\ndef f(d):\n    e = d.dropna()\n    return e\n# %%\nx = 1\nd = f(table)"
    (_, cell) = inlined(sources(code))
    assert cell.code.splitlines() == ["x = 1", "d = table.dropna()"]
    assert (cell.place(1), cell.place(2)) == ("cell [2], line 1", "cell [1], line 2")


def test_a_function_about_single_rows_stays_a_function() -> None:
    code = "# %%\ndef f(d):\n    return d.assign(c=d['a'] * 2)\nx = f(table)"
    (cell,) = sources(code)
    assert inlined([cell]) == [cell]


def test_a_made_table_has_its_last_random_column_before_it_gets_a_name() -> None:
    code = (
        "# %%\nimport numpy as np\nimport pandas as pd\nr = np.random.default_rng(0)\n"
        "d = pd.DataFrame({'a': r.normal(size=3)})\nd['y'] = d['a'] + r.normal(size=3)\n"
        "d['b'] = d['a'] * 2"
    )
    named = name_tables(sources(code))
    assert named.tables == {"d_table"}
    lines = named.cells[0].code.splitlines()
    assert (
        lines.index("d_table = d.copy()") == lines.index("d['y'] = d['a'] + r.normal(size=3)") + 1
    )


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        (
            "s = [m.fit(X, y).score(X, y) for m in (a, b)]",
            "s = [a.fit(X, y).score(X, y), b.fit(X, y).score(X, y)]",
        ),
        ("s = [m.score(X, y) for m in (a, b)]", ""),
        ("s = [m.fit(X, y) for m in models]", ""),
        ("s = [m.fit(X, y) for m in (a, b) if m]", ""),
        ("s = [m.fit(*[m for m in z]) for m in (a, b)]", ""),
    ],
)
def test_models_that_are_fitted_in_a_list_are_fitted_one_by_one(line: str, plain: str) -> None:
    assert canonical(sources(line)).cells[0].code.strip() == (plain or line)


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("pca.fit(t[['a']])", ["X = t[['a']]", "pca.fit(X)"]),
        ("z = pca.fit_transform(t[['a']])", ["X = t[['a']]", "z = pca.fit_transform(X)"]),
        ("pca = PCA().fit(t[['a']])", ["X = t[['a']]", "pca = PCA().fit(X)"]),
        ("model.fit(t[['a']], t['b'])", ["X = t[['a']]", "model.fit(X, t['b'])"]),
        ("t = r; pca.fit(t[['a']])", ["t = r; X = t[['a']]; pca.fit(X)"]),
        ("scaler.fit(t[['a']])", ["scaler.fit(t[['a']])"]),
        ("pca.fit(t)", ["pca.fit(t)"]),
    ],
)
def test_what_the_model_is_fitted_on_gets_a_name(line: str, plain: list[str]) -> None:
    assert canonical(sources(line), "pca").cells[0].code.splitlines() == plain
