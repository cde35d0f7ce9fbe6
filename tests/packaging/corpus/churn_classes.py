# %%
import pandas as pd
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
# %%
class ChargesPerMonth(BaseEstimator, TransformerMixin):
    """Adds what a month cost on the average."""

    def __init__(self, floor=1):
        self.floor = floor

    def fit(self, X, y=None):
        self.cap_ = X["monthly_charges"].quantile(0.95)
        return self

    def transform(self, X):
        X = X.copy()
        X["per_month"] = X["monthly_charges"].clip(upper=self.cap_) / np.maximum(X["tenure"], self.floor)
        return X
# %%
df = pd.read_csv("data/customers.csv")
X, y = df.drop(columns=["churn", "customer_id"]), df["churn"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=7)
# %%
pipe = Pipeline([
    ("ratio", ChargesPerMonth()),
    ("prep", ColumnTransformer([
        ("num", StandardScaler(), ["tenure", "monthly_charges", "per_month"]),
        ("cat", OneHotEncoder(handle_unknown="ignore"), ["plan", "region_id"]),
    ])),
    ("clf", LogisticRegression(C=0.5)),
])
pipe.fit(X_train, y_train)
print(accuracy_score(y_test, pipe.predict(X_test)))
