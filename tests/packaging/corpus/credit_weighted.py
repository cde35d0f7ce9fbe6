# %%
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

df = pd.read_csv("data/german_credit.csv")
y = df["creditability"].map({"good": 0, "bad": 1})
X = df[["duration_in_month", "credit_amount", "age_in_years", "number_of_existing_credits_at_this_bank"]]
# outliers: cap at 1.5 IQR
q1, q3 = X["credit_amount"].quantile(0.25), X["credit_amount"].quantile(0.75)
X = X.assign(credit_amount=X["credit_amount"].clip(upper=q3 + 1.5 * (q3 - q1)))
X = (X - X.mean()) / X.std()
# %%
w = np.where(y == 1, 5.0, 1.0)
X_train, X_test, y_train, y_test, w_train, w_test = train_test_split(X, y, w, test_size=0.3, random_state=21)
m = LogisticRegression()
m.fit(X_train, y_train, sample_weight=w_train)
recall_score(y_test, m.predict(X_test))
