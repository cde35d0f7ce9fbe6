"""Small notebooks with the statements that one variable depends on, marked by hand.

The mark in front of a line says what the slice must do with the statement: ``>`` keeps
it, a blank drops it, ``!`` keeps it although it stopped with an error, ``x`` drops it
and it stopped, ``.`` was not reached. ``--`` begins another cell. Where the code alone
cannot tell the smallest set, `larger` says why the set is what it is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One small notebook.

    Parameters
    ----------
    theme, name : str
        What it is about.
    wanted : str
        The variable.
    text : str
        The marked code.
    larger : str
        Why the set is not smaller, where a reader may think that it could be.
    """

    theme: str
    name: str
    wanted: str
    text: str
    larger: str = ""


CASES: list[Case] = []

#: Why a statement stays that did nothing here.
PATH = "It is on the path: on other data it would matter."


def _theme(theme: str, *cases: tuple[str, ...]) -> None:
    for name, wanted, text, *larger in cases:
        CASES.append(Case(theme, name, wanted, text.strip("\n"), " ".join(larger)))


_theme(
    "names",
    (
        "a dead end",
        "c",
        """
> a = 1
  b = 2
> c = a + 1
""",
    ),
    (
        "rebinding makes the old value irrelevant",
        "b",
        """
  a = 1
> a = 2
> b = a
""",
    ),
    (
        "what comes later does not matter",
        "b",
        """
> a = 1
> b = a
  a = 2
  c = b
""",
    ),
    (
        "a swap",
        "a",
        """
> a = 1
> b = 2
> a, b = b, a
""",
        "The statement reads both, though only one of them ends in `a`.",
    ),
    (
        "a chain of assignments",
        "c",
        """
> a = b = [1]
> b.append(2)
> c = a
""",
    ),
    (
        "two targets share one object, of which another name is changed",
        "a",
        """
> a = b = [1]
> b.append(2)
""",
    ),
    (
        "unpacking with a star",
        "rest",
        """
> first, *rest = [1, 2, 3]
  n = first + 1
""",
    ),
    (
        "nested unpacking",
        "b",
        """
> pair = (1, (2, 3))
> a, (b, c) = pair
  d = a + c
""",
    ),
    (
        "the walrus binds",
        "n",
        """
> data = [1, 2, 3]
> if (n := len(data)) > 2:
>     big = True
  m = n
""",
    ),
    (
        "the walrus inside a comprehension binds outside",
        "last",
        """
> found = [last := x for x in range(3)]
  other = len(found)
""",
    ),
    (
        "a loop's variable stays",
        "i",
        """
  i = 10
> for i in range(3):
>     pass
  j = i
""",
    ),
    (
        "a loop that may not turn at all",
        "i",
        """
> n = 2
> i = 10
> for i in range(n):
>     pass
""",
        "What `n` is then is not followed.",
    ),
    (
        "a comprehension's variable does not",
        "i",
        """
> i = 10
  squares = [i * i for i in range(3)]
""",
    ),
    (
        "a comprehension reads what is around it",
        "y",
        """
> n = 3
  i = 7
> y = [n * i for i in range(n)]
""",
    ),
    (
        "del and again",
        "b",
        """
  a = 1
  del a
> a = 2
> b = a
""",
    ),
    (
        "a deleted name had a value before",
        "b",
        """
> a = 1
> b = a
  del a
""",
    ),
    (
        "a shadowed built-in",
        "b",
        """
> len = lambda values: 42
> b = len([1])
""",
    ),
    (
        "a built-in that is no longer shadowed",
        "b",
        """
  list = [1]
  del list
> b = list("ab")
""",
    ),
    (
        "a built-in is shadowed for one needed statement, and free again for another",
        "c",
        """
> sum = 5
> a = sum + 1
> del sum
> b = sum([1, 2])
> c = a + b
""",
    ),
    (
        "an annotation alone binds nothing",
        "a",
        """
> a = 1
  a: int
> a += 1
""",
    ),
)

_theme(
    "cells run again",
    (
        "a cell run twice counts twice",
        "n",
        """
> n = 0
--
> n += 1
--
> n += 1
""",
    ),
    (
        "an edited cell: only its last run binds",
        "b",
        """
  k = 2
--
> a = 5
--
> k = 3
--
> b = a * k
""",
    ),
    (
        "cells out of order",
        "c",
        """
  b = 0
--
> a = 1
--
> b = a + 1
--
  a = 100
--
> c = b
""",
    ),
    (
        "a function edited and run again",
        "y",
        """
  def f(x):
      return x + 1
--
  z = f(1)
--
> def f(x):
>     return x + 2
--
> y = f(1)
""",
    ),
    (
        "imports run again bind the same",
        "y",
        """
  import math
--
> import math
--
> y = math.sqrt(4.0)
""",
    ),
    (
        "a list that a cell run twice fills",
        "seen",
        """
> seen = []
--
> seen.append(len(seen))
  note = "once"
--
> seen.append(len(seen))
  note = "twice"
""",
    ),
    (
        "a cell that stopped early",
        "a",
        """
> a = [1]
--
> a.append(2)
x int("no number")
. a.append(3)
--
  b = a
""",
    ),
    (
        "a statement that stopped halfway had changed something",
        "a",
        """
> a = []
--
! for i in [1, 2, 0, 3]:
!     a.append(6 // i)
--
  b = len(a)
""",
    ),
    (
        "a binding that may not have been reached hides nothing",
        "a",
        """
> a = 1
--
x a = 1 // 0
--
  b = a
""",
    ),
    (
        "a statement that stopped between two bindings",
        "a",
        """
> a = 1
> b = [0]
--
! a = b[5] = 2
--
  c = a
""",
        "Which of its targets it had reached is not told apart.",
    ),
)

