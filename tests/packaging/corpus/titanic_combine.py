# %%
import pandas as pd
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("data/passengers.csv")
train_df, test_df = train_test_split(df, test_size=0.25, random_state=3)
combine = [train_df, test_df]
# %%
guess_age = train_df["Age"].median()
freq_port = train_df.Embarked.dropna().mode()[0]
for dataset in combine:
    dataset["Sex"] = dataset["Sex"].map({"female": 1, "male": 0}).astype(int)
    dataset["Age"] = dataset["Age"].fillna(guess_age)
    dataset["Embarked"] = dataset["Embarked"].fillna(freq_port)
    dataset["Embarked"] = dataset["Embarked"].map({"S": 0, "C": 1, "Q": 2}).astype(int)
    dataset["AgeClass"] = dataset.Age * dataset.Pclass
# %%
cols = ["Pclass", "Sex", "Age", "Fare", "Embarked", "AgeClass"]
X_train = train_df[cols]
Y_train = train_df["Survived"]
X_test = test_df[cols]
# %%
logreg = LogisticRegression(max_iter=1000)
logreg.fit(X_train, Y_train)
acc_log = round(logreg.score(X_test, test_df["Survived"]) * 100, 2)
acc_log
