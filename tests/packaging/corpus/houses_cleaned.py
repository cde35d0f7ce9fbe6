# %%
import numpy as np
import pandas as pd
from scipy import stats
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

df = pd.read_csv("data/houses.csv")
# drop columns with too many holes
df = df.loc[:, df.isna().mean() < 0.5]
df = df.drop("Id", axis=1)
# %% outliers
num = ["LivArea", "YearBuilt"]
df = df[(np.abs(stats.zscore(df[num])) < 3).all(axis=1)]
df = df.fillna(df.mean(numeric_only=True))
df["GarageType"] = df["GarageType"].fillna(df["GarageType"].mode()[0])
for col in df.select_dtypes(include=["object", "string"]).columns:
    df[col] = df[col].str.strip().str.lower()
df = pd.get_dummies(df, drop_first=True, dtype=int)
# %%
X = df.drop(columns="SalePrice")
y = np.log1p(df["SalePrice"])
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=12)
gbr = GradientBoostingRegressor(n_estimators=80, random_state=12)
gbr.fit(X_train, y_train)
r2_score(y_test, gbr.predict(X_test))
