# %%
import pandas as pd
import numpy as np
houses = pd.read_csv("data/houses.csv")
# %% (run last, after the cell below was changed)
from sklearn.linear_model import Lasso
lasso = Lasso(alpha=LAMBDA)
lasso.fit(X_tr, y_tr)
rmse = np.sqrt(mean_squared_error(y_te, lasso.predict(X_te)))
print(rmse)
# %%
LAMBDA = 5.0
# %%
from sklearn.model_selection import train_test_split
from sklearn.metrics import mean_squared_error
X = houses[["LivArea", "age", "frontage"]]
X_tr, X_te, y_tr, y_te = train_test_split(X, houses.SalePrice, test_size=0.2, random_state=0)
# %%
houses["age"] = 2024 - houses.YearBuilt
houses["frontage"] = houses.LotFrontage.fillna(0)
