# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

import credit_helpers as ch
from credit_helpers import add_ratios

df = pd.read_csv("data/german_credit.csv")
df = add_ratios(df)
df[["monthly", "log_amount"]].describe()
# %%
X = df[ch.NUMBERS + ["monthly", "log_amount"]]
y = ch.is_bad(df["creditability"])
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=6)
forest = RandomForestClassifier(n_estimators=30, random_state=6, class_weight="balanced")
forest.fit(X_train, y_train)
print(f1_score(y_test, forest.predict(X_test)))
