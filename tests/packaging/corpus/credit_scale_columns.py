# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler, OneHotEncoder

df = pd.read_csv("data/german_credit.csv")
num_cols = ["duration_in_month", "credit_amount", "age_in_years"]
cat_cols = ["housing", "purpose"]
X = df[num_cols + cat_cols]
y = df["creditability"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=11)
# %%
ohe = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
ohe_train = pd.DataFrame(ohe.fit_transform(X_train[cat_cols]), columns=ohe.get_feature_names_out(cat_cols), index=X_train.index)
ohe_test = pd.DataFrame(ohe.transform(X_test[cat_cols]), columns=ohe.get_feature_names_out(cat_cols), index=X_test.index)
# %%
scaler = StandardScaler()
X_train_num = pd.DataFrame(scaler.fit_transform(X_train[num_cols]), columns=num_cols, index=X_train.index)
X_test_num = pd.DataFrame(scaler.transform(X_test[num_cols]), columns=num_cols, index=X_test.index)
X_train_final = pd.concat([X_train_num, ohe_train], axis=1)
X_test_final = pd.concat([X_test_num, ohe_test], axis=1)
# %%
log_reg = LogisticRegression(max_iter=1000)
log_reg.fit(X_train_final, y_train)
print("accuracy:", accuracy_score(y_test, log_reg.predict(X_test_final)))
