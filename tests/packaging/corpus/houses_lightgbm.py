# %%
import lightgbm as lgb
import pandas as pd
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split

df = pd.read_csv("data/houses.csv")
for col in ["Neighborhood", "ExterQual", "GarageType"]:
    df[col] = df[col].astype("category")
X_train, X_val, y_train, y_val = train_test_split(
    df.drop(columns=["SalePrice", "Id"]), df["SalePrice"], test_size=0.2, random_state=0
)
# %%
gbm = lgb.LGBMRegressor(n_estimators=60, learning_rate=0.1, num_leaves=15, random_state=0, n_jobs=1, verbose=-1)
gbm.fit(X_train, y_train)
print(mean_squared_error(y_val, gbm.predict(X_val)) ** 0.5)
