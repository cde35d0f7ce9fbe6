# %% which projection suits nearest neighbours?
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
import matplotlib.pyplot as plt

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
# %%
pca = make_pipeline(StandardScaler(), PCA(n_components=2, random_state=0))
lda = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(n_components=2))
knn = KNeighborsClassifier(n_neighbors=5)

for i, (name, reducer) in enumerate([("PCA", pca), ("LDA", lda)]):
    # project, then ask the neighbours
    reducer.fit(X_train, y_train)
    knn.fit(reducer.transform(X_train), y_train)
    accuracy = accuracy_score(y_test, knn.predict(reducer.transform(X_test)))
    projected = reducer.transform(X)
    plt.figure()
    plt.scatter(projected[:, 0], projected[:, 1], c=y)
    plt.title(f"{name}: {accuracy:.2f}")
    print(name, accuracy)
