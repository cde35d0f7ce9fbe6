# %%
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_percentage_error
from sklearn.model_selection import train_test_split

df = pd.read_csv("data/houses.csv", index_col="Id")
# %% ordinal quality
qual = {"Po": 1, "Fa": 2, "TA": 3, "Gd": 4, "Ex": 5}
df["ExterQual"] = df["ExterQual"].map(qual)
df["era"] = pd.cut(df["YearBuilt"], [1800, 1945, 1980, 2100], labels=["old", "mid", "new"])
df["size_class"] = pd.qcut(df["LivArea"], 5, labels=False)
df["garage"] = np.where(df["GarageType"].isna(), "none", df["GarageType"])
conditions = [df["LivArea"] > 180, df["LivArea"] > 100]
df["big"] = np.select(conditions, [2, 1], default=0)
df["LotFrontage"] = df["LotFrontage"].fillna(df.groupby("Neighborhood")["LotFrontage"].transform("mean"))
# %%
df = pd.concat([df, pd.get_dummies(df[["era", "Neighborhood", "garage"]], drop_first=True)], axis=1)
df = df.drop(["era", "Neighborhood", "garage", "GarageType"], axis=1)
y = np.log(df["SalePrice"])
X = df.drop("SalePrice", axis=1)
Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.2, random_state=9)
lm = LinearRegression()
lm.fit(Xa, ya)
mean_absolute_percentage_error(np.exp(yb), np.exp(lm.predict(Xb)))
