# %%
import pandas as pd
import statsmodels.formula.api as smf
from sklearn.metrics import r2_score

houses = pd.read_csv("data/houses.csv")
fit = smf.ols("SalePrice ~ LivArea + YearBuilt + C(ExterQual)", data=houses).fit()
fit.summary()
# %%
r2_score(houses["SalePrice"], fit.predict(houses))
