# %% [style: a file without a header, columns by their numbers and places, arrays]
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import train_test_split

dataset = pd.read_csv("data/german_credit.csv", header=None, skiprows=1)
dataset.head()
# %%
dataset[4] = dataset[4].fillna(dataset[4].mean())
dataset[20] = dataset[20].map({"good": 0, "bad": 1})
dataset[20].value_counts().plot.bar()
plt.show()
# %%
x = dataset.iloc[:, [1, 4, 7, 10, 12, 15, 17]].values
y = dataset.iloc[:, -1].values
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=0)
# %%
options = {"n_estimators": 40, "max_depth": 6, "random_state": 0}
classifier = ExtraTreesClassifier(**options)
classifier.fit(x_train, y_train)
# %%
y_pred = classifier.predict(x_test)
print(confusion_matrix(y_test, y_pred))
accuracy_score(y_test, y_pred)
