# %% what is left of four measures
from sklearn import datasets
from sklearn.decomposition import PCA

iris = datasets.load_iris()
X = iris.data
# %%
pca = PCA(n_components=2)
X_flat = pca.fit_transform(X)
print(pca.explained_variance_ratio_, X_flat.shape)
