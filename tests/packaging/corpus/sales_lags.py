# %% Forecast of tomorrow's sales from lags
import pandas as pd
import numpy as np
df = pd.read_csv("data/sales.csv", parse_dates=["date"])
df = df.sort_values(["store", "date"])
# %%
for lag in [1, 7]:
    df[f"lag_{lag}"] = df.groupby("store")["sales"].shift(lag)
df["roll7"] = df.groupby("store")["sales"].transform(lambda s: s.shift(1).rolling(7).mean())
df["dow"] = df["date"].dt.dayofweek
df = df.dropna()
# %%
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error

cut = "2023-05-01"
train, test = df[df["date"] < cut], df[df["date"] >= cut]
cols = ["lag_1", "lag_7", "roll7", "dow", "promo"]
gbr = HistGradientBoostingRegressor(max_iter=50, random_state=0)
gbr.fit(train[cols], train["sales"])
print(mean_absolute_error(test["sales"], gbr.predict(test[cols])))
