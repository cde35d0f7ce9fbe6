"""Raw rows need not have what is predicted, however the notebook names and treats that column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from recorded import Notebook

HEAD = """# %%
from dataclasses import dataclass
import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from sklearn.linear_model import LinearRegression, LogisticRegression

df = pd.read_csv("data/customers.csv")
# %%
"""

IN_A_LIST_OF_COLUMNS = """
two = [c for c in df.columns if df[c].nunique() == 2]
for c in two:
    df[c] = df[c].map({"Yes": 1, "No": 0})
df["plan"] = df["plan"].map({"basic": 0, "plus": 1, "pro": 2})
# %%
model = LogisticRegression(max_iter=500).fit(df.drop(columns=["customer_id", "churn"]), df["churn"])
"""

BY_A_LOOP_OVER_ALL_COLUMNS = """
for c in df.columns:
    if df[c].nunique() < 4:
        df[c] = df[c].astype("category").cat.codes
# %%
model = LogisticRegression(max_iter=500).fit(df.drop("churn", axis=1), df["churn"])
"""

BY_A_CLASS_IN_A_FUNCTION = """
class CFG:
    target = "churn"


def prepared(d):
    d = d.copy()
    d["y"] = (d[CFG.target] == "Yes").astype(int)
    d["per_month"] = d["monthly_charges"] / d["tenure"]
    return d.drop(columns=[CFG.target, "plan"])


table = prepared(df)
# %%
model = LogisticRegression(max_iter=500).fit(table.drop(columns=["y"]), table["y"])
"""

BY_AN_OBJECT_AND_A_DICTIONARY = """
@dataclass
class Config:
    target: str = "churn"


cfg, config = Config(), {"names": "plan"}
y = np.where(df[cfg.target] == "Yes", 1, 0)
X = df.drop(columns=[cfg.target, config["names"]])
# %%
model = LogisticRegression(max_iter=500).fit(X, y)
"""

UNDER_OTHER_HEADERS = """
df.columns = [c.upper().replace("_", " ") for c in df.columns]
y = (df.pop("CHURN") == "Yes").astype(int)
# %%
model = LogisticRegression(max_iter=500).fit(df[["TENURE", "MONTHLY CHARGES"]], y)
"""

RENAMED_BY_A_FUNCTION = """
df = df.rename(columns=str.upper)
df["LEFT"] = np.where(df["CHURN"] == "Yes", 1, 0)
# %%
model = smf.glm("LEFT ~ TENURE + C(PLAN)", data=df, family=sm.families.Binomial()).fit()
"""

SEVERAL_BY_A_LIST = """
df["fee"] = df["monthly_charges"] * 0.1
targets = ["churn", "fee"]
df["churn"] = (df["churn"] == "Yes").astype(int)
long = df["tenure"] > 3
columns = df.columns.difference(["plan", *targets]).tolist()
X, Y = df.loc[long, columns], df.loc[long, targets]
# %%
model = LinearRegression().fit(X, Y)
"""

BY_ROWS_THAT_ARE_CHOSEN = """
y = (df["churn"] == "Yes").to_numpy()
steps = [lambda d: d.assign(new=(d["tenure"] < 12).astype(int))]
for step in steps:
    df = step(df)
X = df[["tenure", "monthly_charges", "new"]].to_numpy()
order = np.random.default_rng(0).permutation(len(X))
first = order[:200]
# %%
model = LogisticRegression(max_iter=500).fit(X[first], y[first])
"""


@pytest.mark.parametrize(
    "code",
    [
        BY_ROWS_THAT_ARE_CHOSEN,
        IN_A_LIST_OF_COLUMNS,
        BY_A_LOOP_OVER_ALL_COLUMNS,
        BY_A_CLASS_IN_A_FUNCTION,
        BY_AN_OBJECT_AND_A_DICTIONARY,
        UNDER_OTHER_HEADERS,
        RENAMED_BY_A_FUNCTION,
        SEVERAL_BY_A_LIST,
    ],
)
def test_rows_are_predicted_without_the_target_however_the_notebook_treats_it(
    project: Path, code: str
) -> None:
    package = Notebook(project).run(HEAD + code).export("model", "leaving")
    assert package.serves_raw_rows, package.findings
    schema = json.loads((package.path / "model" / "schema.json").read_bytes())
    assert "churn" not in [column["name"] for column in schema["columns"]]
    assert [column["name"] for column in schema["targets"]] == ["churn"]
    assert json.loads((package.path / "equivalence.json").read_bytes())["raw_rows"][
        "without_target"
    ]


LEAKED = """
df["churn"] = (df["churn"] == "Yes").astype(int)
for c in df.columns:
    if c.endswith("n") and df[c].dtype == int:
        df["tenure"] = df["tenure"] + df[c] * 5
# %%
model = LogisticRegression(max_iter=500).fit(df[["tenure", "monthly_charges"]], df["churn"])
"""


def test_features_that_the_target_has_a_part_in_are_not_served_with_another_value_for_it(
    project: Path,
) -> None:
    package = Notebook(project).run(HEAD + LEAKED).export("model", "leaving")
    assert not package.serves_raw_rows
    assert "gives raw rows other values" in " ".join(package.findings)


SHUFFLED = """# %%
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import shuffle
X, y = load_iris(return_X_y=True)
X, y = shuffle(X, y, random_state=42)
y[100:] = 0
# %%
model = DecisionTreeClassifier(random_state=0).fit(X[20:], y[20:])
"""


def test_features_in_another_order_are_refused_and_the_package_is_made_all_the_same(
    project: Path,
) -> None:
    package = Notebook(project).run(SHUFFLED).export("model", "shuffled")
    assert package.equivalence["result"].startswith("equal")
    assert any("shuffle(X, y, random_state=42)" in each for each in package.findings)
