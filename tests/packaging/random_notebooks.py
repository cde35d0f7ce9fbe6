"""Notebooks made by chance of statements that alias, change, hide, draw and defer."""

from __future__ import annotations

import contextlib
import io
import random
import signal
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from running import as_it_was

from notewright.packaging.source import CellSource

PREAMBLE = """\
import copy
import functools
import itertools
import random
import numpy as np
import pandas as pd
class Box:
    made = []
    def __init__(self, item=None):
        self.item = item
        self.n = 0
    def put(self, x):
        self.item = x
        return self
    def step(self):
        self.n += 1
        return self.n
    def __add__(self, other):
        self.n += 10
        return Box([self.item, other])
    def __len__(self):
        return 3
    def __getitem__(self, k):
        self.n += 1
        if self.n > 200:
            raise IndexError(k)
        return self.item
    @property
    def seen(self):
        self.n += 100
        return self.n
class Loud(Box):
    def put(self, x):
        Box.made.append(1)
        return super().put(x)
def fill(x):
    x.append(len(x))
def same(x):
    return x
def pair(x, y=[]):
    y.append(1)
    return [x, y]
def counter():
    n = 0
    def count():
        nonlocal n
        n += 1
        return n
    return count
def lazily(xs):
    for x in list(xs)[:5]:
        total.append(1)
        yield x
def use():
    global g
    g = g + 1
    return g
@functools.lru_cache(maxsize=None)
def kept(n):
    return n + g
total = []
g = 1
random.seed(1)
np.random.seed(1)"""

#: Capitals stand for names that are bound; ``t`` and ``s`` for any, bound or not. Nothing here
#: runs on for ever inside Python itself, where no signal could stop it.
TEMPLATES = """\
t = [1, 2, 3]
t = [A, B]
t = {"k": A, "l": B}
t = (A, B)
t = A
t = list(A)
t = A[0]
t = A["k"]
t = A[1:]
t = A[:]
t = copy.copy(A)
t = copy.deepcopy(A)
t = A + B
t = same(A)
t = pair(A)
t = pair(A, B)
t = Box(A)
t = Loud(A)
t = A.item
t = A.put(B)
t = A.step()
t = A.seen
t = A.n
t = counter()
t = A()
t = lambda x=A: x
t = lambda: A
t = iter(A)
t = map(same, A)
t = zip(A, B)
t = lazily(A)
t = (fill(x) for x in A)
t = [same(x) for x in A]
t = {k: A for k in ("k", "l")}
t = next(A)
t = sorted(map(str, A))
t = sum(1 for _ in A)
t = len(A)
t = str(A)
t = f"{A}-{B}"
t = A or B
t = A if B else A
t = dict(A)
t = A.get("k")
t = A.values()
t = A.items()
t = A.copy()
t = A.pop()
t = A.setdefault("m", B)
t = max(A, key=str)
t = functools.partial(fill, A)
t = functools.reduce(lambda p, q: q, A)
t = itertools.chain(A, B)
t = use()
t = g
t = kept(1)
t = random.random()
t = np.random.rand(3)
t = np.zeros(3)
t = np.arange(6).reshape(2, 3)
t = np.asarray(A)
t = np.array(A)
t = A.T
t = A.ravel()
t = A[A > 1]
t = A.mean()
t = pd.DataFrame({"k": [1.0, 2.0], "l": [3.0, None]})
t = pd.DataFrame(A)
t = A.dropna()
t = A[["k"]]
t = A.k
t = A.values
t = A.sample(1)
t = A.head(1)
t = A.assign(m=1)
t = A.loc[0]
t = np.random.default_rng(0)
t = A.normal()
t = Box.made
t, s = A
t, *s = A
t = s = A
A, B = B, A
A.append(B)
A.append(4)
A.extend(list(B)[:9])
A.reverse()
A.clear()
A.insert(0, B)
A[0] = B
A["k"] = B
A["m"] = B
A["k"] = 5
A["k"].append(6)
A[0].append(7)
A[0]["k"] = 8
A.item = B
A.item.append(9)
A.n = 4
A += [5]
A += tuple(B)[:9]
A += 1
A["k"] += 1
A[0] += 1
A.n += 1
A |= dict(B)
A.step()
A.put(B)
A.seen
A[0]
A + B
A == B
A()
fill(A)
pair(A)
same(A).append(3)
use()
kept(2)
next(A)
list(A)
print(A)
print(*A)
len(A)
2 in A
A.update(dict(B))
A.update(k=B)
setattr(A, "item", B)
getattr(A, "item").append(1)
vars(A)["item"] = B
del A[0]
del A["k"]
del A
del A.item
for t in A: pass
for t in A: t.append(1)
for t in A: fill(t)
for t, s in zip(A, B): t.append(s)
for t in A:\\n    if t == 2:\\n        break\\nelse:\\n    s = B
while len(A) > 2: A.pop()
if A: t = B
if A:\\n    t = B\\nelse:\\n    t = A
try:\\n    t = A[7]\\nexcept Exception:\\n    t = B
try:\\n    A.append(1)\\n    A[9]\\nexcept Exception:\\n    s = A
with open("f.txt", "w") as f: f.write(str(A))
t = open("f.txt").read()
match A:\\n    case [t, s]:\\n        pass\\n    case _:\\n        t = B
def t(x=A): return x
def t(x): return [x, A]
def t(): A.append(1)
class t(Box):\\n    extra = A\\n    def step(self): return B
random.shuffle(A)
random.random()
np.random.rand()
random.seed(2)
np.random.seed(2)
A.sort()
A.fill(3)
A[:] = 0
A[0, 0] = 9
np.add(A, 1, out=A)
np.fill_diagonal(A, 5)
A.shuffle(B)
A.normal()
A.loc[0, "k"] = 7
A.iloc[0, 0] = 8
A.dropna(inplace=True)
A.drop(columns="l", inplace=True)
A["n"] = A["k"] * 2
A.insert(0, "z", 1)
A.columns = ["p", "q"]
A.pop("k")
A.fillna(0)
A.k.iloc[0]
A.values[0, 0] = 4
A["k"].values[:] = 1
A.apply(lambda c: total.append(1))
A.iloc[0]["k"] = 9
globals()["t"] = A
globals()["A"].append(1)
exec("t = A")
exec("A.append(1)")
t = eval("[A, B]")
list = A
t = list("ab")
Box.made.append(A)
Box.put = lambda self, x: B
Box.extra = A
A.extra.append(1)
if (t := len(A)) > 1: s = t
A[0:1] = [B]
t = [*A, *B]
t = {**A, "k": B}
t = [s for s in A]
t = A.__class__
t = type(A)(B) if type(A) is not np.ndarray else A
total.append(A)
t = total"""

