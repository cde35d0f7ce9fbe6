# %%
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split


# %%
class CFG:
    # where the rows are
    path = "data/german_credit.csv"
    seed = 42  # of everything
    debug = False
    test_size = 0.25
    depth = None
    # what a clerk can ask for
    features = ["duration_in_month", "credit_amount",
                "age_in_years"]


@dataclass
class Forest:
    """What the forest is like."""

    trees: int = 10
    leaf: int = 2
    weights: dict = field(default_factory=dict)


forest = Forest(trees=30)
config = {"threshold": 0.4, "target": "creditability", "scale": 100}
args = SimpleNamespace(criterion="entropy", verbose=0)

# %%
np.random.seed(CFG.seed)
df = pd.read_csv(CFG.path)
df["amount"] = df["credit_amount"] / config["scale"]
X = df[CFG.features + ["amount"]]
y = df[config["target"]] == "good"
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=CFG.test_size, random_state=CFG.seed
)

# %%
model = RandomForestClassifier(
    n_estimators=forest.trees,
    max_depth=CFG.depth,
    min_samples_leaf=forest.leaf,
    criterion=args.criterion,
    random_state=CFG.seed,
)
model.fit(X_train, y_train)
chance = model.predict_proba(X_test)[:, 1]
print(roc_auc_score(y_test, chance), accuracy_score(y_test, chance > config["threshold"]))
