# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split


def risk_group(row):
    if row["age_in_years"] < 25:
        return 2
    elif row["credit_amount"] > 5000 and row["duration_in_month"] > 24:
        return 1
    return 0


credit = (
    pd.read_csv("data/german_credit.csv")
    .rename(columns=str.lower)
    .assign(
        monthly=lambda d: d.credit_amount / d.duration_in_month,
        young=lambda d: d.age_in_years.lt(30).astype(int),
    )
    .query("credit_amount < 16000")
    .dropna()
)
credit["group"] = credit.apply(risk_group, axis=1)
credit["n_words"] = [len(p.split()) for p in credit["purpose"]]
# %%
cols = ["monthly", "young", "group", "n_words", "duration_in_month"]
X_train, X_test, y_train, y_test = train_test_split(
    credit[cols], credit["creditability"], test_size=0.2, random_state=3
)
model = RandomForestClassifier(n_estimators=25, random_state=3).fit(X_train, y_train)
accuracy_score(y_test, model.predict(X_test))
