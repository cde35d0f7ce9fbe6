# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split


class ChurnModel:
    """Everything in one object: encoding, model, prediction."""

    def __init__(self, n_estimators=30, seed=0):
        self.plans = {"basic": 0, "plus": 1, "pro": 2}
        self.forest = RandomForestClassifier(n_estimators=n_estimators, random_state=seed)

    def _encode(self, X):
        X = X.copy()
        X["plan"] = X["plan"].map(self.plans)
        return X

    def fit(self, X, y):
        self.forest.fit(self._encode(X), y)
        return self

    def predict(self, X):
        return self.forest.predict(self._encode(X))
# %%
df = pd.read_csv("data/customers.csv")
features = ["tenure", "plan", "monthly_charges"]
train, test = train_test_split(df, test_size=0.3, random_state=1)
# %%
cm = ChurnModel(n_estimators=25)
cm.fit(train[features], train["churn"])
print(accuracy_score(test["churn"], cm.predict(test[features])))
