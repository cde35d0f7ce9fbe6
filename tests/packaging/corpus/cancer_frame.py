# %% Breast cancer: the table is put together from the bunch
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.metrics import confusion_matrix, f1_score

cancer = load_breast_cancer()
cancer.keys()
# %%
df_feat = pd.DataFrame(cancer["data"], columns=cancer["feature_names"])
df_feat["target"] = cancer["target"]
df_feat.info()
# %%
X = df_feat.drop("target", axis=1)
y = df_feat["target"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.30, random_state=101)
sc = StandardScaler()
X_train = sc.fit_transform(X_train)
X_test = sc.transform(X_test)
# %%
svc_model = SVC(C=10, gamma=0.01)
svc_model.fit(X_train, y_train)
# %%
predictions = svc_model.predict(X_test)
print(confusion_matrix(y_test, predictions))
print(f1_score(y_test, predictions))
