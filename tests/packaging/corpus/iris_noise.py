# %% does the selection find the columns that are not noise?
import numpy as np
from sklearn.datasets import load_iris
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

X, y = load_iris(return_X_y=True)
noise = np.random.RandomState(42).uniform(0, 0.1, size=(X.shape[0], 10))
X = np.hstack((X, noise))
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
# %%
selected = make_pipeline(SelectKBest(f_classif, k=4), LinearSVC(random_state=0, max_iter=5000))
selected.fit(X_train, y_train)
print("accuracy", selected.score(X_test, y_test))
