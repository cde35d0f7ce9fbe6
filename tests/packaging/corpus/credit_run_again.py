# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("data/german_credit.csv")
columns = ["duration_in_month", "credit_amount", "age_in_years"]
y = (df["creditability"] == "good").astype(int)
# %%
X_train, X_test, y_train, y_test = train_test_split(df[columns], y, random_state=3)
# %%
scaler = StandardScaler()
clf = LogisticRegression()
# %%
clf.fit(scaler.fit_transform(X_train), y_train)
# %%
print(roc_auc_score(y_test, clf.predict_proba(scaler.transform(X_test))[:, 1]))
# %% less weight on each column, and again
columns = ["duration_in_month", "credit_amount"]
