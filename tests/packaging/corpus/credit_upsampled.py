# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.utils import resample

df = pd.read_csv("data/german_credit.csv")
df["bad"] = (df["creditability"] == "bad").astype(int)
cols = ["duration_in_month", "credit_amount", "age_in_years"]
train, test = train_test_split(df[cols + ["bad"]], test_size=0.2, random_state=4)
# %% more of the bad ones
majority = train[train["bad"] == 0]
minority = train[train["bad"] == 1]
upsampled = resample(minority, replace=True, n_samples=len(majority), random_state=4)
balanced = pd.concat([majority, upsampled])
# %%
rf = RandomForestClassifier(n_estimators=30, random_state=4)
rf.fit(balanced[cols], balanced["bad"])
print(f1_score(test["bad"], rf.predict(test[cols])))
