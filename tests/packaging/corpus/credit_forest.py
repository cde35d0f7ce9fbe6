# %% [style: exploration, dead ends, features outside a pipeline]
import pandas as pd
import matplotlib.pyplot as plt

df = pd.read_csv("data/german_credit.csv")
df.head()
# %%
df["age_in_years"].hist()
plt.show()
print(df.shape)
# %%
# some amounts are missing in later extracts: fill with the median
df["credit_amount"] = df["credit_amount"].fillna(df["credit_amount"].median())
df = df.dropna()
# bins of age
df["age_bin"] = pd.cut(
    df["age_in_years"], bins=[0, 25, 40, 60, 120], labels=["young", "adult", "middle", "senior"]
)
df["amount_bin"] = pd.qcut(df["credit_amount"], 4, labels=False)
df["monthly"] = df["credit_amount"] / df["duration_in_month"]  # burden a month
# %%
from sklearn.model_selection import train_test_split

y = (df["creditability"] == "good").astype(int)
X = pd.get_dummies(df.drop(columns=["creditability"]))
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.25, random_state=7, stratify=y
)
# %%
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

scaler = StandardScaler()
X_train_scaled = scaler.fit_transform(X_train)
X_test_scaled = scaler.transform(X_test)
logreg = LogisticRegression(max_iter=1000, C=0.5)
logreg.fit(X_train_scaled, y_train)
print("AUC", roc_auc_score(y_test, logreg.predict_proba(X_test_scaled)[:, 1]))
# %%
from sklearn.ensemble import RandomForestClassifier

model = RandomForestClassifier(n_estimators=50, max_depth=8, random_state=0)
model.fit(X_train, y_train)
proba = model.predict_proba(X_test)[:, 1]
auc = roc_auc_score(y_test, proba)
acc = accuracy_score(y_test, proba > 0.5)
print(auc, acc)
