# %% two curves at once, from numbers that are in no file
import numpy as np
from sklearn.tree import DecisionTreeRegressor

rng = np.random.RandomState(1)
X = np.sort(200 * rng.rand(100, 1) - 100, axis=0)
y = np.array([np.pi * np.sin(X).ravel(), np.pi * np.cos(X).ravel()]).T
y[::5, :] += 0.5 - rng.rand(20, 2)
# %%
for depth in (2, 5):
    curves = DecisionTreeRegressor(max_depth=depth, random_state=0)
    curves.fit(X, y)
    print(depth, curves.predict(np.arange(-100.0, 100.0, 50)[:, np.newaxis]))