_theme(
    "objects that change",
    (
        "a slice that is assigned holds what was in the other list",
        "y",
        """
> inner = [1]
> outer = [[0]]
> outer[0:1] = [inner]
> for each in outer:
>     each.append(2)
  other = [3]
> y = len(inner)
""",
    ),
    (
        "an alias",
        "a",
        """
> a = [1]
> b = a
> b.append(2)
  c = [3]
""",
    ),
    (
        "an alias of an alias, changed through the first",
        "c",
        """
> a = [1]
> b = a
> c = b
> a.append(2)
""",
    ),
    (
        "augmented assignment changes a list in place",
        "b",
        """
> a = [1]
> b = a
> a += [2]
""",
    ),
    (
        "augmented assignment rebinds a number",
        "b",
        """
> a = 1
> b = a
  a += 2
""",
    ),
    (
        "augmented assignment reads the old value",
        "a",
        """
> a = 1
  b = 5
> a += 2
""",
    ),
    (
        "augmented assignment of an item",
        "counts",
        """
> counts = {"a": 1}
> counts["a"] += 2
  n = counts["a"]
""",
    ),
    (
        "augmented assignment of an attribute",
        "total",
        """
> class Box:
>     pass
> box = Box()
> box.total = 1
> box.total += 2
> total = box.total
  box.total += 4
""",
    ),
    (
        "a copy is another list",
        "b",
        """
> a = [1]
> b = a.copy()
  a.append(2)
""",
    ),
    (
        "a slice of a list is another list",
        "b",
        """
> a = [1, 2, 3]
> b = a[:2]
  a.append(4)
""",
    ),
    (
        "list() makes another list",
        "b",
        """
> a = [1, 2]
> b = list(a)
  a.append(3)
""",
    ),
    (
        "a shallow copy shares what is inside",
        "b",
        """
> inner = [1]
> a = [inner]
> b = a.copy()
  a.append(2)
> inner.append(3)
""",
    ),
    (
        "an element is the same object",
        "rows",
        """
> rows = [[1], [2]]
> first = rows[0]
> first.append(3)
  n = len(first)
""",
    ),
    (
        "a container holds what was put in",
        "box",
        """
> inner = [1]
> box = []
> box.append(inner)
> inner.append(2)
""",
    ),
    (
        "appending to a container does not change what is in it",
        "inner",
        """
> inner = [1]
  box = [inner]
  box.append(2)
""",
    ),
    (
        "a dictionary's entries are told apart",
        "x",
        """
> d = {"a": [1], "b": [2]}
> x = d["a"]
  d["b"] = [3]
""",
    ),
    (
        "the same object under two keys",
        "x",
        """
> shared = [1]
> d = {"a": shared, "b": shared}
> x = d["a"]
> d["b"].append(2)
""",
    ),
    (
        "an item overwritten",
        "d",
        """
> d = {}
> d["a"] = 1
> d["a"] = 2
""",
        "The first decides the order of the keys, which is part of the value.",
    ),
    (
        "an item deleted",
        "d",
        """
> d = {"a": 1, "b": 2}
> del d["a"]
  n = len(d)
""",
    ),
    (
        "a view of a dictionary follows it",
        "total",
        """
> d = {"a": 1}
> values = d.values()
> d["b"] = 2
> total = sum(values)
  d["c"] = 4
""",
    ),
    (
        "setdefault gives what it holds",
        "groups",
        """
> groups = {}
> for word in ["ab", "ac", "b"]:
>     groups.setdefault(word[0], []).append(word)
  first = groups["a"]
""",
    ),
    (
        "looking into a defaultdict adds",
        "d",
        """
> from collections import defaultdict
> d = defaultdict(int)
> d["seen"]
""",
    ),
    (
        "a pure method whose result is dropped",
        "s",
        """
> s = "a b"
  s.upper()
  s.split()
""",
    ),
    (
        "a result that is only shown",
        "a",
        """
> a = [1]
  print(a)
  len(a)
  a
""",
    ),
    (
        "showing takes an element out",
        "a",
        """
> a = [1, 2]
> print(a.pop())
""",
    ),
    (
        "two names in a tuple",
        "a",
        """
> a = [1]
> b = [2]
> pair = (a, b)
  pair[1].append(3)
> pair[0].append(4)
""",
    ),
    (
        "deepcopy shares nothing",
        "b",
        """
> import copy
> a = [[1]]
> b = copy.deepcopy(a)
  a[0].append(2)
""",
    ),
)

_theme(
    "control",
    (
        "both branches bind",
        "b",
        """
  b = 0
> a = 1
> if a:
>     b = 2
> else:
>     b = 3
""",
    ),
    (
        "one branch binds",
        "b",
        """
> b = 0
> a = 1
> if a > 5:
>     b = 2
""",
        PATH,
    ),
    (
        "a branch that changes something else",
        "b",
        """
> a = 1
> b = []
  c = []
  if a:
      c.append(1)
> b.append(a)
""",
    ),
    (
        "a loop that fills a list",
        "out",
        """
  noise = 0
> out = []
> for i in range(3):
>     out.append(i)
  total = sum(out)
""",
    ),
    (
        "a name that a loop binds before it reads it",
        "out",
        """
  t = 100
> out = []
> for i in range(3):
>     t = i * 2
>     out.append(t)
""",
    ),
    (
        "a name that a loop reads before it binds it",
        "out",
        """
> t = 100
> out = []
> for i in range(3):
>     out.append(t)
>     t = i
""",
    ),
    (
        "for and else, with a break that skips it",
        "found",
        """
> found = "before"
> for x in [1, 2, 3]:
>     if x == 2:
>         break
> else:
>     found = None
""",
        PATH,
    ),
    (
        "for and else without a break always binds",
        "found",
        """
  found = "before"
> for x in [1, 2, 3]:
>     pass
> else:
>     found = x
""",
    ),
    (
        "while and else",
        "n",
        """
> n = 3
> while n > 0:
>     n -= 1
> else:
>     n = 10 + n
""",
    ),
    (
        "continue skips a binding",
        "last",
        """
> last = 0
> for x in [1, -1]:
>     if x < 0:
>         continue
>     last = x
""",
        PATH,
    ),
    (
        "while True is left by its break only",
        "n",
        """
  n = -1
> items = [1, 2]
> while True:
>     n = items.pop()
>     if n == 1:
>         break
""",
    ),
    (
        "try binds, or its handler does",
        "n",
        """
  n = 0
> text = "12"
> try:
>     n = int(text)
> except ValueError:
>     n = -1
""",
    ),
    (
        "a handler that binds nothing",
        "n",
        """
> n = 0
> try:
>     n = int("x")
> except ValueError:
>     pass
""",
        PATH,
    ),
    (
        "else of a try",
        "n",
        """
  n = 5
> try:
>     m = int("3")
> except ValueError:
>     n = 0
> else:
>     n = m
""",
    ),
    (
        "finally binds in any case",
        "n",
        """
  n = 5
> try:
>     m = int("x")
> except ValueError:
>     m = 0
> finally:
>     n = 9
""",
    ),
    (
        "finally after a return",
        "n",
        """
  n = 0
> def f():
>     global n
>     try:
>         return 1
>     finally:
>         n = 5
> f()
""",
    ),
    (
        "finally after a break",
        "n",
        """
  n = 0
> for x in [1, 2]:
>     try:
>         break
>     finally:
>         n = x
""",
    ),
    (
        "an error that passes an inner try",
        "n",
        """
> n = 1
> try:
>     try:
>         n = 2
>         int("x")
>     finally:
>         pass
> except ValueError:
>     pass
""",
        PATH,
    ),
    (
        "a function that binds a global and then raises",
        "n",
        """
> n = 1
> def f(x):
>     global n
>     if x:
>         n = 2
>         raise ValueError
> try:
>     f(True)
> except ValueError:
>     pass
""",
        PATH,
    ),
    (
        "a context manager of one's own",
        "log",
        """
> log = []
> class Noted:
>     def __enter__(self):
>         return self
>     def __exit__(self, *error):
>         log.append("left")
> with Noted():
>     x = 1
""",
    ),
    (
        "a context manager made of a generator",
        "n",
        """
> import contextlib
> log = []
> @contextlib.contextmanager
> def noted():
>     log.append("entered")
>     yield log
> with noted() as seen:
>     pass
> n = len(seen)
""",
    ),
    (
        "the name of an error is gone after its handler",
        "n",
        """
  e = 3
> n = 0
> try:
>     int("x")
> except ValueError as e:
>     n = len(str(e))
""",
        PATH,
    ),
    (
        "match with a case for the rest",
        "kind",
        """
  kind = "none"
> point = (0, 5)
> match point:
>     case (0, y):
>         kind = f"on the axis at {y}"
>     case _:
>         kind = "elsewhere"
""",
    ),
    (
        "match that may take no case",
        "kind",
        """
> kind = "none"
> point = [3]
> match point:
>     case [1]:
>         kind = "one"
""",
        PATH,
    ),
    (
        "with binds, and what it binds is new",
        "name",
        """
  with open("a.txt", "w") as f:
      pass
> with open("b.txt", "w") as f:
>     name = f.name
""",
    ),
    (
        "a context manager that may swallow an error",
        "n",
        """
> import contextlib
> n = 1
> with contextlib.suppress(ZeroDivisionError):
>     n = 1 // 0
""",
        PATH,
    ),
    (
        "a condition's own effect",
        "seen",
        """
> seen = []
> if seen.append(1) is None:
>     x = 1
""",
    ),
    (
        "and, or: what may not have run",
        "a",
        """
> a = []
> flag = False
> flag and a.append(1)
""",
        PATH,
    ),
    (
        "a definition under a condition",
        "y",
        """
> fast = True
> if fast:
>     def f(x):
>         return x * 2
> else:
>     def f(x):
>         return x + x
> y = f(3)
""",
    ),
    (
        "an assertion that held",
        "a",
        """
> a = 1
  assert a == 1
> a = a + 1
""",
    ),
)

