# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split


def tidy(df):
    return df.rename(columns={"duration_in_month": "months", "credit_amount": "amount"})


def add_features(df, cap=72):
    return df.assign(rate=df["amount"] / df["months"].clip(upper=cap), long=df["months"] > 24)


def fill(df):
    return df.fillna({"amount": df["amount"].median()})


df = pd.read_csv("data/german_credit.csv").pipe(tidy).pipe(fill).pipe(add_features, cap=60)
# %%
X = df[["months", "amount", "rate", "long"]]
y = df["creditability"] == "bad"
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=17)
model = LogisticRegression(max_iter=1000).fit(X_train, y_train)
print(roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
