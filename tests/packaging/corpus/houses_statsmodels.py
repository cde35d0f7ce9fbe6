# %%
import pandas as pd
import numpy as np
import statsmodels.api as sm

df = pd.read_csv("data/houses.csv")
df = df.dropna(subset=["LotFrontage"])
df["age"] = 2024 - df["YearBuilt"]
X = sm.add_constant(df[["LivArea", "age", "LotFrontage"]])
y = df["SalePrice"]
# %%
results = sm.OLS(y, X).fit()
print(results.summary())
# %%
print(np.mean(np.abs(results.predict(X) - y)))
