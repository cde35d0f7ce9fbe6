# %% [style: names given to all columns at once, gaps filled and texts encoded in loops]
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder

np.random.seed(42)
df = pd.read_csv("data/german_credit.csv", header=None, skiprows=1)
df.columns = [
    "status", "months", "history", "purpose", "amount", "savings", "employed", "rate", "personal",
    "debtors", "since", "property", "age", "plans", "housing", "credits", "job", "liable",
    "telephone", "foreign", "creditability",
]  # fmt: skip
df.sample(3)


# %%
def shrunk(table, verbose=True):
    for col in table.columns:
        if table[col].dtype == "int64":
            table[col] = pd.to_numeric(table[col], downcast="integer")
    if verbose:
        print(f"{table.memory_usage().sum() / 1024:.0f} kB")
    return table


df = shrunk(df)
# %%
for c in df.columns[df.isna().any()]:
    df[c] = df[c].fillna(df[c].mode()[0])
for c in ["history", "savings", "employed"]:
    df[c] = df[c].str.strip()
df["target"] = np.where(df["creditability"] == "bad", 1, 0)
df.drop(columns=["creditability"], inplace=True)
# %%
encoders = {}
for c in ["history", "job"]:
    le = LabelEncoder()
    df[c] = le.fit_transform(df[c])
    encoders[c] = le
    print(c, len(le.classes_))
df["months_band"] = pd.cut(df["months"], bins=[0, 12, 24, 100], labels=["short", "mid", "long"])
df["size"] = df["amount"].apply(lambda a: "small" if a < 2000 else ("mid" if a < 5000 else "big"))
df.groupby("months_band", observed=True)["target"].mean().plot(kind="bar")
common = df["purpose"].value_counts()
df["purpose"] = df["purpose"].replace(common[common < 50].index, "other")
df["typical"] = df.groupby("housing")["amount"].transform("mean")
# %%
X = pd.get_dummies(
    df.drop(columns=["target", "status", "savings", "employed", "personal", "debtors", "property",
                     "plans", "telephone", "foreign"]),
    columns=["purpose", "housing", "months_band", "size"],
    dtype=int,
)  # fmt: skip
y = df["target"]
X_train, X_valid, y_train, y_valid = train_test_split(X, y, stratify=y, random_state=7)
# %%
params = dict(max_iter=40, learning_rate=0.1, random_state=0)
clf = HistGradientBoostingClassifier(**params)
clf.fit(X_train, y_train)
print("AUC", roc_auc_score(y_valid, clf.predict_proba(X_valid)[:, 1]))
