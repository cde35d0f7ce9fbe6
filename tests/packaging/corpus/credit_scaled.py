# %% [style: scaler outside a pipeline, upper-case constants, drop_first]
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

SEED = 3
TARGET = "creditability"
# %%
data = pd.read_csv("data/german_credit.csv")
data[TARGET] = data[TARGET].map({"good": 1, "bad": 0})
data["log_amount"] = np.log1p(data["credit_amount"])
upper = data["duration_in_month"].quantile(0.99)
data["duration_in_month"] = data["duration_in_month"].clip(upper=upper)
# %%
X = pd.get_dummies(data.drop(TARGET, axis=1), drop_first=True)
y = data[TARGET]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=SEED)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)
# %%
model = LogisticRegression(max_iter=2000, C=0.3)
model.fit(X_train, y_train)
roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
