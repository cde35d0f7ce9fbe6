# %%
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
import warnings
warnings.filterwarnings("ignore")

train = pd.read_csv("data/passengers.csv")
train.head()
# %%
train.isnull().sum()
# %%
train["Title"] = train["Name"].str.extract(r" ([A-Za-z]+)\.", expand=False)
train["Title"] = train["Title"].replace(["Dr", "Rev", "Col"], "Rare")
print(train["Title"].value_counts())
# %%
# fill age with the median of the title
train["Age"] = train["Age"].fillna(train.groupby("Title")["Age"].transform("median"))
train["Embarked"] = train["Embarked"].fillna(train["Embarked"].mode()[0])
train["FamilySize"] = train["SibSp"] + train["Parch"] + 1
train["IsAlone"] = 0
train.loc[train["FamilySize"] == 1, "IsAlone"] = 1
train["HasCabin"] = train["Cabin"].apply(lambda x: 0 if isinstance(x, float) or x is None else 1)
train["Fare"] = np.log1p(train["Fare"])
train["Sex"] = train["Sex"].map({"male": 0, "female": 1}).astype(int)
# %%
train.groupby("Pclass")["Survived"].mean().plot.bar()
plt.show()
# %%
train = pd.get_dummies(train, columns=["Embarked", "Title"])
X = train.drop(["Survived", "PassengerId", "Name", "Cabin", "Ticket"], axis=1, errors="ignore")
y = train["Survived"]
# %%
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.metrics import accuracy_score

X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, random_state=42)
rf = RandomForestClassifier(n_estimators=40, max_depth=5, random_state=1)
print(cross_val_score(rf, X_train, y_train, cv=3).mean())
rf.fit(X_train, y_train)
print(accuracy_score(y_val, rf.predict(X_val)))
