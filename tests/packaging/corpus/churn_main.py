# %%
import pandas as pd
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

NUMERIC = ["tenure", "monthly_charges"]


def prepare(path):
    """Read and encode."""
    df = pd.read_csv(path)
    df["plan"] = df["plan"].map({"basic": 0, "plus": 1, "pro": 2})
    return df[NUMERIC + ["plan"]], (df["churn"] == "Yes").astype(int)


def evaluate(model, X, y):
    proba = model.predict_proba(X)[:, 1]
    auc = roc_auc_score(y, proba)
    acc = accuracy_score(y, proba > 0.5)
    print(f"auc={auc:.3f} acc={acc:.3f}")
    return auc


def main():
    X, y = prepare("data/customers.csv")
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    scaler = StandardScaler()
    X_train_s = scaler.fit_transform(X_train)
    X_test_s = scaler.transform(X_test)
    model = SVC(probability=True, random_state=0)
    model.fit(X_train_s, y_train)
    evaluate(model, X_test_s, y_test)
    return model


if __name__ == "__main__":
    model = main()