_theme(
    "functions",
    (
        "a function and its global as it is when called",
        "b",
        """
  k = 2
> def f(x):
>     return x * k
> k = 3
> b = f(1)
  k = 4
""",
    ),
    (
        "a function itself has its globals",
        "f",
        """
  k = 2
> def f(x):
>     return x * k
> k = 3
""",
        "Its value is the same without the global, but it could not be called.",
    ),
    (
        "a function that reads its argument only",
        "a",
        """
> a = [1]
  def size(x):
      return len(x)
  n = size(a)
""",
    ),
    (
        "a function that changes its argument",
        "a",
        """
> def fill(x):
>     x.append(1)
> a = []
> fill(a)
""",
    ),
    (
        "a function that changes a copy of its argument",
        "a",
        """
  def filled(x):
      y = x.copy()
      y.append(1)
      return y
> a = []
  b = filled(a)
""",
    ),
    (
        "a function that gives back its argument",
        "a",
        """
> def same(x):
>     return x
> a = []
> b = same(a)
> b.append(1)
""",
    ),
    (
        "a function that changes a global object",
        "log",
        """
> log = []
> def note(x):
>     log.append(x)
> note(1)
  y = 2
""",
    ),
    (
        "global",
        "n",
        """
  n = 0
> def reset():
>     global n
>     n = 5
> reset()
""",
    ),
    (
        "global that reads first",
        "n",
        """
> n = 0
> def count():
>     global n
>     n += 1
> count()
> count()
""",
    ),
    (
        "a closure keeps the variables around it",
        "y",
        """
  n = 100
> def adder(n):
>     def add(x):
>         return x + n
>     return add
> add5 = adder(5)
> y = add5(1)
""",
    ),
    (
        "nonlocal: every call counts",
        "y",
        """
> def counter():
>     n = 0
>     def step():
>         nonlocal n
>         n += 1
>         return n
>     return step
> step = counter()
> step()
> step()
> y = step()
  z = step()
""",
    ),
    (
        "two closures do not share",
        "y",
        """
> def collector():
>     items = []
>     def add(x):
>         items.append(x)
>         return list(items)
>     return add
> a = collector()
  b = collector()
> a(1)
  b(2)
> y = a(3)
""",
    ),
    (
        "a lambda's default is taken where it is made",
        "y",
        """
> k = 1
> f = lambda x, k=k: x + k
  k = 100
> y = f(1)
""",
    ),
    (
        "a lambda's global is taken where it is called",
        "y",
        """
  k = 1
> f = lambda x: x + k
> k = 100
> y = f(1)
""",
    ),
    (
        "a default that is one list for all calls",
        "y",
        """
> def add(x, seen=[]):
>     seen.append(x)
>     return list(seen)
> add(1)
> y = add(2)
  add(3)
""",
    ),
    (
        "recursion",
        "y",
        """
> base = 1
  other = 2
> def factorial(n):
>     return base if n == 0 else n * factorial(n - 1)
> y = factorial(4)
""",
    ),
    (
        "functions that call each other",
        "y",
        """
> def even(n):
>     return True if n == 0 else odd(n - 1)
> def odd(n):
>     return False if n == 0 else even(n - 1)
  def unused(n):
      return even(n)
> y = even(4)
""",
    ),
    (
        "a decorator",
        "y",
        """
> calls = []
> def noted(f):
>     def inner(*args):
>         calls.append(args)
>         return f(*args) + len(calls)
>     return inner
> @noted
> def double(x):
>     return 2 * x
> double(1)
> y = double(2)
""",
    ),
    (
        "a decorator that is not used",
        "y",
        """
  def noted(f):
      return f
> def double(x):
>     return 2 * x
> y = double(2)
""",
    ),
    (
        "what was cached is not computed again",
        "y",
        """
> import functools
> k = 1
> @functools.lru_cache(maxsize=None)
> def f(x):
>     return x + k
> f(1)
> k = 100
> y = f(1)
""",
        "Which arguments are in the cache is not followed: the call that fills it is needed,",
        "and so is what the function would read if it ran again.",
    ),
    (
        "partial holds its arguments",
        "y",
        """
> from functools import partial
> def fill(target, x):
>     target.append(x)
> a = []
> put = partial(fill, a)
> put(1)
> y = list(a)
  put(2)
""",
    ),
    (
        "reduce calls a function",
        "y",
        """
> from functools import reduce
> k = 10
> y = reduce(lambda a, b: a + b * k, [1, 2, 3])
  k = 20
""",
    ),
    (
        "sorted calls its key",
        "y",
        """
> weights = {"a": 2, "b": 1}
  other = {"a": 0}
> y = sorted(["a", "b"], key=lambda name: weights[name])
  weights["a"] = 0
""",
    ),
    (
        "a key that counts its calls",
        "calls",
        """
> calls = []
> def key(x):
>     calls.append(x)
>     return -x
> ordered = sorted([1, 2], key=key)
""",
    ),
    (
        "a function given to another",
        "y",
        """
> def twice(f, x):
>     return f(f(x))
> step = 3
> y = twice(lambda x: x + step, 1)
""",
    ),
    (
        "keyword arguments gathered",
        "y",
        """
> def last(**words):
>     return words["items"]
> items = [1]
> y = last(items=items)
> items.append(2)
""",
    ),
    (
        "a coroutine that is run",
        "y",
        """
> import asyncio
> k = 2
> async def source():
>     for i in range(3):
>         yield i
> async def gather():
>     return [i * k async for i in source()]
> y = asyncio.run(gather())
  k = 3
""",
    ),
)

