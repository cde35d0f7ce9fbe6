# %% [style: label encoders in a loop, inplace, reused names]
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder

df = pd.read_csv("data/german_credit.csv")
df.rename(columns={"creditability": "target"}, inplace=True)
df.info()
# %%
cat_cols = df.select_dtypes(include=["object", "string"]).columns
le = LabelEncoder()
for col in cat_cols:
    df[col] = le.fit_transform(df[col])
# %%
# typical amount for the purpose
df["amount_vs_purpose"] = df["credit_amount"] / df.groupby("purpose")["credit_amount"].transform("mean")
df.drop_duplicates(inplace=True)
X = df.drop(columns=["target"])
y = df["target"]
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, random_state=42)
# %%
clf = GradientBoostingClassifier(n_estimators=60, learning_rate=0.1, random_state=42)
clf.fit(X_train, y_train)
pred = clf.predict(X_val)
print("acc", accuracy_score(y_val, pred), "f1", f1_score(y_val, pred))
