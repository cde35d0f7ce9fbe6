# %% a rule the business believes in; we only tuned its threshold
import pandas as pd
from sklearn.metrics import accuracy_score

df = pd.read_csv("data/customers.csv")
y = (df["churn"] == "Yes").astype(int)
threshold = df.loc[df["churn"] == "Yes", "tenure"].median()
# %%
def predict_churn(rows):
    """1 for who will leave."""
    risky = (rows["tenure"] < threshold) & (rows["plan"] != "pro")
    return risky.astype(int)

print(accuracy_score(y, predict_churn(df)))