_theme(
    "generators and iterators",
    (
        "a copy of an iterator shares what it goes through",
        "y",
        """
> import copy
> b = map(str, iter([1, 2, 3]))
> d = copy.copy(b)
> f = next(b)
  e = [1]
> y = list(d)
""",
    ),
    (
        "an array of an iterator holds it",
        "y",
        """
> import numpy as np
> a = iter([1, 2, 3])
> b = np.array(a)
> d = next(a)
  e = [1]
> y = list(b[()])
""",
    ),
    (
        "reduce uses a generator up",
        "y",
        """
> from functools import reduce
> seen = []
> def take(xs):
>     for x in xs:
>         seen.append(x)
>         yield x
> g = take([1, 2, 3])
> total = reduce(max, g)
  other = sum([1])
> y = len(seen)
""",
    ),
    (
        "a generator reads when it is asked",
        "y",
        """
  k = 1
> def gen():
>     for i in range(3):
>         yield i * k
> g = gen()
> k = 10
> y = list(g)
""",
    ),
    (
        "a generator expression too, but not its first source",
        "y",
        """
  k = 1
> xs = [1, 2]
> g = (x * k for x in xs)
> k = 10
  xs = [5]
> y = list(g)
""",
    ),
    (
        "who asked before used up elements",
        "y",
        """
> g = iter([1, 2, 3])
> next(g)
> y = next(g)
  next(g)
""",
    ),
    (
        "a generator that somebody used up",
        "rest",
        """
> g = (x for x in [1, 2, 3])
> first = next(g)
  n = first + 1
> rest = list(g)
""",
    ),
    (
        "a loop that is left has used up a part",
        "rest",
        """
> it = iter(range(5))
> for x in it:
>     if x == 2:
>         break
> rest = list(it)
""",
    ),
    (
        "`in` uses up an iterator",
        "rest",
        """
> it = iter([1, 2, 3])
> 2 in it
> rest = list(it)
""",
    ),
    (
        "looking at a list uses up nothing",
        "rest",
        """
> items = [1, 2, 3]
  2 in items
  total = sum(items)
> rest = list(items)
""",
    ),
    (
        "map is lazy",
        "y",
        """
  k = 1
> m = map(lambda x: x + k, [1, 2])
> k = 5
> y = list(m)
""",
    ),
    (
        "zip follows its lists",
        "y",
        """
> a = [1]
> b = [3, 4]
> pairs = zip(a, b)
> a.append(2)
> y = list(pairs)
  a.append(3)
""",
    ),
    (
        "zip gives the very objects",
        "rows",
        """
> rows = [[1], [2]]
> extra = [3, 4]
> for row, x in zip(rows, extra):
>     row.append(x)
""",
    ),
    (
        "itertools is lazy",
        "y",
        """
> import itertools
> count = itertools.count()
> next(count)
> y = list(itertools.islice(count, 2))
  next(count)
""",
    ),
    (
        "chain uses up what it was given",
        "y",
        """
> import itertools
> a = iter([1, 2])
> both = itertools.chain(a, [3])
> next(both)
> y = list(a)
""",
    ),
    (
        "printing a generator uses up nothing, printing its elements does",
        "y",
        """
> g = (x for x in [1, 2, 3])
  print(g)
> print(*g)
> y = list(g)
""",
    ),
    (
        "a generator's effect happens when it runs",
        "log",
        """
> log = []
> g = (log.append(x) for x in [1, 2])
  n = 0
> for _ in g:
>     pass
""",
    ),
    (
        "a generator nobody ran did nothing",
        "log",
        """
> log = []
  g = (log.append(x) for x in [1, 2])
""",
    ),
)

