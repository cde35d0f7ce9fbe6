# %%
import pandas as pd
from sklearn.experimental import enable_halving_search_cv  # noqa
from sklearn.experimental import enable_iterative_imputer
from sklearn.impute import IterativeImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import HalvingGridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline

data = pd.read_csv("data/german_credit.csv")
X = data.select_dtypes("number")
y = data["creditability"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
# %%
pipe = make_pipeline(IterativeImputer(random_state=0, max_iter=3), LogisticRegression(max_iter=500))
search = HalvingGridSearchCV(
    pipe, {"logisticregression__C": [0.01, 0.1, 1]}, random_state=0, cv=3, n_jobs=1
)
search.fit(X_train, y_train)
print(search.best_params_)
# %%
print(balanced_accuracy_score(y_test, search.predict(X_test)))
