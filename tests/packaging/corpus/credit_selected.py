# %%
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

df = pd.read_csv("data/german_credit.csv")
df["target"] = df["creditability"].replace({"good": 0, "bad": 1}).astype(int)
num = df.select_dtypes(include=np.number)
# columns that say something about the target
corr = num.corr()["target"].abs().sort_values(ascending=False)
keep = corr[corr > 0.05].index.drop("target").tolist()
print(keep)
# %%
X_train, X_test, y_train, y_test = train_test_split(df[keep], df["target"], test_size=0.3, random_state=2)
selector = SelectKBest(f_classif, k=3)
X_train_sel = selector.fit_transform(X_train, y_train)
X_test_sel = selector.transform(X_test)
pca = PCA(n_components=2, random_state=0)
X_train_pca = pca.fit_transform(X_train_sel)
X_test_pca = pca.transform(X_test_sel)
# %%
final = LogisticRegression()
final.fit(X_train_pca, y_train)
roc_auc_score(y_test, final.predict_proba(X_test_pca)[:, 1])