_theme(
    "classes",
    (
        "what an operator gives is an object that changes",
        "y",
        """
> class Purse:
>     def __init__(self, n):
>         self.n = n
>     def __add__(self, other):
>         return Purse(self.n + other.n)
>     def spend(self):
>         self.n -= 1
> a = Purse(1)
> b = Purse(2)
> c = a + b
> c.spend()
  b.spend()
> y = c.n
""",
    ),
    (
        "an operator may give its operand, and elements be asked for by number",
        "y",
        """
> class Dial:
>     def __init__(self):
>         self.at = 0
>     def __getitem__(self, k):
>         self.at += 1
>         if k > 2:
>             raise IndexError
>         return k
>     def __neg__(self):
>         return self
> d = Dial()
> e = -d
> turns = [x for x in e]
  total = 3
> y = d.at
""",
    ),
    (
        "operators that change their operands",
        "y",
        """
> class Bag:
>     def __init__(self, items):
>         self.items = items
>     def __iter__(self):
>         return iter(self.items)
>     def __iadd__(self, item):
>         self.items.append(item)
>         return self
>     def __eq__(self, other):
>         self.items.append("compared")
>         return True
> bag = Bag([1])
> other = Bag([2])
> bag += 3
> other += 4
> bag == other
  same = True
> y = list(bag)
""",
        "What is compared with may decide what the comparison does.",
    ),
    (
        "a class, its instance, an attribute",
        "c",
        """
> class C:
>     pass
> c = C()
> c.x = 1
  d = 2
""",
    ),
    (
        "an attribute of its own",
        "x",
        """
> class C:
>     pass
> c = C()
> c.x = [1]
  c.y = 2
> x = c.x
> c.x.append(3)
""",
    ),
    (
        "a class body reads at once",
        "y",
        """
> k = 1
> class C:
>     value = k
  k = 2
> y = C.value
""",
    ),
    (
        "a method reads later",
        "y",
        """
  k = 1
> class C:
>     def get(self):
>         return k
> k = 2
> y = C().get()
""",
    ),
    (
        "a method that changes its object",
        "c",
        """
> class C:
>     def __init__(self):
>         self.n = 0
>     def step(self):
>         self.n += 1
>     def show(self):
>         return self.n
> c = C()
> c.step()
  c.show()
""",
    ),
    (
        "an attribute of the class",
        "y",
        """
> class C:
>     rate = 1
> c = C()
> C.rate = 5
> y = c.rate
  C.rate = 6
""",
    ),
    (
        "an inherited method",
        "y",
        """
> class Base:
>     def get(self):
>         return self.n + 1
  class Other:
      pass
> class Derived(Base):
>     def __init__(self, n):
>         self.n = n
> y = Derived(1).get()
""",
    ),
    (
        "super",
        "y",
        """
> log = []
> class Base:
>     def __init__(self):
>         log.append("made")
> class Derived(Base):
>     def __init__(self):
>         super().__init__()
>         self.n = 1
> d = Derived()
> y = list(log)
""",
    ),
    (
        "a property that changes",
        "y",
        """
> class C:
>     def __init__(self):
>         self.seen = 0
>     @property
>     def value(self):
>         self.seen += 1
>         return self.seen
> c = C()
> c.value
> y = c.value
""",
    ),
    (
        "a property that only reads",
        "c",
        """
> class C:
>     def __init__(self):
>         self.n = 3
>     @property
>     def double(self):
>         return self.n * 2
> c = C()
  d = c.double
""",
    ),
    (
        "a property's setter",
        "log",
        """
> log = []
> class C:
>     @property
>     def n(self):
>         return 1
>     @n.setter
>     def n(self, value):
>         log.append(value)
> c = C()
> c.n = 5
""",
    ),
    (
        "__setattr__",
        "log",
        """
> log = []
> class C:
>     def __setattr__(self, name, value):
>         log.append(name)
> c = C()
> c.anything = 1
""",
    ),
    (
        "__getattr__",
        "log",
        """
> log = []
> class C:
>     def __getattr__(self, name):
>         log.append(name)
>         return 1
> c = C()
> c.anything
""",
    ),
    (
        "__getitem__ that remembers",
        "y",
        """
> class Store:
>     def __init__(self):
>         self.asked = []
>     def __getitem__(self, key):
>         self.asked.append(key)
>         return key
> s = Store()
> s["a"]
> y = len(s.asked)
""",
    ),
    (
        "an operator that changes its operand",
        "a",
        """
> class Bag:
>     def __init__(self):
>         self.items = []
>     def __lshift__(self, item):
>         self.items.append(item)
>         return self
> a = Bag()
> a << 1
  n = len(a.items)
""",
    ),
    (
        "an operator that does not",
        "a",
        """
> class Money:
>     def __init__(self, n):
>         self.n = n
>     def __add__(self, other):
>         return Money(self.n + other.n)
> a = Money(1)
  b = a + a
""",
    ),
    (
        "__str__ that counts, in an f-string",
        "c",
        """
> class C:
>     def __init__(self):
>         self.shown = 0
>     def __str__(self):
>         self.shown += 1
>         return "C"
> c = C()
> text = f"{c}"
""",
    ),
    (
        "__iter__ over what it holds",
        "y",
        """
> class Rows:
>     def __init__(self, rows):
>         self.rows = rows
>     def __iter__(self):
>         return iter(self.rows)
> rows = [1, 2]
> r = Rows(rows)
> rows.append(3)
> y = [x for x in r]
""",
    ),
    (
        "a class that keeps its instances",
        "n",
        """
> class C:
>     made = []
>     def __init__(self):
>         C.made.append(self)
> a = C()
> b = C()
> n = len(C.made)
""",
    ),
    (
        "a method replaced",
        "y",
        """
> class C:
>     def get(self):
>         return 1
> c = C()
> C.get = lambda self: 2
> y = c.get()
""",
    ),
    (
        "a static method and a class method",
        "y",
        """
> class C:
>     rate = 2
>     @staticmethod
>     def one():
>         return 1
>     @classmethod
>     def scaled(cls, x):
>         return cls.rate * x
> y = C.scaled(C.one())
""",
    ),
    (
        "a data class",
        "y",
        """
> from dataclasses import dataclass
> @dataclass
> class P:
>     items: list
> items = [1]
> p = P(items)
> items.append(2)
> y = list(p.items)
""",
    ),
    (
        "a call of an object",
        "y",
        """
> class Counter:
>     def __init__(self):
>         self.n = 0
>     def __call__(self):
>         self.n += 1
>         return self.n
> c = Counter()
> c()
> y = c()
""",
    ),
    (
        "the hook for subclasses",
        "names",
        """
> names = []
> class Base:
>     def __init_subclass__(cls):
>         names.append(cls.__name__)
> class A(Base):
>     pass
""",
    ),
)

_theme(
    "code about code",
    (
        "globals with a key",
        "b",
        """
> a = 1
> globals()["b"] = a + 1
  c = 3
""",
    ),
    (
        "globals read with a key",
        "b",
        """
> a = 1
  c = 2
> b = globals()["a"]
""",
    ),
    (
        "globals with a computed key may bind anything",
        "b",
        """
> a = 1
> b = 2
> name = "a"
> globals()[name.upper().lower()] = 5
""",
        "The key is known only when it runs, and it could have been `b`; the statement reads",
        "the whole namespace, as a value may be looked up in it.",
    ),
    (
        "vars of an object",
        "c",
        """
> class C:
>     pass
> c = C()
> vars(c)["x"] = 1
""",
    ),
    (
        "setattr and getattr",
        "y",
        """
> class C:
>     pass
> c = C()
> setattr(c, "x", 1)
  setattr(c, "y", 2)
> y = getattr(c, "x")
""",
    ),
    (
        "exec of a text in the code",
        "b",
        """
> a = 1
  z = 5
> exec("b = a + 1")
""",
    ),
    (
        "exec of a text that a variable holds",
        "b",
        """
> a = 1
> code = "b = a + 1"
> exec(code)
  c = 2
""",
    ),
    (
        "exec of a text made while running",
        "b",
        """
> a = 1
> z = 5
> exec("b" + str(len("x")) + " = a + 1")
> b = b1
""",
        "What the text is cannot be told from the code: it may read and bind everything.",
    ),
    (
        "eval of a text in the code",
        "b",
        """
> a = 1
  z = 5
> b = eval("a + 1")
""",
    ),
    (
        "a name in an f-string",
        "text",
        """
> n = 3
  m = 4
> text = f"{n:>{2 + n}}"
""",
    ),
    (
        "locals at the top are the globals",
        "b",
        """
> a = 1
> b = locals()["a"]
  c = 2
""",
    ),
    (
        "the notebook as a module",
        "b",
        """
> import sys
> a = [1]
  c = 2
> sys.modules["__main__"].a.append(2)
> b = a
""",
    ),
    (
        "a variable set through the notebook's module",
        "b",
        """
> import __main__
  b = 0
> __main__.b = 3
  c = b
""",
    ),
    (
        "a variable through the running frame",
        "a",
        """
> import inspect
> a = [1]
> inspect.currentframe().f_globals["a"].append(2)
  b = 3
""",
    ),
    (
        "deleting through globals",
        "b",
        """
  a = 1
  del globals()["a"]
> a = 2
> b = a
""",
    ),
)

