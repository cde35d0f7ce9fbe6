# %%
import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import KFold, cross_validate, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures

df = pd.read_csv("data/houses.csv")
target = "SalePrice"
features = [c for c in df.columns if c not in (target, "Id")]
X, y = df[features], df[target]
# %%
prep = make_column_transformer(
    (make_pipeline(SimpleImputer(strategy="median"), PolynomialFeatures(2)), ["LivArea", "YearBuilt", "LotFrontage"]),
    (OneHotEncoder(handle_unknown="ignore"), ["Neighborhood", "ExterQual", "GarageType"]),
)
reg = TransformedTargetRegressor(make_pipeline(prep, ElasticNet(alpha=0.01, max_iter=5000)), func=np.log1p, inverse_func=np.expm1)
cv = cross_validate(reg, X, y, cv=KFold(3, shuffle=True, random_state=0), scoring="neg_mean_absolute_error")
print(cv["test_score"].mean())
# %%
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
reg.fit(X_train, y_train)
print(mean_absolute_error(y_test, reg.predict(X_test)))
