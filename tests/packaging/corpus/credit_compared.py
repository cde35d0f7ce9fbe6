# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

df = pd.read_csv("data/german_credit.csv")
X = pd.get_dummies(df.drop(columns=["creditability"]))
y = (df["creditability"] == "good").astype(int)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=13)
# %%
models = {
    "logreg": LogisticRegression(max_iter=3000),
    "tree": DecisionTreeClassifier(max_depth=4, random_state=0),
    "forest": RandomForestClassifier(n_estimators=30, random_state=0),
}
results = {}
for name, m in models.items():
    m.fit(X_train, y_train)
    results[name] = roc_auc_score(y_test, m.predict_proba(X_test)[:, 1])
    print(name, results[name])
# %%
best_name = max(results, key=results.get)
best_model = models[best_name]
print(best_name, roc_auc_score(y_test, best_model.predict_proba(X_test)[:, 1]))
