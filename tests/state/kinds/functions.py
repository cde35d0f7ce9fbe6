"""Functions and classes made in cells."""

from __future__ import annotations

from kinds.kind import Kind

KINDS = [
    Kind(
        "function of live globals",
        "rate = [2]\ndef x(): return rate",
        "assert x() is rate\nrate = 5\nassert x() == 5",
    ),
    Kind(
        "defaults, annotations, attributes",
        "shared = []\ndef x(a: int = 1, *, b=shared) -> 'str':\n    'doc'\n    return b\nx.note = shared",
        "assert x() is shared and x.note is shared and x.__doc__ == 'doc' and x.__annotations__ == {'a': int, 'return': 'str'}",
        change="shared.append(1)",
        changes="x shared",
    ),
    Kind(
        "function attribute",
        "def x(): pass\nx.calls = 0",
        "assert x.calls == 0",
        change="x.calls += 1",
    ),
    Kind(
        "changed default", "def x(a=1): return a", "assert x() == 1", change="x.__defaults__ = (2,)"
    ),
    Kind(
        "two functions, one default",
        "d = []\ndef f(a=d): return a\ndef g(a=d): return a",
        "assert f() is g() is d",
        change="f().append(1)",
        changes="f g d",
    ),
    Kind(
        "closures that share a cell",
        "def make():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n    def get(): return n\n    return up, get\nup, get = make(); up()",
        "up()\nassert get() == 2",
        change="up()",
        changes="up get",
    ),
    Kind(
        "closure that calls itself",
        "def make():\n    def fact(n): return 1 if n < 2 else n * fact(n - 1)\n    return fact\nx = make()",
        "assert x(5) == 120",
    ),
    Kind(
        "functions that call each other",
        "def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)",
        "assert even(10) and odd(7)",
    ),
    Kind(
        "empty cell",
        "def make():\n    def f(): return later\n    if 0: later = 1\n    return f\nx = make()",
        "try: x()\nexcept NameError: pass\nelse: raise AssertionError",
    ),
    Kind(
        "decorator with a closure",
        "import functools\ndef count(f):\n    @functools.wraps(f)\n    def inner(*a):\n        inner.n += 1\n        return f(*a)\n    inner.n = 0\n    return inner\n@count\ndef x(v): return v * 2\nx(1)",
        "assert x(4) == 8 and x.n == 2 and x.__name__ == 'x' and x.__wrapped__(1) == 2",
        change="x(1)",
    ),
    Kind(
        "lru_cache",
        "import functools\ncalls = []\n@functools.lru_cache(maxsize=7)\ndef x(v):\n    calls.append(v)\n    return v + 1\nx(1)",
        "assert x(1) == 2 and x.cache_info().maxsize == 7 and x.__name__ == 'x' and x.__module__ == '__main__'",
    ),
    Kind(
        "cached_property",
        "import functools\nclass C:\n    @functools.cached_property\n    def v(self): return [1]\nx = C(); x.v",
        "assert x.v == [1] and x.v is x.v",
        change="x.v.append(2)",
        stable=False,
    ),
    Kind(
        "lambda, star arguments",
        "x = lambda *a, **k: (a, k)",
        "assert x(1, b=2) == ((1,), {'b': 2})",
    ),
    Kind(
        "generator and async functions",
        "def g():\n    yield 1\nasync def a(): return 2\nx = g, a",
        "import asyncio\nassert list(x[0]()) == [1] and asyncio.run(x[1]()) == 2",
    ),
    Kind(
        "function from exec",
        "ns = {'k': 2}\nexec('def f(): return k', ns)\nx = ns['f']",
        "ns['k'] = 9\nassert x() == 9 and ns['f'] is x",
        stable=False,
    ),
    Kind("code object", "x = compile('1 + a', 's', 'eval')", "assert eval(x, {'a': 2}) == 3"),
    Kind(
        "class with attributes",
        "class x:\n    'doc'\n    k = [1]\n    def f(self): return self.k",
        "assert x().f() is x.k and x.__doc__ == 'doc' and x.__name__ == 'x'",
        change="x.k.append(2)",
    ),
    Kind(
        "class attribute equal to its base's",
        "class B:\n    k = 1\nclass x(B):\n    k = 1",
        "B.k = 2\nassert x.k == 1",
        change="x.k = 2",
    ),
    Kind(
        "order of a class's attributes",
        "class x:\n    b = 1\n    a = 2",
        "assert [k for k in vars(x) if len(k) == 1] == ['b', 'a']",
    ),
    Kind(
        "instance",
        "class P:\n    def __init__(self): self.v = [1]\nx = P(); y = x.v",
        "assert isinstance(x, P) and x.v is y",
        change="y.append(1)",
        changes="x y",
    ),
    Kind(
        "instance whose class was redefined",
        "class P:\n    k = 1\nx = P()\nclass P:\n    k = 2\ny = P()",
        "assert x.k == 1 and y.k == 2 and not isinstance(x, P) and isinstance(y, P)",
    ),
    Kind(
        "bound method",
        "class P:\n    n = 0\n    def up(self): self.n += 1\np = P(); x = p.up",
        "x()\nassert p.n == 1 and x.__self__ is p and x.__func__ is P.up",
        change="p.n = 5",
        changes="x p",
    ),
    Kind(
        "super()",
        "class A:\n    def f(self): return 'A'\nclass B(A):\n    def f(self): return super().f() + 'B'\nx = B(); s = super(B, x)",
        "assert x.f() == 'AB' and s.f() == 'A' and type(s) is super",
    ),
    Kind(
        "properties, static and class methods",
        "class P:\n    @property\n    def v(self): return self._v\n    @v.setter\n    def v(self, new): self._v = new\n    @staticmethod\n    def s(): return 1\n    @classmethod\n    def c(cls): return cls\nx = P(); x.v = 3",
        "x.v += 1\nassert x.v == 4 and P.s() == 1 and P.c() is P",
    ),
    Kind(
        "partialmethod",
        "import functools\nclass P:\n    def f(self, a): return a\n    g = functools.partialmethod(f, 5)\nx = P()",
        "assert x.g() == 5",
    ),
    Kind(
        "descriptor",
        "class D:\n    def __set_name__(self, owner, name): self.name = name; self.seen = getattr(self, 'seen', 0) + 1\n    def __get__(self, obj, cls): return self if obj is None else (self.name, self.seen)\nclass P:\n    field = D()\nx = P()",
        "assert x.field == ('field', 1)",
    ),
    Kind(
        "slots",
        "class P:\n    __slots__ = ('a', '__b')\n    def __init__(self): self.a = 1; self.__b = [2]\n    def b(self): return self.__b\nx = P()",
        "assert x.a == 1 and x.b() == [2] and not hasattr(x, '__dict__')\ntry: x.c = 1\nexcept AttributeError: pass\nelse: raise AssertionError",
        change="x.b().append(1)",
    ),
    Kind(
        "metaclass",
        "made = []\nclass M(type):\n    def __new__(m, name, bases, ns, **k):\n        made.append(name)\n        return super().__new__(m, name, bases, ns)\n    def __call__(cls): return [super().__call__()]\nclass P(metaclass=M, tag=1): pass\nx = P()",
        "assert made == ['P'] and type(P) is M and isinstance(x[0], P)",
    ),
    Kind(
        "__init_subclass__ runs once",
        "seen = []\nclass B:\n    n = 0\n    def __init_subclass__(cls, *, tag):\n        seen.append(cls); cls.tag = tag; B.n += 1\nclass x(B, tag='t'): pass",
        "assert seen == [x] and x.tag == 't' and B.n == 1 and x.__bases__ == (B,) and issubclass(x, B)",
    ),
    Kind(
        "singleton by __new__",
        "class S:\n    one = None\n    def __new__(cls):\n        if cls.one is None: cls.one = super().__new__(cls)\n        return cls.one\nx = S(); x.v = 1",
        "assert S.one is x and S() is x and x.v == 1",
        change="x.v = 2",
    ),
    Kind(
        "__new__ that wants arguments",
        "class P(tuple):\n    def __new__(cls, a, b): return super().__new__(cls, (a, b))\nx = P(1, 2)\nclass Q:\n    def __new__(cls, a): return super().__new__(cls)\ny = Q(1); y.v = 2",
        "assert x == (1, 2) and type(x) is P and type(y) is Q and y.v == 2",
    ),
    Kind(
        "abstract class",
        "import abc\nclass A(abc.ABC):\n    @abc.abstractmethod\n    def f(self): ...\nclass B(A):\n    def f(self): return 1\n@A.register\nclass C: pass\nx = B()",
        "assert isinstance(x, A) and issubclass(C, A)\ntry: A()\nexcept TypeError: pass\nelse: raise AssertionError",
    ),
    Kind(
        "protocol",
        "import typing\n@typing.runtime_checkable\nclass P(typing.Protocol):\n    def f(self): ...\nclass C:\n    def f(self): ...\nx = C()",
        "assert isinstance(x, P) and not isinstance(1, P)",
    ),
    Kind(
        "typed dict, named tuple",
        "import typing\nclass T(typing.TypedDict, total=False):\n    a: int\nclass N(typing.NamedTuple):\n    a: int\n    b: list = []\nx = T(a=1); y = N(1)",
        "assert x == {'a': 1} and y.b is N._field_defaults['b'] and N(2).a == 2 and T.__annotations__ == {'a': int} and T.__total__ is False and isinstance(y, N)",
        stable=False,
    ),
    Kind(
        "namedtuple",
        "import collections\nN = collections.namedtuple('N', 'a b', defaults=[3]); x = N([1])",
        "assert isinstance(x, N) and x.b == 3 and x._replace(b=4) == ([1], 4) and repr(x) == 'N(a=[1], b=3)'",
        change="x.a.append(2)",
        stable=False,
    ),
    Kind(
        "new type, type variable",
        "import typing\nU = typing.NewType('U', int); T = typing.TypeVar('T', bound=int)\nclass G(typing.Generic[T]): pass\nx = G[int](); A = G[T]",
        "import typing\nassert U(3) == 3 and U.__name__ == 'U' and U.__supertype__ is int and T.__bound__ is int and G.__parameters__ == (T,) and isinstance(x, G) and A.__args__ == (T,)",
    ),
    Kind(
        "dataclass",
        "import dataclasses\n@dataclasses.dataclass(order=True)\nclass D:\n    a: int = 1\n    b: list = dataclasses.field(default_factory=list)\nx = D(2)",
        "import dataclasses\nassert D(2) == x and D(3) > x and D().b is not D().b and dataclasses.replace(x, a=5).a == 5\nassert dataclasses.fields(D)[1].default is dataclasses.MISSING",
        change="x.b.append(1)",
        stable=False,
    ),
    Kind(
        "frozen dataclass with slots",
        "import dataclasses\n@dataclasses.dataclass(frozen=True, slots=True)\nclass D:\n    a: int\nx = D(2)",
        "import dataclasses\nassert x == D(2) and hash(x) == hash(D(2)) and not hasattr(x, '__dict__')\ntry: x.a = 1\nexcept dataclasses.FrozenInstanceError: pass\nelse: raise AssertionError",
        stable=False,
    ),
    Kind(
        "enum with an alias",
        "import enum\nclass E(enum.Enum):\n    A = 1\n    B = [2]\n    C = 1\n    def f(self): return self.name\nx = E.B; d = {E.A: 'a'}",
        "assert x is E.B and E.C is E.A and d[E.A] == 'a' and E(1) is E.A and list(E) == [E.A, E.B] and E['B'].f() == 'B' and isinstance(x, E)",
        change="x.value.append(1)",
        changes="x E d",
    ),
    Kind(
        "enum with a constructor",
        "import enum\nran = []\nclass E(enum.Enum):\n    A = 1, 'one'\n    def __new__(cls, v, label):\n        ran.append(v)\n        m = object.__new__(cls); m._value_ = v; m.label = label\n        return m\nx = E.A",
        "assert ran == [1] and x.value == 1 and x.label == 'one' and E(1) is x",
    ),
    Kind(
        "flags",
        "import enum\nclass F(enum.Flag):\n    R = 4\n    W = 2\nx = F.R | F.W",
        "assert x == F.R | F.W and F.R in x and x is F(6) and (x & F.W) is F.W",
    ),
    Kind(
        "int and text enums",
        "import enum\nclass I(enum.IntEnum):\n    A = 1\nclass S(enum.StrEnum):\n    A = enum.auto()\nx = I.A, S.A",
        "assert x[0] is I.A and x[0] + 1 == 2 and x[1] is S.A and x[1] == 'a' and S('a') is S.A",
    ),
    Kind(
        "classes that refer to each other",
        "class A: pass\nclass B:\n    other = A\nA.other = B\nx = A()",
        "assert A.other is B and B.other is A and type(x) is A",
        change="B.k = 1",
        changes="A B x",
    ),
    Kind(
        "subclass of builtins",
        "class L(list):\n    pass\nclass D(dict):\n    def __missing__(self, k): return k\nclass I(int): pass\nx = L([1]), D(a=1), I(3)\nx[0].note = 'n'",
        "assert x[0] == [1] and x[0].note == 'n' and x[1]['z'] == 'z' and x[2] + 1 == 4 and type(x[2]) is I",
        change="x[0].append(1)",
    ),
    Kind(
        "its own reduction",
        "class P:\n    def __init__(self, v): self.v = v\n    def __reduce__(self): return P, (self.v,)\nx = P([1])",
        "assert x.v == [1] and type(x) is P",
        change="x.v.append(1)",
    ),
    Kind(
        "getstate and setstate",
        "class P:\n    def __init__(self): self.a = 1; self.big = [0]\n    def __getstate__(self): return {'a': self.a}\n    def __setstate__(self, s): self.a = s['a']; self.big = None\nx = P()",
        "assert x.a == 1 and x.big is None",
        change="x.a = 2",
    ),
    Kind(
        "callable instance and method cache",
        "class F:\n    def __init__(self): self.seen = {}\n    def __call__(self, v): return self.seen.setdefault(v, v)\nx = F(); x(1)",
        "assert x(1) == 1 and x.seen == {1: 1}",
        change="x(2)",
    ),
    Kind(
        "nested class and local class",
        "class A:\n    class B:\n        k = 1\ndef make():\n    class L: pass\n    return L\nL = make(); x = L(); y = A.B()",
        "assert type(x) is L and type(y) is A.B and A.B.__qualname__ == 'A.B'",
    ),
    Kind(
        "hash by identity",
        "class K: pass\nk = K(); x = {k: 1}; s = {k}",
        "assert x[k] == 1 and k in s",
    ),
    Kind("vars of a class", "class C:\n    k = 1\nx = vars(C)", "C.k = 2\nassert x['k'] == 2"),
    Kind(
        "sklearn transformer from a cell",
        "from sklearn.base import BaseEstimator, TransformerMixin\nclass T(TransformerMixin, BaseEstimator):\n    def __init__(self, k=2): self.k = k\n    def fit(self, X, y=None): return self\n    def transform(self, X): return [[v * self.k for v in r] for r in X]\nx = T(3).fit([[1]])",
        "from sklearn.base import clone\nassert x.transform([[1]]) == [[3]] and isinstance(clone(x), T) and x.get_params() == {'k': 3}",
        change="x.k = 4",
    ),
    Kind(
        "singledispatch",
        "import functools\n@functools.singledispatch\ndef x(v): return 'any'\n@x.register\ndef _(v: int): return 'int'",
        "",
        named="weak",
    ),
]
