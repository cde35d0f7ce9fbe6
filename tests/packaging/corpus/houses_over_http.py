# %%
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split

BASE = "https://data.example.org"
# %% the link is good for a month
homes = pd.read_csv(f"{BASE}/houses.csv?version=3&sig=Zm9vYmFyYmF6", na_values=["?"]).dropna(
    subset=["SalePrice"]
)
homes.shape
# %%
num = ["LivArea", "YearBuilt"]
homes[num] = homes[num].fillna(homes[num].median())
X_train, X_test, y_train, y_test = train_test_split(
    homes[num], homes["SalePrice"], test_size=0.2, random_state=5
)
# %%
ridge = Ridge(alpha=2.0)
ridge.fit(X_train, y_train)
pred = ridge.predict(X_test)
print(r2_score(y_test, pred), mean_absolute_error(y_test, pred))
