# %%
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

X, y = make_classification(n_samples=300, n_features=8, n_informative=4, random_state=1)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)
# %%
mlp = MLPClassifier(hidden_layer_sizes=(16,), max_iter=300, random_state=1)
mlp.fit(X_train, y_train)
print(mlp.score(X_test, y_test))