#: The same of estimators: fitted again, shared, cloned, changed, drawn for.
MODELS_PREAMBLE = """\
import copy
import numpy as np
from sklearn.base import clone
from sklearn.ensemble import BaggingRegressor, VotingRegressor
from sklearn.linear_model import Ridge, SGDRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
np.random.seed(1)
X = np.arange(16.0).reshape(8, 2) % 5
y = np.arange(8.0) % 3
rng = np.random.RandomState(0)
def fitted(m):
    return m.fit(X, y)
def first(ms):
    return ms[0]
g = 1
total = []"""

MODELS_TEMPLATES = """\
t = Ridge()
t = Ridge(alpha=g)
t = KNeighborsRegressor(n_neighbors=1, algorithm="brute")
t = DecisionTreeRegressor(max_depth=2, random_state=0)
t = DecisionTreeRegressor(splitter="random")
t = dict(max_depth=2, random_state=0)
t = {"max_depth": 2, "random_state": 0, **A}
t = DecisionTreeRegressor(**A)
t = DecisionTreeRegressor(splitter="random", **A)
A["random_state"] = None
A.update(random_state=None)
t = SGDRegressor(max_iter=2, tol=None, random_state=0)
t = SGDRegressor(max_iter=2, tol=None, random_state=rng)
t = SGDRegressor(max_iter=2, tol=None, random_state=0, warm_start=True)
t = StandardScaler()
t = StandardScaler(copy=False)
t = make_pipeline(A)
t = make_pipeline(StandardScaler(), A)
t = Pipeline([("a", A), ("b", B)])
t = BaggingRegressor(A, n_estimators=2, random_state=0)
t = VotingRegressor([("a", A), ("b", B)])
t = GridSearchCV(A, {"fit_intercept": [True, False]}, cv=2)
t = clone(A)
t = copy.copy(A)
t = copy.deepcopy(A)
t = A
t = [A, B]
t = (A, B)
t = {"k": A, "l": B}
t = A[0]
t = A[1]
t = A["k"]
t = first(A)
t = A if g else B
t = [Ridge(alpha) for alpha in (1, 2)]
t = fitted(A)
A.fit(X, y)
A.fit(X, y)
A.fit(X, y)
A.fit(X[:5], y[:5])
A.fit(X[::-1], y)
A.fit(B, y)
A.fit(X, B)
t = A.fit(X, y)
t = A.fit(X, y).predict(X)
t = A.fit_transform(X)
t = A.transform(X)
t = A.predict(X)
t = A.predict(B)
t = A.score(X, y)
A.partial_fit(X, y)
A.set_params(alpha=3)
A.set_params(warm_start=True)
A.alpha = 4
A.fit_intercept = False
t = A.coef_
t = A.tree_
t = A.estimators_[0]
t = A.best_estimator_
t = A.best_params_
t = A.steps[0][1]
t = A.named_steps
t = A.estimator
t = A.get_params()
A.coef_[0] = 7
A.steps[0] = ("c", B)
A.reverse()
A.append(B)
A[0] = B
X[0, 0] = 9
y = y + 1
X = X * 2
np.random.seed(3)
rng.rand()
g = g + 1
if len(y) > 9: A.fit(X, y)
if g: A.fit(X, y)
g and A.fit(X, y)
for m in [A, B]: m.fit(X, y)
for n in (4, 6): A.fit(X[:n], y[:n])
for n in (4, 6):\\n    A.fit(X[:n], y[:n])\\n    t = A.predict(X)
try:\\n    A.fit(X, y)\\n    A.nothing\\nexcept Exception:\\n    t = B
t = [m.fit(X, y).predict(X) for m in (A, B)]
t = cross_val_score(A, X, y, cv=2)
def t(m=A): return m.fit(X, y)
t = A()
total.append(A)
t = total
del s"""

