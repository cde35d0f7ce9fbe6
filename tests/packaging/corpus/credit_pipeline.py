# %% [style: scikit-learn pipeline, grid search, best estimator]
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

credit = pd.read_csv("data/german_credit.csv")
num_cols = ["duration_in_month", "credit_amount", "age_in_years"]
cat_cols = ["housing", "purpose", "credit_history"]
# %%
train, test = train_test_split(credit, test_size=0.3, random_state=1)
prep = ColumnTransformer(
    [("cat", OneHotEncoder(handle_unknown="ignore", sparse_output=False), cat_cols), ("num", "passthrough", num_cols)]
)
pipe = Pipeline([("prep", prep), ("gbm", HistGradientBoostingClassifier(random_state=0))])
search = GridSearchCV(pipe, {"gbm__max_leaf_nodes": [7, 15]}, cv=3)
search.fit(train[num_cols + cat_cols], train["creditability"])
# %%
model = search.best_estimator_
scores = model.predict_proba(test[num_cols + cat_cols])
print(roc_auc_score(test["creditability"] == "good", scores[:, 1]))
