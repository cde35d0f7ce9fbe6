"""Instances of classes that must not be asked anything while they are loaded."""

from __future__ import annotations

from kinds.kind import Kind

_NODE = """
class Node:
    def __init__(self, name): self.name = name; self.to = {}
    def __hash__(self): return hash(self.name)
    def __eq__(self, other): return self.name == other.name
"""

KINDS = [
    Kind(
        "attributes of another object",
        "class Wrapper:\n    def __init__(self, of): self._of = of\n    def __getattr__(self, name): return getattr(self._of, name)\nl = [1]; x = Wrapper(l)",
        "assert x._of is l and x.count(1) == 1",
        change="l.append(2)",
        changes="x l",
    ),
    Kind(
        "any attribute there is",
        "class Any:\n    def __getattr__(self, name): return 5\nx = Any(); x.a = [1]",
        "assert x.b == 5 and x.a == [1]",
        change="x.a.append(2)",
    ),
    Kind(
        "attributes under a guard",
        "class Guarded:\n    def __init__(self): vars(self)['open'] = True\n    def __getattribute__(self, name):\n        if name != '__dict__' and not object.__getattribute__(self, '__dict__')['open']: raise RuntimeError\n        return object.__getattribute__(self, name)\nx = Guarded(); x.n = 1",
        "assert type(x) is Guarded and x.n == 1",
        change="x.n = 2",
    ),
    Kind(
        "attributes in a dictionary of its own",
        "class Kept:\n    def __init__(self): object.__setattr__(self, 'd', {})\n    def __setattr__(self, name, value): self.d[name] = value\n    def __getattr__(self, name):\n        try: return self.d[name]\n        except KeyError: raise AttributeError(name)\nx = Kept(); x.a = [1]",
        "assert x.a == [1] and vars(x) == {'d': {'a': [1]}}",
        change="x.b = 2",
    ),
    Kind(
        "slots that cannot be set",
        "class Point:\n    __slots__ = ('x', 'y')\n    def __init__(self, x, y): object.__setattr__(self, 'x', x); object.__setattr__(self, 'y', y)\n    def __setattr__(self, name, value): raise TypeError('frozen')\nx = Point(1, [2])",
        "assert x.x == 1 and x.y == [2]",
        change="x.y.append(3)",
    ),
    Kind(
        "a dictionary that has itself as attributes",
        "class Settings(dict):\n    def __init__(self, *a, **k): super().__init__(*a, **k); self.__dict__ = self\nx = Settings(rate=1, deep=Settings(n=2)); x.me = x",
        "assert x.__dict__ is x and x.me is x and x.deep.n == 2\nx.rate = 3\nassert x['rate'] == 3",
        change="x.deep.n = 3",
    ),
    Kind(
        "the dictionary of an object",
        "import argparse\nx = argparse.Namespace(rate=1); d = vars(x)",
        "assert vars(x) is d\nd['rate'] = 2\nassert x.rate == 2",
        change="d['rate'] = 2",
        changes="x d",
    ),
    Kind(
        "one state for all instances",
        "class Borg:\n    state = {}\n    def __init__(self): self.__dict__ = self.state\nx = Borg(); y = Borg(); x.a = [1]",
        "assert y.a == [1] and vars(x) is vars(y) is Borg.state\nBorg().b = 2\nassert x.b == 2",
        change="y.a.append(2)",
        changes="x y Borg",
    ),
    Kind(
        "a property over an attribute of its name",
        "class P:\n    def __init__(self): self._v = 1\n    @property\n    def v(self): return self._v\n    @v.setter\n    def v(self, n): raise RuntimeError\n    def __hash__(self): return 1\n    def __eq__(self, other): return True\nx = P(); vars(x).update(v=7, l=[x])",
        "assert vars(x) == {'_v': 1, 'v': 7, 'l': [x]} and x.v == 1",
        change="x._v = 2",
    ),
    Kind(
        "a dictionary with a log of what is put in",
        "class Logged(dict):\n    def __init__(self): super().__init__(); self.log = []\n    def __setitem__(self, key, value): self.log.append(key); super().__setitem__(key, value)\nx = Logged(); x['a'] = 1; x['b'] = x",
        "assert list(x) == x.log == ['a', 'b'] and x['b'] is x",
        change="x['c'] = 2",
    ),
    Kind(
        "a list that counts",
        "class Counted(list):\n    def __init__(self): super().__init__(); self.n = 0\n    def append(self, v): self.n += 1; super().append(v)\n    def extend(self, v): raise RuntimeError\nx = Counted(); x.append(3)",
        "assert x == [3] and x.n == 1",
        change="x.append(4)",
    ),
    Kind(
        "a cache of limited size",
        "import collections\nclass LRU(collections.OrderedDict):\n    def __init__(self, most): super().__init__(); self.most = most\n    def __setitem__(self, key, value):\n        super().__setitem__(key, value)\n        if len(self) > self.most: self.popitem(last=False)\nx = LRU(2)\nfor i in range(4): x[i] = [i]",
        "assert list(x.items()) == [(2, [2]), (3, [3])] and x.most == 2\nx[9] = 9\nassert list(x) == [3, 9]",
        change="x.move_to_end(2)",
    ),
    Kind(
        "defaults with a name",
        "import collections\nclass Named(collections.defaultdict):\n    def __init__(self, name): super().__init__(list); self.name = name\nx = Named('n'); x[1].append(2)",
        "assert x == {1: [2]} and x.name == 'n' and x.default_factory is list and x['new'] == []",
        change="x.name = 'm'",
    ),
    Kind(
        "a counter with attributes",
        "import collections\nclass Words(collections.Counter):\n    def __init__(self, words, language): super().__init__(words); self.language = language\nx = Words('aab', 'en')",
        "assert x == {'a': 2, 'b': 1} and x.language == 'en' and x['z'] == 0",
        change="x.language = 'de'",
    ),
    Kind(
        "sets of things with a name",
        "class Bag(set):\n    def __init__(self, *items): super().__init__(items); self.name = 'n'\nclass Frozen(frozenset):\n    def __new__(cls, *items): made = super().__new__(cls, items); made.name = 'f'; return made\nx = Bag(1, 2); x.me = x; y = Frozen(3, 4)",
        "assert x == {1, 2} and x.name == 'n' and x.me is x and y == {3, 4} and y.name == 'f' and type(y) is Frozen",
        change="x.add(5)",
    ),
    Kind(
        "a namespace with a constructor",
        "import types\nclass Options(types.SimpleNamespace):\n    def __init__(self, name): super().__init__(name=name)\nx = Options('q')",
        "assert x.name == 'q' and type(x) is Options",
        change="x.name = 'r'",
        stable=False,  # names of attributes are interned or not
    ),
    Kind(
        "dates and numbers with attributes",
        "import datetime, decimal, fractions\nclass Day(datetime.datetime):\n    def __new__(cls, text): return super().__new__(cls, 2020, 1, int(text), fold=1)\nclass Money(decimal.Decimal):\n    def __new__(cls, value, currency): made = super().__new__(cls, value); made.currency = currency; return made\nclass Share(fractions.Fraction): pass\nx = Day('5'); x.note = [1]; y = Money('1.10', 'EUR'); z = Share(1, 3)",
        "assert x.day == 5 and x.fold == 1 and x.note == [1] and type(x) is Day\nassert str(y) == '1.10' and y.currency == 'EUR' and type(y) is Money and type(z) is Share and z * 3 == 1",
        change="x.note.append(2)",
    ),
    Kind(
        "nodes that are keys of each other",
        _NODE + "x = Node('a'); y = Node('b'); x.to[y] = 1; y.to[x] = 2; g = {x: y, y: x}",
        "assert x.to[Node('b')] == 1 and y.to[x] == 2 and g[x] is y and next(iter(x.to)) is y and list(vars(x)) == ['name', 'to']",
        change="x.to[y] = 5",
        changes="x y g",
    ),
    Kind(
        "nodes in sets of each other, by slots",
        "import enum\nclass C(enum.Enum):\n    RED = 1\nclass Node:\n    __slots__ = ('at', 'to')\n    def __init__(self, at): self.at = at; self.to = set()\n    def __hash__(self): return hash(self.at)\n    def __eq__(self, other): return self.at == other.at\nx = Node((1, C.RED)); y = Node((2, C.RED)); x.to.add(y); y.to.add(x)",
        "assert y in x.to and Node((1, C.RED)) in y.to and next(iter(y.to)) is x",
        change="x.to.add(x)",
        changes="x y",
    ),
    Kind(
        "a mock",
        "from unittest import mock\nx = mock.MagicMock(); x.__len__.return_value = 4; x.load.return_value = 3; x.load('f')",
        "assert len(x) == 4 and x.load() == 3 and x.load.call_args_list[0].args == ('f',)",
        change="x.load('g')",
        stable=False,
    ),
    Kind(
        "what a library makes only of arguments",
        "import jinja2\nx = jinja2.Template('hi {{ name }}')",
        "assert x.render(name='you') == 'hi you'",
        needs="jinja2",
        stable=False,
    ),
]
