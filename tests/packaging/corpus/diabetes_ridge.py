# %%
from sklearn import datasets
import pandas as pd
import numpy as np

diabetes = datasets.load_diabetes(as_frame=True)
data = diabetes.frame
data.corr()["target"].sort_values()
# %%
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_squared_error, r2_score

features = ["bmi", "bp", "s5", "sex"]
data["bmi_bp"] = data["bmi"] * data["bp"]
X = data[features + ["bmi_bp"]]
y = data["target"]

# last 100 for testing
X_train, X_test = X[:-100], X[-100:]
y_train, y_test = y[:-100], y[-100:]
# %%
lin = LinearRegression().fit(X_train, y_train)
print(mean_squared_error(y_test, lin.predict(X_test)))
# %%
ridge = Ridge(alpha=0.1)
ridge.fit(X_train, y_train)
y_hat = ridge.predict(X_test)
print("mse %.2f r2 %.3f" % (mean_squared_error(y_test, y_hat), r2_score(y_test, y_hat)))