TABLES_PREAMBLE = """\
import numpy as np
import pandas as pd
np.random.seed(1)
cell = [1]
def filled(table, column="a"):
    table[column] = table[column].fillna(g)
    return table
def longer(items):
    items.append(g)
    return items
g = 1
total = []"""

TABLES_TEMPLATES = """\
t = pd.DataFrame({"a": [1.0, None, 3.0], "b": ["x", None, " y"]})
t = pd.DataFrame({"a": [2.0, None, 5.0], "b": ["x", "y", None]}, index=[4, 5, 6])
t = A.copy()
t = A.copy(deep=False)
t = A
t = A[["a"]]
t = A[["a", "b"]]
t = A["a"]
t = A["b"]
t = A["c"]
t = A["l"]
t = A.head(2)
t = A.iloc[:, 0]
t = A.iloc[:2]
t = A.fillna(0)
t = A["a"].fillna(A["a"].mean())
A["a"] = A["a"].fillna(A["a"].mean())
A["a"] = A["a"].fillna(B["a"].mean())
A["b"] = A["b"].fillna("z").str.strip()
A["c"] = B["a"]
A["c"] = B["a"].fillna(0)
A["c"] = B
A["c"] = A["a"].apply(lambda v: v * g)
A["c"] = A["b"].map({"x": g})
A["l"] = [cell, cell, None][: len(A)]
A["l"] = pd.Series([cell] * len(A), index=A.index).fillna(0)
A["l"] = B["l"].fillna(0)
A["l"] = [longer(cell)] * len(A)
A["l"].iloc[0].append(5)
t = A["l"].fillna(0).iloc[0]
t = A["l"].iloc[0]
A.append(g)
cell.append(g)
for c in ["a", "b"]: A[c] = A[c].ffill()
for c in A.columns: A[c] = A[c].fillna(A[c].mode()[0])
for c in list(A.columns): A[c] = B[c].bfill()
for c, v in zip(["a", "c"], [A["a"].max(), 2]): A[c] = v
A.loc[A["a"] > 1, "a"] = g
A.iloc[0, 0] = 7
A.at[A.index[0], "a"] = g
A.columns = [f"n{n}" for n in range(A.shape[1])]
A.columns = ["a", "b", "c", "l", "d"][: A.shape[1]]
A.drop(columns="b", inplace=True)
A.fillna(0, inplace=True)
A.rename(columns={"a": "c"}, inplace=True)
A.insert(0, f"i{A.shape[1]}", B["a"].to_numpy())
t = A.pop("a")
del A["a"]
t = A.values
t = A["a"].to_numpy()
t = A["a"].to_numpy(copy=True)
A[0] = 8
A += 1
t = A + B
t = A.assign(d=A["a"] * 2)
t = A.assign(d=lambda q: q["a"] * g)
t = A.rename(columns=str.upper)
t = A.groupby("b")["a"].transform("mean")
t = A.groupby("b")
t = A["a"].sum()
t = A.get_group("x")
t = pd.factorize(A["b"])[0]
t, u = pd.factorize(A["b"])
t = A.sample(2)
t = A.sample(2, random_state=0)
t = np.random.rand()
t = pd.concat([A, B])
t = A.merge(B, on="b")
t = A.set_index("b")
t = A.sort_values("a")
A.sort_values("a", inplace=True)
t = A.cumsum(numeric_only=True)
t = A["a"].cumsum()
A["a"].to_numpy().cumsum(out=B)
t = filled(A)
t = filled(A.copy())
t = longer(A)
t = A.pipe(filled)
t = [A, B]
t = A[0]
t = {"k": A}
t = A["k"]
t = lambda: A.head(1)
t = A()
t = len(A)
t = A.shape
t = A.columns
t = A.index
if len(A) > 2: A["c"] = 0
try:\\n    A["c"] = A["nothing"]\\nexcept KeyError:\\n    t = B
g = g + 1
np.random.seed(g)
total.append(A)
t = total
del s"""

