# %% [style: a class of settings, a seed for everything, timed blocks, factorized columns]
import gc
import os
import random
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import *
from sklearn.model_selection import StratifiedKFold


class CFG:
    seed = 2024
    n_folds = 3
    target = "creditability"
    debug = False
    path = Path("data")
    drop = ["personal_status_and_sex", "telephone"]


# %%
def seed_everything(seed):
    random.seed(seed)
    os.environ["PYTHONHASHSEED"] = str(seed)
    np.random.seed(seed)


@contextmanager
def timer(name):
    began = time.time()
    yield
    print(f"[{name}] done in {time.time() - began:.0f} s")


seed_everything(CFG.seed)
# %%
with timer("read"):
    train = pd.read_csv(CFG.path / "german_credit.csv", nrows=300 if CFG.debug else None)
train.head()


# %%
def preprocess(df, cfg=CFG):
    df = df.copy()
    df["monthly"] = df["credit_amount"] / df["duration_in_month"]
    for a, b in [("purpose", "housing"), ("job", "property")]:
        df[f"{a}_{b}"] = df[a].astype(str) + "_" + df[b].astype(str)
    df["texts"] = df.filter(regex="history|savings").apply(lambda row: len("".join(row)), axis=1)
    return df


with timer("features"):
    # columns made of others
    train = preprocess(train)
# %%
train[CFG.target] = (train[CFG.target] == "bad").astype("int8")
cat_cols = [c for c in train.columns if train[c].dtype.kind not in "if" and c not in CFG.drop]
for c in cat_cols:
    train[c], _ = pd.factorize(train[c], sort=True)
feats = [c for c in train.columns if c not in CFG.drop + [CFG.target]]
len(feats)


# %%
def train_folds(X, y, params):
    oof = np.zeros(len(X))
    models = []
    skf = StratifiedKFold(n_splits=CFG.n_folds, shuffle=True, random_state=CFG.seed)
    for fold, (trn, val) in enumerate(skf.split(X, y)):
        with timer(f"fold {fold}"):
            model = HistGradientBoostingClassifier(**params)
            model.fit(X.iloc[trn], y.iloc[trn])
        oof[val] = model.predict_proba(X.iloc[val])[:, 1]
        models.append(model)
    print("OOF AUC", roc_auc_score(y, oof))
    return models, oof


params = {"max_iter": 30, "learning_rate": 0.1, "max_leaf_nodes": 15, "random_state": CFG.seed}
models, oof = train_folds(train[feats], train[CFG.target], params)
gc.collect()
# %%
final = HistGradientBoostingClassifier(**{**params, "max_iter": 40})
final.fit(train[feats], train[CFG.target])
score = roc_auc_score(train[CFG.target], final.predict_proba(train[feats])[:, 1])
print(f"{score:.4f}")
