# %% mean encoding by hand, learned on the training rows only
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

df = pd.read_csv("data/german_credit.csv")
df["bad"] = (df["creditability"] == "bad").astype(int)
train, test = train_test_split(df, test_size=0.25, random_state=8)
train = train.copy()
test = test.copy()
# %%
global_mean = train["bad"].mean()
for col in ["purpose", "housing", "credit_history"]:
    stats = train.groupby(col)["bad"].agg(["mean", "count"])
    smooth = (stats["count"] * stats["mean"] + 20 * global_mean) / (stats["count"] + 20)
    train[col + "_te"] = train[col].map(smooth)
    test[col + "_te"] = test[col].map(smooth).fillna(global_mean)
# %%
cols = ["purpose_te", "housing_te", "credit_history_te", "duration_in_month"]
lr = LogisticRegression(max_iter=500)
lr.fit(train[cols], train["bad"])
print(roc_auc_score(test["bad"], lr.predict_proba(test[cols])[:, 1]))
