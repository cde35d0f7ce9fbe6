# %%
import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

df = pd.read_csv("data/german_credit.csv")
y = (df["creditability"] == "bad").astype(int)
X = df[["duration_in_month", "credit_amount", "age_in_years"]]
# %%
oof = np.zeros(len(X))
skf = StratifiedKFold(n_splits=3, shuffle=True, random_state=42)
for fold, (tr, va) in enumerate(skf.split(X, y)):
    clf = GradientBoostingClassifier(n_estimators=30, random_state=fold)
    clf.fit(X.iloc[tr], y.iloc[tr])
    oof[va] = clf.predict_proba(X.iloc[va])[:, 1]
    print(fold, roc_auc_score(y.iloc[va], oof[va]))
print("OOF AUC", roc_auc_score(y, oof))
