# %% customer segmentation
import pandas as pd
import numpy as np
import matplotlib.pyplot as plt
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("data/customers.csv")
X = df[["tenure", "monthly_charges"]]
scaler = StandardScaler()
X_scaled = scaler.fit_transform(X)
# %% elbow
inertias = []
for k in range(2, 7):
    km = KMeans(n_clusters=k, n_init=5, random_state=0).fit(X_scaled)
    inertias.append(km.inertia_)
plt.plot(range(2, 7), inertias)
plt.show()
# %%
kmeans = KMeans(n_clusters=4, n_init=10, random_state=42)
df["cluster"] = kmeans.fit_predict(X_scaled)
df.groupby("cluster")[["tenure", "monthly_charges"]].mean()
# %%
from sklearn.metrics import silhouette_score
print(silhouette_score(X_scaled, kmeans.labels_))