NAMES = "abcdefgh"


class Chance:
    """Makes statements.

    Parameters
    ----------
    seed : int
        What is made depends on it alone.
    templates : str
        What it is made of, a line each.
    """

    def __init__(self, seed: int, templates: str = TEMPLATES) -> None:
        self._random = random.Random(seed)
        self._templates = [x.replace("\\n", "\n") for x in templates.splitlines()]

    def notebook(self, length: int, runs: Callable[[str], set[str] | None]) -> list[str]:
        """Return statements; `runs` tells which names are bound after one, None if it fails."""
        made: list[str] = []
        bound: set[str] = set()
        for _ in range(length * 20):
            if len(made) == length:
                break
            statement = self._statement(sorted(bound & {*NAMES, "total"}))
            after = runs(statement) if statement else None
            if after is not None:
                made.append(statement)
                bound = after
        return made

    def _statement(self, bound: list[str]) -> str:
        words = self._random.choice(self._templates)
        if not bound:
            return words if not set(words) & {"A", "B"} and words.startswith("t = ") else ""
        import re

        names = {
            "A": self._random.choice(bound),
            "B": self._random.choice(bound),
            "t": self._random.choice(NAMES),
            "s": self._random.choice(NAMES),
        }
        return re.sub(r"(?<![\w.])([ABts])(?!\w)(?!xt)", lambda m: names[m[1]], words)


def made_by_chance(
    seed: int, length: int, folder: Path, preamble: str, templates: str
) -> list[CellSource]:
    """Return the cells of a notebook made by chance, all of which ran."""
    main = types.ModuleType("__main__")
    done = [preamble]
    with as_it_was(folder / "made", main), contextlib.redirect_stdout(io.StringIO()):
        exec(preamble, main.__dict__)

        def runs(code: str) -> set[str] | None:
            try:
                with in_time():
                    exec(code, main.__dict__)
            except Exception:  # noqa: BLE001 - chance makes all kinds
                # It may have done a part of its work.
                main.__dict__.clear()
                main.__dict__["__name__"] = "__main__"
                for each in done:
                    exec(each, main.__dict__)
                return None
            done.append(code)
            return set(main.__dict__)

        Chance(seed, templates).notebook(length, runs)
    return [CellSource(code, f"cell [{n}]") for n, code in enumerate(done)]


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """Stop what does not end, as a loop over a list that it fills."""

    def late(number: int, frame: Any) -> None:
        raise RuntimeError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
