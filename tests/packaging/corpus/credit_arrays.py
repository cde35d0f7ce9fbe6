# %% [style: arrays, imputer, out of order names, learned tables, loop of medians]
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import MinMaxScaler

df = pd.read_csv("data/german_credit.csv")
numbers = ["duration_in_month", "credit_amount", "age_in_years"]
for c in numbers:
    df[c] = df[c].fillna(df[c].median())
means = df.groupby("purpose")["credit_amount"].mean()
df["purpose_amount"] = df["purpose"].map(means)
df["own_home"] = (df["housing"] == "own").astype(int)
# %%
X = df[[*numbers, "purpose_amount", "own_home"]].values
y = (df["creditability"] == "bad").values
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=5)
imputer = SimpleImputer(strategy="mean")
X_train = MinMaxScaler().fit_transform(imputer.fit_transform(X_train))
# %%
knn = KNeighborsClassifier(n_neighbors=9).fit(X_train, y_train)
