# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.model_selection import train_test_split
from sklearn.metrics import roc_auc_score

df = pd.read_csv("data/german_credit.csv")
num = ["duration_in_month", "credit_amount", "age_in_years", "present_residence_since"]
X, y = df[num], df["creditability"]
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=5)
# %%
base = [
    ("rf", RandomForestClassifier(n_estimators=20, random_state=5)),
    ("nb", GaussianNB()),
]
vote = VotingClassifier(base, voting="soft").fit(X_train, y_train)
print("vote", roc_auc_score(y_test, vote.predict_proba(X_test)[:, 1]))
# %%
stack = StackingClassifier(base, final_estimator=LogisticRegression(), cv=3)
stack.fit(X_train, y_train)
print("stack", roc_auc_score(y_test, stack.predict_proba(X_test)[:, 1]))
