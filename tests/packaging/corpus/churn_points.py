# %% [markdown] points by hand, the way the call centre does it
import pandas as pd
from sklearn.metrics import f1_score, recall_score

CUTOFF = 3
POINTS = {"basic": 2, "plus": 1, "pro": 0}
customers = pd.read_csv("data/customers.csv")
typical = customers.groupby("plan")["monthly_charges"].median()
# %%
def dear(row):
    # dear means: pays more than others do for the same plan
    return row["monthly_charges"] > typical[row["plan"]]


def points(row):
    """More points, more likely to leave."""
    total = POINTS.get(row["plan"], 0)
    if row["tenure"] < 12:
        total += 2
    elif row["tenure"] < 24:
        total += 1
    return total + dear(row)


def leaves(row):
    return "Yes" if points(row) >= CUTOFF else "No"
# %%
customers["guess"] = customers.apply(leaves, axis=1)
customers["guess"].value_counts()
# %%
print("f1", f1_score(customers["churn"], customers["guess"], pos_label="Yes"))
print("recall", recall_score(customers["churn"], customers["guess"], pos_label="Yes"))
