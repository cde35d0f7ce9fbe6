# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, train_test_split
from sklearn.metrics import balanced_accuracy_score

data = pd.read_csv("data/german_credit.csv")
X = data.select_dtypes("number")
y = data["creditability"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
# %%
param_grid = {"max_depth": [3, 5], "n_estimators": [20, 40]}
rnd = RandomizedSearchCV(RandomForestClassifier(random_state=0), param_grid, n_iter=2, cv=3, random_state=0)
rnd.fit(X_train, y_train)
print(rnd.best_params_)
# %%
grid = GridSearchCV(RandomForestClassifier(random_state=0), param_grid, cv=3, n_jobs=1)
grid.fit(X_train, y_train)
print(grid.best_params_, grid.best_score_)
# %%
best = grid.best_estimator_
y_pred = best.predict(X_test)
print(balanced_accuracy_score(y_test, y_pred))
