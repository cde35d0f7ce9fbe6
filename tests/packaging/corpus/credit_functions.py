# %% [style: helper functions, regression, global seed]
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split

np.random.seed(11)
FEATURES = ["duration_in_month", "age_in_years", "monthly_limit", "installment_rate_in_percentage_of_disposable_income", "has_phone"]


def add_features(table):
    """Columns that the raw table does not have."""
    table = table.copy()
    # a limit that grows with age
    table["monthly_limit"] = table["age_in_years"] * 10.0
    table["has_phone"] = table["telephone"].str.startswith("yes").astype(int)
    return table


# %%
loans = pd.read_csv("data/german_credit.csv")
loans = loans[loans["credit_amount"] < 15000]
loans = add_features(loans)
y = np.log(loans["credit_amount"])
# %%
X_train, X_test, y_train, y_test = train_test_split(loans[FEATURES], y, test_size=0.25)


def fit_model(X, y):
    forest = RandomForestRegressor(n_estimators=40, min_samples_leaf=3)
    forest.fit(X, y)
    return forest


model = fit_model(X_train, y_train)
print(mean_absolute_error(y_test, model.predict(X_test)), r2_score(y_test, model.predict(X_test)))
