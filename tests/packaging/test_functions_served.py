"""Packages of plain functions answer over HTTP what the functions give in the notebook."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from over_http import served
from recorded import CORPUS, Notebook

HEAD = """# %%
import numpy as np
import pandas as pd

df = pd.read_csv("data/customers.csv")
cut = df["tenure"].median()
# %%
"""
#: What is exported, the notebook, and what it gives for the rows of `df`.
CASES = {
    "a rule": ("predict_churn", "", "predict_churn(df)"),
    "chances": ("score", "churn_scoring", "score(df)"),
    "words for each row": ("leaves", "churn_points", "df.apply(leaves, axis=1)"),
    "truth values": ("late", "def late(rows):\n    return rows['tenure'] > cut", "late(df)"),
    "numbers, some missing": (
        "price",
        "def price(rows):\n"
        "    return np.where(rows['tenure'] > cut, rows['monthly_charges'], np.nan)",
        "price(df)",
    ),
    "words, some missing": (
        "word",
        "def word(row):\n    return 'long' if row['tenure'] > cut else None",
        "df.apply(word, axis=1)",
    ),
    "values of two columns": (
        "both",
        "def both(tenure, plan):\n    return f'{plan}: {tenure > cut}'",
        "[both(t, p) for t, p in zip(df['tenure'], df['plan'])]",
    ),
    "categories": (
        "band",
        "def band(rows):\n    return pd.cut(rows['tenure'], [-1, cut, 999], labels=['a', 'b'])",
        "band(df)",
    ),
}


@pytest.mark.parametrize(
    "case",
    [pytest.param(c, marks=() if c == "words, some missing" else pytest.mark.slow) for c in CASES],
)
def test_a_function_is_served_with_the_values_it_gives_in_the_notebook(
    case: str, project: Path
) -> None:
    function, code, given = CASES[case]
    if not code.startswith("def"):
        text = (CORPUS / f"{code or 'churn_rule'}.py").read_text(encoding="utf-8")
    else:
        text = f"{HEAD}{code}\n# %%\nfound = {given}\n"
    notebook = Notebook(project).run(text)
    rows = pd.read_csv(project / "data" / "customers.csv")
    # The user's own code, on rows as they are read.
    expected = list(eval(given, {**notebook.module.__dict__, "df": rows.copy()}))
    package = notebook.export(function, "served")
    with served(package) as ask:
        assert same(ask(rows)["prediction"], expected)
        for position in (0, 7, len(rows) - 1):
            one = ask(rows.iloc[[position]])["prediction"]
            assert same(one, expected[position : position + 1])
        wrong = ask(rows.head(2).assign(tenure="a while"))
    assert "Column 'tenure', row 0: expected" in wrong["error"]


def same(found: list[object], expected: list[object]) -> bool:
    """Tell whether values are equal, what is missing being null."""
    return found == [None if pd.isna(value) else value for value in expected]