_theme(
    "imports and libraries",
    (
        "only the import that is used",
        "y",
        """
> import math
  import json
> y = math.sqrt(4.0)
""",
    ),
    (
        "an import from",
        "y",
        """
> from math import sqrt, floor
  from json import dumps
> y = floor(sqrt(5.0))
""",
    ),
    (
        "importing a submodule makes it an attribute",
        "y",
        """
  import xml
> import xml.dom.minidom
> y = xml.dom.minidom.parseString("<a/>").documentElement.tagName
""",
    ),
    (
        "a submodule imported under another name first",
        "y",
        """
> import xml.dom.minidom as md
> import xml
> y = xml.dom.minidom.parseString("<a/>").documentElement.tagName
""",
        "It would do without the first only where something else has imported the module.",
    ),
    (
        "a star import may bind any name",
        "y",
        """
> from math import *
  k = 2
> y = sqrt(4.0)
""",
    ),
    (
        "a star import may rebind a name",
        "y",
        """
> pi = 3
> from math import *
> y = pi
""",
        "What a module exports is not looked up, so the name may still be the notebook's own.",
    ),
    (
        "a name bound after a star import is the notebook's own",
        "y",
        """
  from math import *
> pi = 3
> y = pi
""",
    ),
    (
        "a function of a library replaced",
        "y",
        """
> import statistics
> statistics.mean = lambda values: 42
> y = statistics.mean([1, 2])
""",
    ),
    (
        "a function of a library replaced for everybody",
        "y",
        """
> import statistics
> import math
> math.sqrt = lambda x: 7.0
> y = statistics.stdev([1.0, 2.0, 4.0])
""",
        "Whether the library calls what was replaced cannot be told: whoever uses one needs it.",
    ),
    (
        "a function of a library replaced, and nothing of a library used",
        "y",
        """
  import math
  math.sqrt = lambda x: 7.0
> y = 1 + 2
""",
    ),
    (
        "an environment variable",
        "y",
        """
> import os
> os.environ["NOTEWRIGHT_TEST_RATE"] = "5"
  os.getcwd()
> y = os.environ["NOTEWRIGHT_TEST_RATE"]
""",
    ),
    (
        "warnings are only shown",
        "y",
        """
  import warnings
  warnings.filterwarnings("ignore")
> y = 3
""",
    ),
    (
        "an import that failed and its replacement",
        "y",
        """
> try:
>     import a_module_that_is_not_there as helper
> except ImportError:
>     helper = None
> y = helper is None
""",
    ),
    (
        "a setting matters to who computes",
        "y",
        """
> import decimal
> decimal.getcontext().prec = 5
> y = str(decimal.Decimal(1) / decimal.Decimal(3))
""",
    ),
    (
        "a setting does not matter to a number",
        "y",
        """
  import numpy as np
  np.seterr(divide="ignore")
> y = 3
""",
    ),
    (
        "magics and shell lines are no statements",
        "y",
        """
  # %matplotlib inline
  # !ls
> y = 3
  # %timeit y
""",
    ),
)

_theme(
    "files",
    (
        "arrays saved and loaded",
        "a",
        """
> import numpy as np
> np.save("a.npy", np.arange(3))
  np.save("b.npy", np.arange(4))
> a = np.load("a.npy")
""",
    ),
    (
        "pickled and read back",
        "back",
        """
> import pickle
> data = [1]
> with open("p.pkl", "wb") as f:
>     pickle.dump(data, f)
  data = [2]
> with open("p.pkl", "rb") as f:
>     back = pickle.load(f)
""",
    ),
    (
        "a file that was removed",
        "there",
        """
> import os
> open("t.txt", "w").close()
> os.remove("t.txt")
> there = os.path.exists("t.txt")
""",
        "That it was never there otherwise cannot be told.",
    ),
    (
        "printed into a file",
        "text",
        """
> f = open("t.txt", "w")
> print("one", file=f)
> f.close()
  print("two")
> text = open("t.txt").read()
""",
    ),
    (
        "a database",
        "rows",
        """
> import sqlite3
> con = sqlite3.connect(":memory:")
> con.execute("create table t (x)")
> con.execute("insert into t values (1)")
  other = 5
> rows = con.execute("select x from t").fetchall()
""",
    ),
    (
        "written and read back",
        "text",
        """
> with open("t.txt", "w") as f:
>     f.write("one")
  other = 5
> with open("t.txt") as f:
>     text = f.read()
""",
    ),
    (
        "another file",
        "text",
        """
> with open("t.txt", "w") as f:
>     f.write("one")
  with open("u.txt", "w") as f:
      f.write("two")
> text = open("t.txt").read()
""",
    ),
    (
        "a file that a variable names",
        "text",
        """
> path = "t.txt"
> f = open(path, "w")
> f.write("one")
> f.close()
> text = open("t.txt").read()
""",
    ),
    (
        "a path object",
        "text",
        """
> from pathlib import Path
> path = Path("t.txt")
> path.write_text("one")
  Path("u.txt").write_text("two")
> text = path.read_text()
""",
    ),
    (
        "a table written and read back",
        "back",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2]})
> d.to_csv("d.csv", index=False)
  d.to_csv("e.csv", index=False)
> back = pd.read_csv("d.csv")
""",
    ),
    (
        "who reads an open file moves on in it",
        "second",
        """
> with open("t.txt", "w") as f:
>     f.write("a\\nb\\n")
> f = open("t.txt")
> f.readline()
> second = f.readline()
  f.close()
""",
    ),
)

_theme(
    "pandas",
    (
        "functions that a table is piped through",
        "y",
        """
> import pandas as pd
> cap = 2
  other = 3
> def clipped(table, most):
>     return table.clip(upper=most)
  def halved(table):
      return table / 2
> def doubled(table):
>     return table * cap
> df = pd.DataFrame({"a": [1, 2, 3]}).pipe(clipped, most=2).pipe(doubled)
  unused = df.pipe(halved)
> part = df[["a"]].fillna(0).rename(columns=str).astype(float)
> y = part["a"].sum()
""",
    ),
    (
        "a column written to",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2]})
> c = d["x"]
> c.iloc[0] = 5
  n = c.sum()
""",
        "Before pandas 3 a column was a view of its table.",
    ),
    (
        "map with a dictionary",
        "y",
        """
> import pandas as pd
> d = pd.DataFrame({"x": ["a", "b"]})
> names = {"a": 1, "b": 2}
> y = d["x"].map(names)
  names["a"] = 3
""",
    ),
    (
        "two tables joined",
        "c",
        """
> import pandas as pd
> a = pd.DataFrame({"k": [1, 2], "x": [3, 4]})
> b = pd.DataFrame({"k": [1, 2], "y": [5, 6]})
> c = a.merge(b, on="k")
  b["z"] = 1
""",
    ),
    (
        "a query names a variable in its text",
        "y",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2, 3]})
