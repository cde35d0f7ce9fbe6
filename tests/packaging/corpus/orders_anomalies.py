# %%
import pandas as pd
from sklearn.ensemble import IsolationForest

orders = pd.read_csv("data/orders.csv")
X = orders[["amount", "returned"]].copy()
X["amount"] = X["amount"].round()
iso = IsolationForest(n_estimators=50, contamination=0.02, random_state=0)
iso.fit(X)
orders["anomaly"] = iso.predict(X)
orders["anomaly"].value_counts()
