"""What is predicted is said to be the target's column only where it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from recorded import Notebook

from notewright.packaging.scale import is_made_of

RAW = pd.DataFrame(
    {"count": [1, 2, 3, 40], "rate": [0.5, np.nan, 1.5, 2.0], "kind": ["a", "b", "a", "c"]}
)


@pytest.mark.parametrize(
    ("given", "columns", "made"),
    [
        (RAW["count"], ["count"], False),
        (RAW["count"].astype(float).to_numpy()[1:3], ["count"], False),
        (RAW["rate"].dropna(), ["rate"], False),
        (RAW["kind"], ["kind"], False),
        (np.log1p(RAW["count"]), ["count"], True),
        (RAW["count"] > 2, ["rate"], True),
        (RAW["kind"] == "a", ["kind"], True),
        (RAW["kind"].map({"a": 0, "b": 1, "c": 2}), ["kind"], True),
        (RAW[["count", "rate"]].iloc[[0, 2]], ["count", "rate"], False),
        (RAW[["count", "rate"]].iloc[[0, 2]] * 2, ["count", "rate"], True),
        (RAW[["count", "rate"]].sum(axis=1), ["count", "rate"], True),
    ],
)
def test_a_target_is_its_column_just_when_it_holds_the_same_values(given, columns, made) -> None:
    assert is_made_of(given, RAW, columns) == made


def test_a_package_says_that_it_predicts_logarithms(project) -> None:
    notebook = Notebook(project)
    notebook.run(
        "import numpy as np, pandas as pd\nfrom sklearn.linear_model import Ridge\n"
        "df = pd.read_csv('data/german_credit.csv')\n"
        "X, y = df[['age_in_years', 'duration_in_month']], np.log1p(df['credit_amount'])\n"
        "model = Ridge().fit(X, y)\nscore = model.score(X, y)"
    )
    package = notebook.export("model", "amounts")
    said = "not `credit_amount` itself, but what the notebook made of it"
    assert [said in finding for finding in package.findings].count(True) == 1
    card = (package.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "| Target | what the notebook made of credit_amount before `fit`" in card
