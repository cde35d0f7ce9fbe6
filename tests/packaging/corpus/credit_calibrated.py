# %%
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

df = pd.read_csv("data/german_credit.csv")
y = (df.pop("creditability") == "bad").astype(int)
X_train, X_test, y_train, y_test = train_test_split(df, y, test_size=0.3, random_state=0)
# %%
prep = make_column_transformer(
    (StandardScaler(), make_column_selector(dtype_include="number")),
    (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
)
svm = make_pipeline(prep, LinearSVC(C=0.1, random_state=0))
calibrated = CalibratedClassifierCV(svm, method="sigmoid", cv=3)
calibrated.fit(X_train, y_train)
p = calibrated.predict_proba(X_test)[:, 1]
print(brier_score_loss(y_test, p), log_loss(y_test, p))
# %%
frac, mean = calibration_curve(y_test, p, n_bins=5)
