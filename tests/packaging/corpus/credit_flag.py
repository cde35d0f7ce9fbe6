# %%
import pandas as pd
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("data/german_credit.csv")
train, test = train_test_split(df, test_size=0.3, random_state=2)


def preprocess(data, scaler=None, fit=True):
    data = data[["duration_in_month", "credit_amount", "age_in_years"]].copy()
    data["per_month"] = data["credit_amount"] / data["duration_in_month"]
    if fit:
        scaler = StandardScaler()
        out = scaler.fit_transform(data)
    else:
        out = scaler.transform(data)
    return out, scaler
# %%
X_train, scaler = preprocess(train)
X_test, _ = preprocess(test, scaler, fit=False)
y_train, y_test = train["creditability"], test["creditability"]
knn = KNeighborsClassifier(7)
knn.fit(X_train, y_train)
print(accuracy_score(y_test, knn.predict(X_test)))
