# %% [style: a feature that ranks each row among all others, so that raw rows cannot be served]
import pandas as pd
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

df = pd.read_csv("data/german_credit.csv")
df["amount_rank"] = df["credit_amount"].rank(pct=True)
X = df[["amount_rank", "duration_in_month"]]
y = df["creditability"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
# %%
tree = DecisionTreeClassifier(max_depth=4, random_state=0)
tree.fit(X_train, y_train)
accuracy_score(y_test, tree.predict(X_test))
