# %%
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import TargetEncoder, OrdinalEncoder

df = pd.read_csv("data/german_credit.csv")
X = df.drop(columns="creditability")
y = (df["creditability"] == "bad").astype(int)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=8)
# %%
cat = X.select_dtypes(exclude="number").columns.tolist()
enc = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
X_train[cat] = enc.fit_transform(X_train[cat])
X_test[cat] = enc.transform(X_test[cat])
X_train.head()
# %%
hgb = HistGradientBoostingClassifier(max_iter=40, random_state=0)
hgb.fit(X_train, y_train)
roc_auc_score(y_test, hgb.predict_proba(X_test)[:, 1])
