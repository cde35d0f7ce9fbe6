# %%
"""Churn model. All in functions so it can go to a script later."""
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

DATA_PATH = "data/customers.csv"
RANDOM_STATE = 42
TEST_SIZE = 0.25
# %%
def load_data(path):
    df = pd.read_csv(path)
    return df


def clean(df):
    df = df.copy()
    df["churn"] = (df["churn"] == "Yes").astype(int)
    df = df.drop(columns=["customer_id"])
    return df


def build_features(df):
    df = df.copy()
    df["charges_per_month"] = df["monthly_charges"] / (df["tenure"] + 1)
    df["is_new"] = (df["tenure"] < 6).astype(int)
    df = pd.get_dummies(df, columns=["plan"])
    return df


def split(df, target="churn"):
    X = df.drop(columns=[target])
    y = df[target]
    return train_test_split(X, y, test_size=TEST_SIZE, random_state=RANDOM_STATE)


def train_model(X, y, n_estimators=50):
    model = GradientBoostingClassifier(n_estimators=n_estimators, random_state=RANDOM_STATE)
    model.fit(X, y)
    return model
# %%
raw = load_data(DATA_PATH)
df = build_features(clean(raw))
X_train, X_test, y_train, y_test = split(df)
model = train_model(X_train, y_train)
# %%
print("AUC", roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