> k = 1
  j = 2
> y = d.query("x > @k")
  k = 5
""",
    ),
    (
        "eval names variables in its text",
        "y",
        """
> import pandas as pd
> a = pd.Series([1, 2])
> b = pd.Series([3, 4])
  c = pd.Series([5, 6])
> y = pd.eval("a + b")
""",
    ),
    (
        "inplace",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1.0, None]})
> d.dropna(inplace=True)
  d.head()
""",
    ),
    (
        "a method whose result is dropped",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1.0, None]})
  d.dropna()
""",
    ),
    (
        "a step that changed nothing on these data",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1.0, 2.0]})
> d = d.dropna()
> d["x"] = d["x"].clip(0, 10)
""",
        PATH,
    ),
    (
        "a column added to a table",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2]})
> d["y"] = d["x"] * 2
  n = d["y"].sum()
""",
    ),
    (
        "a column taken before others are added",
        "x",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2]})
> x = d["x"]
  d["y"] = 3
""",
    ),
    (
        "a column that was replaced after it was taken",
        "x",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2]})
> x = d["x"]
> d["x"] = 0
""",
        "Of an array of records it would be the same memory; that it is a table is not known.",
    ),
    (
        "loc writes into the table",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, -1]})
> d.loc[d["x"] < 0, "x"] = 0
  d.loc[0]
""",
    ),
    (
        "iloc and at",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, -1]})
> d.iloc[0, 0] = 5
> d.at[1, "x"] = 6
""",
    ),
    (
        "values may be the table's own memory",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1.0, 2.0]})
> v = d.values
> v.flags.writeable = True
> v[0, 0] = 9.0
""",
    ),
    (
        "chosen columns are a copy",
        "X",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2], "y": [3, 4]})
> X = d[["x"]]
  d["p"] = 0
""",
    ),
    (
        "chosen rows are a copy",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2]})
  part = d[d["x"] > 1]
  part = part.assign(y=1)
""",
    ),
    (
        "a new index",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2]})
> d.columns = ["z"]
  d.columns
""",
    ),
    (
        "a column taken out",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2], "y": [3, 4]})
> y = d.pop("y")
  y = y + 1
""",
    ),
    (
        "what was taken out",
        "y",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2], "y": [3, 4]})
> y = d.pop("y")
  d["z"] = 1
""",
    ),
    (
        "a table by groups",
        "means",
        """
> import pandas as pd
> d = pd.DataFrame({"k": ["a", "b"], "x": [1.0, 2.0]})
> means = d.groupby("k")["x"].mean()
  d["y"] = 1
""",
    ),
    (
        "apply calls a function that reads a global",
        "y",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2]})
> k = 2
  j = 3
> y = d["x"].apply(lambda x: x * k)
""",
    ),
    (
        "apply calls a function that writes",
        "seen",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1, 2]})
> seen = []
> d["x"].apply(lambda x: seen.append(x))
""",
    ),
    (
        "a helper that cleans a table",
        "d",
        """
> import pandas as pd
> def clean(t):
>     t = t.dropna()
>     return t.rename(columns={"x": "z"})
  def show(t):
      print(t.describe())
> d = pd.DataFrame({"x": [1.0, None]})
  show(d)
> d = clean(d)
""",
    ),
    (
        "options for display do not matter to a table",
        "d",
        """
> import pandas as pd
  pd.set_option("display.max_columns", 50)
  pd.options.display.max_rows = 10
> d = pd.DataFrame({"x": [1, 2]})
""",
    ),
    (
        "options for display matter to its text",
        "text",
        """
> import pandas as pd
> pd.set_option("display.precision", 2)
> d = pd.DataFrame({"x": [1.23456, 2.0]})
> text = str(d)
""",
    ),
    (
        "a loop over columns",
        "d",
        """
> import pandas as pd
> d = pd.DataFrame({"x": [1.0, None], "y": [None, 2.0]})
> for c in d.columns:
>     d[c] = d[c].fillna(0.0)
  d.info()
""",
    ),
)

_theme(
    "numpy",
    (
        "an array of objects refers to them",
        "y",
        """
> import numpy as np
> a = [1]
> d = {"k": a}
  numbers = [1, 2]
> f = np.array([d, None])
> f = f[::-1]
> a.append(2)
  numbers.append(3)
  g = np.array(numbers)
> y = len(f[1]["k"])
""",
    ),
    (
        "a view",
        "a",
        """
> import numpy as np
> a = np.zeros(4)
> v = a[1:3]
> v[0] = 5
  b = a + 1
""",
    ),
    (
        "a view of a view, by other means",
        "a",
        """
> import numpy as np
> a = np.zeros(4)
> v = a.reshape(2, 2).T
> v[0, 1] = 5
""",
    ),
    (
        "asarray gives the same memory",
        "a",
        """
> import numpy as np
> a = np.zeros(3)
> b = np.asarray(a)
> b[0] = 1
""",
    ),
    (
        "array gives a copy",
        "a",
        """
> import numpy as np
> a = np.zeros(3)
  b = np.array(a)
  b[0] = 1
""",
    ),
    (
        "a choice of elements is a copy",
        "a",
        """
> import numpy as np
> a = np.arange(4)
  b = a[[0, 1]]
  b[0] = 9
""",
    ),
    (
        "arithmetic gives something new",
        "a",
        """
> import numpy as np
> a = np.zeros(3)
  b = a + 1
  b[0] = 9
""",
    ),
    (
        "out=",
        "out",
        """
> import numpy as np
> out = np.zeros(3)
> np.add([1, 2, 3], 1, out=out)
""",
    ),
    (
        "at",
        "a",
        """
> import numpy as np
> a = np.zeros(3)
> np.add.at(a, [0, 0], 1)
""",
    ),
    (
        "fill_diagonal",
        "a",
        """
> import numpy as np
> a = np.zeros((2, 2))
> np.fill_diagonal(a, 7)
  np.diag(a)
""",
    ),
    (
        "sorting in place, and not",
        "a",
        """
> import numpy as np
> a = np.array([3, 1, 2])
> a.sort()
  np.sort(a)
""",
    ),
    (
        "a table made of an array may share its memory",
        "d",
        """
> import numpy as np
> import pandas as pd
> a = np.zeros((2, 1))
> d = pd.DataFrame(a, columns=["x"], copy=False)
> a[0, 0] = 5
""",
    ),
)

_theme(
    "random numbers",
    (
        "an array of a generator draws from it",
        "y",
        """
> import numpy as np
> h = np.random.default_rng(0)
> f = np.array(h)
> d = h.normal()
  e = np.random.default_rng(1).normal()
> y = f[()].normal()
""",
    ),
    (
        "a generator that is handed over is drawn from",
        "y",
        """
