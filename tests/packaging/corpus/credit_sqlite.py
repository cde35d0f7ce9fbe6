# %%
import sqlite3
import pandas as pd

conn = sqlite3.connect("data/bank.sqlite")
query = """
SELECT duration_in_month, credit_amount, age_in_years, housing, creditability
FROM loans
WHERE age_in_years >= 20
"""
df = pd.read_sql_query(query, conn)
conn.close()
df.head()
# %%
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier
from sklearn.metrics import accuracy_score

df["owner"] = (df.housing == "own").astype(int)
X = df.drop(columns=["housing", "creditability"])
y = df.creditability
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=4)
tree = DecisionTreeClassifier(max_depth=4, random_state=4).fit(X_train, y_train)
print(accuracy_score(y_test, tree.predict(X_test)))
