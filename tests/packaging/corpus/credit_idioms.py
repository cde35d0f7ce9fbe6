# %% [style: codes, clusters as features, groups, lambdas over tables and columns]
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

df = pd.read_csv("data/german_credit.csv")
df = df.rename(
    columns={"credit_amount": "amount", "duration_in_month": "months", "age_in_years": "age"}
)
df["y"] = (df.pop("creditability") == "bad").astype(int)
df.head()
# %%
df.loc[df["age"] > 60, "age"] = np.nan
df["age"] = df.groupby(["housing", "job"])["age"].transform(lambda s: s.fillna(s.median()))
df["age"] = df.groupby("housing")["age"].transform(lambda s: s.fillna(s.mode()[0]))
# %%
by_purpose = df.groupby("purpose")["amount"]
df["z"] = (df["amount"] - by_purpose.transform("mean")) / by_purpose.transform("std")
df["z"] = df["z"].fillna(0)
df["job"] = pd.Categorical(df["job"]).codes
df["housing"] = pd.factorize(df["housing"])[0]
df["cluster"] = KMeans(3, n_init=3, random_state=0).fit_predict(df[["amount", "months"]])
df.groupby("cluster")["y"].mean()
# %%
df = df.assign(big=lambda d: (d.amount > d.amount.median()).astype(int), old=lambda d: d.age > 50)
cols = ["amount", "months"]
df[cols] = df[cols].apply(lambda c: (c - c.min()) / (c.max() - c.min()))
# %%
features = ["amount", "months", "age", "z", "job", "housing", "cluster", "big", "old"]
model = LogisticRegression(max_iter=1000).fit(df[features], df["y"])
print(roc_auc_score(df["y"], model.predict_proba(df[features])[:, 1]))
