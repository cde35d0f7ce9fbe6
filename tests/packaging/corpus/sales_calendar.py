# %%
import pandas as pd
import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_absolute_error

df = pd.read_csv("data/sales.csv")
df["date"] = pd.to_datetime(df["date"])
# %%
df["month"] = df["date"].dt.month
df["dow"] = df["date"].dt.dayofweek
df["weekend"] = df["dow"].isin([5, 6]).astype(int)
df["week_sin"] = np.sin(2 * np.pi * df["dow"] / 7)
df["day_no"] = (df["date"] - df["date"].min()).dt.days
# %%
train = df[df["date"] < "2023-05-01"].copy()
test = df[df["date"] >= "2023-05-01"].copy()
# how much a store sells
store_mean = train.groupby("store")["sales"].mean()
train["store_mean"] = train["store"].map(store_mean)
test["store_mean"] = test["store"].map(store_mean)
# %%
FEATURES = ["month", "dow", "weekend", "week_sin", "day_no", "store_mean", "promo", "price"]
reg = RandomForestRegressor(n_estimators=30, random_state=0)
reg.fit(train[FEATURES], train["sales"])
pred = reg.predict(test[FEATURES])
print("MAE", mean_absolute_error(test["sales"], pred))
