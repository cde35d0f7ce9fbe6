# %%
import re
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

df = pd.read_csv("data/reviews.csv")

STOP = {"the", "it", "was", "and", "very"}

def clean_text(text):
    text = re.sub(r"[^a-zA-Z ]", "", text).lower()
    return " ".join(w for w in text.split() if w not in STOP)

df["clean"] = df["review"].apply(clean_text)
df["label"] = (df["sentiment"] == "positive").astype(int)
# %%
n = int(len(df) * 0.8)
train, test = df.iloc[:n], df.iloc[n:]
nb = make_pipeline(CountVectorizer(), MultinomialNB(alpha=0.5))
nb.fit(train["clean"], train["label"])
# %%
nb.score(test["clean"], test["label"])
