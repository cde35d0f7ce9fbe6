# %%
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

df = pd.read_csv("data/reviews.csv")
df.sample(3, random_state=0)
# %%
df["text"] = df["review"].str.lower().str.replace(r"[^a-z ]", "", regex=True)
X_train, X_test, y_train, y_test = train_test_split(
    df["text"], df["sentiment"], test_size=0.2, random_state=42
)
# %%
vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
X_train_vec = vectorizer.fit_transform(X_train)
X_test_vec = vectorizer.transform(X_test)
print(X_train_vec.shape)
# %%
clf = LogisticRegression()
clf.fit(X_train_vec, y_train)
print(accuracy_score(y_test, clf.predict(X_test_vec)))
