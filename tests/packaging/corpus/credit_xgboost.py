# %%
import pandas as pd
import xgboost as xgb
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

df = pd.read_csv("data/german_credit.csv")
for c in df.select_dtypes(exclude="number").columns:
    df[c] = df[c].astype("category").cat.codes
X = df.drop("creditability", axis=1)
y = df["creditability"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
# %%
model = xgb.XGBClassifier(n_estimators=40, max_depth=3, learning_rate=0.1, random_state=42, n_jobs=1)
model.fit(X_train, y_train, eval_set=[(X_test, y_test)], verbose=False)
print(roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
