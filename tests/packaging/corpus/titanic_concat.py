# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.metrics import accuracy_score

passengers = pd.read_csv("data/passengers.csv")
train, test = passengers[:400], passengers[400:]
# %% same treatment for both
full = pd.concat([train, test], ignore_index=True)
full["Age"] = full["Age"].fillna(full["Age"].mean())
full["Deck"] = full["Cabin"].str[0].fillna("X")
full = pd.get_dummies(full[["Survived", "Age", "Sex", "Pclass", "Deck"]], columns=["Sex", "Deck"])
train, test = full[:400], full[400:]
# %%
X, y = train.drop(columns="Survived"), train["Survived"]
rf = RandomForestClassifier(n_estimators=30, random_state=0)
rf.fit(X, y)
print(accuracy_score(test["Survived"], rf.predict(test.drop(columns="Survived"))))
