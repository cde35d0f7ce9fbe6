# %%
import pandas as pd
customers = pd.read_csv("data/customers.csv")
regions = pd.read_csv("data/regions.csv")
orders = pd.read_csv("data/orders.csv")
print(customers.shape, regions.shape, orders.shape)
# %%
# one line per customer from the orders
agg = orders.groupby("customer_id").agg(
    n_orders=("order_id", "count"),
    total=("amount", "sum"),
    return_rate=("returned", "mean"),
).reset_index()
agg.head()
# %%
df = customers.merge(regions, on="region_id", how="left")
df = df.merge(agg, on="customer_id", how="left")
df[["n_orders", "total", "return_rate"]] = df[["n_orders", "total", "return_rate"]].fillna(0)
df["rich"] = df["monthly_charges"] > df["income"] / 700
# %%
y = df["churn"].map({"Yes": 1, "No": 0})
X = pd.get_dummies(df.drop(columns=["churn", "customer_id", "region_id"]))
# %%
from sklearn.model_selection import train_test_split
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score

Xtr, Xte, ytr, yte = train_test_split(X, y, test_size=0.25, random_state=10)
et = ExtraTreesClassifier(n_estimators=40, min_samples_leaf=3, random_state=10)
et.fit(Xtr, ytr)
roc_auc_score(yte, et.predict_proba(Xte)[:, 1])
