# %%
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("data/customers.csv")
train, test = train_test_split(df, test_size=0.25, random_state=11)
# %%
features = ["tenure", "monthly_charges"]
scaler = StandardScaler().fit(train[features])
clf = LogisticRegression(C=0.5).fit(scaler.transform(train[features]), train["churn"] == "Yes")
base = (train["churn"] == "Yes").mean()
# %% what the other team calls
def score(customers: pd.DataFrame) -> np.ndarray:
    """The chance that each customer leaves; new ones get the average."""
    p = clf.predict_proba(scaler.transform(customers[features]))[:, 1]
    return np.where(customers["tenure"] < 2, base, p)
# %%
p = score(test)
truth = (test["churn"] == "Yes").astype(int)
print(roc_auc_score(truth, p))
print(brier_score_loss(truth, p))
