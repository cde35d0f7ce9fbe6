# %% toy data to try things out
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
from sklearn.metrics import mean_squared_error

np.random.seed(42)
n = 200
df = pd.DataFrame({
    "hours": np.random.uniform(0, 10, n).round(1),
    "sleep": np.random.normal(7, 1, n).round(1),
})
df["score"] = 40 + 5 * df["hours"] + 2 * df["sleep"] + np.random.normal(0, 3, n)
# %%
df["rested"] = (df["sleep"] > 7).astype(int)
X = df[["hours", "sleep", "rested"]]
y = df["score"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
reg = LinearRegression()
reg.fit(X_train, y_train)
print(mean_squared_error(y_test, reg.predict(X_test)))