> import numpy as np
> import pandas as pd
> d = pd.DataFrame({"x": range(20)})
> rng = np.random.RandomState(0)
> d.sample(3, random_state=rng)
> y = d.sample(3, random_state=rng)
""",
    ),
    (
        "an estimator draws from the generator it was handed",
        "y",
        """
> import numpy as np
> from sklearn.cluster import KMeans
> rng = np.random.RandomState(0)
> X = np.arange(20.0).reshape(10, 2)
> KMeans(n_clusters=2, n_init=1, random_state=rng).fit(X)
> y = rng.rand()
""",
    ),
    (
        "shuffle of a library that gives a copy",
        "X",
        """
  from sklearn.utils import shuffle
> X = [1, 2, 3, 4]
  Z = shuffle(X, random_state=0)
""",
    ),
    (
        "a seed, and what was drawn between",
        "y",
        """
> import numpy as np
> np.random.seed(0)
> x = np.random.rand()
> y = np.random.rand()
  z = np.random.rand()
""",
    ),
    (
        "a seed nobody draws from",
        "y",
        """
> import numpy as np
  np.random.seed(0)
> y = np.zeros(3)
""",
    ),
    (
        "a later seed makes the earlier one irrelevant",
        "y",
        """
> import numpy as np
  np.random.seed(0)
  x = np.random.rand()
> np.random.seed(1)
> y = np.random.rand()
""",
    ),
    (
        "the seeds of two libraries",
        "y",
        """
> import random
  import numpy as np
> random.seed(1)
  np.random.seed(1)
> y = random.random()
""",
    ),
    (
        "a dead statement that draws",
        "y",
        """
> import random
> random.seed(3)
> random.shuffle([1, 2, 3])
> y = random.random()
""",
    ),
    (
        "a function that draws",
        "y",
        """
> import random
> def noise():
>     return random.random()
> random.seed(3)
> noise()
> y = noise()
""",
    ),
    (
        "a generator's draws shift later ones",
        "y",
        """
> import numpy as np
> rng = np.random.default_rng(0)
  other = np.random.default_rng(1)
> rng.normal()
  other.normal()
> y = rng.normal()
""",
    ),
    (
        "a generator's draw does not change what it is asked for",
        "n",
        """
  import numpy as np
  rng = np.random.default_rng(0)
> n = [2]
  x = rng.normal(size=n)
""",
    ),
    (
        "shuffle changes what it is given",
        "a",
        """
> import numpy as np
> rng = np.random.default_rng(0)
> a = list(range(5))
> rng.shuffle(a)
""",
    ),
    (
        "sample draws from the global state",
        "y",
        """
> import numpy as np
> import pandas as pd
> d = pd.DataFrame({"x": range(20)})
> np.random.seed(0)
> d.sample(3)
> y = d.sample(3)
""",
    ),
    (
        "a sample with its own seed does not",
        "y",
        """
> import numpy as np
> import pandas as pd
> d = pd.DataFrame({"x": range(20)})
> np.random.seed(0)
  d.sample(3, random_state=1)
> y = d.sample(3)
""",
    ),
    (
        "the state put back",
        "y",
        """
> import numpy as np
> np.random.seed(0)
> state = np.random.get_state()
  x = np.random.rand()
> np.random.set_state(state)
> y = np.random.rand()
""",
        "Without the dropped draw the state is the same before it is put back.",
    ),
    (
        "a seed under a condition",
        "y",
        """
> import random
> random.seed(0)
> flag = True
> if flag:
>     random.seed(1)
> y = random.random()
""",
        PATH,
    ),
)

_theme(
    "models",
    (
        "training does not change the rows",
        "X",
        """
> import numpy as np
  from sklearn.linear_model import LinearRegression
> X = np.array([[1.0], [2.0], [3.0]])
> X = X * 2
  y = np.array([1.0, 2.0, 3.0])
  model = LinearRegression().fit(X, y)
  model.predict(X)
""",
    ),
    (
        "asking a model does not change it",
        "model",
        """
> import numpy as np
> from sklearn.linear_model import LinearRegression
> X = np.array([[1.0], [2.0], [3.0]])
> y = np.array([1.0, 2.0, 3.5])
> model = LinearRegression()
> model.fit(X, y)
  p = model.predict(X)
  model.score(X, y)
""",
    ),
    (
        "fit gives the model itself",
        "fitted",
        """
> import numpy as np
> from sklearn.linear_model import LinearRegression
> X = np.array([[1.0], [2.0], [3.0]])
> model = LinearRegression()
> fitted = model.fit(X, [1.0, 2.0, 3.5])
> model.set_params(copy_X=False)
""",
    ),
    (
        "a scaler that overwrites its rows",
        "X",
        """
> import numpy as np
> from sklearn.preprocessing import StandardScaler
> X = np.array([[1.0], [2.0], [3.0]])
> scaler = StandardScaler(copy=False)
> scaler.fit_transform(X)
""",
    ),
    (
        "a scaler that does not",
        "X",
        """
> import numpy as np
  from sklearn.preprocessing import StandardScaler
> X = np.array([[1.0], [2.0], [3.0]])
  scaler = StandardScaler()
  Z = scaler.fit_transform(X)
""",
    ),
    (
        "training without a seed draws before a split",
        "X_test",
        """
> import numpy as np
> from sklearn.model_selection import train_test_split
> from sklearn.tree import DecisionTreeClassifier
> X = np.arange(20.0).reshape(10, 2)
> y = np.arange(10) % 2
> np.random.seed(1)
> DecisionTreeClassifier(splitter="random").fit(X, y)
> X_train, X_test, y_train, y_test = train_test_split(X, y)
  n = len(X_train)
""",
    ),
    (
        "one part of a split changed, another not",
        "X_test",
        """
> import numpy as np
> from sklearn.model_selection import train_test_split
> X = np.arange(20.0).reshape(10, 2)
> X_train, X_test = train_test_split(X, random_state=0)
  X_train[0] = 0
""",
    ),
    (
        "a pipeline holds its steps",
        "y",
        """
> import numpy as np
> from sklearn.pipeline import make_pipeline
> from sklearn.preprocessing import StandardScaler
> from sklearn.linear_model import LinearRegression
> X = np.array([[1.0], [2.0], [3.0]])
> scaler = StandardScaler()
> model = make_pipeline(scaler, LinearRegression())
> model.fit(X, [1.0, 2.0, 3.5])
> y = scaler.mean_
""",
    ),
)

_theme(
    "figures",
    (
        "figures do not matter to numbers",
        "y",
        """
  import matplotlib.pyplot as plt
> x = [1, 2, 3]
  plt.plot(x)
  plt.title("x")
> y = sum(x)
""",
    ),
    (
        "what was drawn into a figure",
        "n",
        """
> import matplotlib.pyplot as plt
> fig, ax = plt.subplots()
> ax.plot([1, 2])
> plt.plot([3, 4])
> n = len(ax.lines)
  plt.title("later")
""",
    ),
)
