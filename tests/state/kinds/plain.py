"""What the language and its standard library give."""

from __future__ import annotations

from kinds.kind import Kind

KINDS = [
    Kind(
        "int",
        "x = 12345678901234567890",
        "assert x == 12345678901234567890 and type(x) is int",
        change="x += 1",
    ),
    Kind(
        "float nan with a payload",
        "import struct\nx = struct.unpack('<d', struct.pack('<Q', 0x7ff8000000000123))[0]",
        "import struct\nassert struct.pack('<d', x)[:2] == b'\\x23\\x01'",
    ),
    Kind("negative zero", "x = -0.0", expect="x"),
    Kind("complex", "x = complex(1, -0.0)", expect="x"),
    Kind("text with lone surrogate", "x = 'a\\ud83d'", "assert x == 'a\\ud83d'"),
    Kind(
        "bytes and bytearray",
        "x = bytearray(b'ab'); y = x; z = bytes(300)",
        "assert x is y and type(x) is bytearray and z == bytes(300)\nx += b'c'\nassert y == b'abc'",
        change="x[0] = 1",
        changes="x y",
    ),
    Kind(
        "singletons",
        "x = [None, True, ..., NotImplemented, type(None)]",
        "assert x[0] is None and x[1] is True and x[2] is ... and x[3] is NotImplemented and x[4] is type(None)",
    ),
    Kind("range and slice", "x = (range(1, 9, 2), slice(1, None, 3))", expect="x"),
    Kind(
        "aliased list",
        "x = [1]; y = x; z = {'in': x}",
        "x.append(2)\nassert y is x and z['in'] is x and z['in'] == [1, 2]",
        change="y.append(3)",
        changes="x y z",
    ),
    Kind("equal lists apart", "x = [1]; y = [1]", "assert x is not y"),
    Kind("list inside a tuple", "x = ([1], 2)", "assert x == ([1], 2)", change="x[0].append(3)"),
    Kind(
        "cyclic list",
        "x = [1]; x.append(x)",
        "assert x[1] is x and len(x) == 2",
        change="x.append(1)",
    ),
    Kind(
        "cyclic through a tuple", "x = []; t = (x,); x.append(t)", "assert x[0] is t and t[0] is x"
    ),
    Kind("cyclic dict", "x = {}; x['me'] = x", "assert x['me'] is x", change="x['n'] = 1"),
    Kind(
        "dict order",
        "x = {'b': 1, 'a': 2}; x.pop('b'); x['b'] = 3",
        "assert list(x) == ['a', 'b']",
        change="v = x.pop('a'); x['a'] = v",
    ),
    Kind("dict with mixed keys", "x = {1: 'a', (2, 3): 'b', None: 'c', 1.5: 'd'}", expect="x"),
    Kind(
        "set of numbers keeps its order", "x = {8, 0, 16, 3}", expect="list(x)", change="x.add(1)"
    ),
    Kind("set of text", "x = {'u', 'v', 'w'}", "assert x == {'u', 'v', 'w'}", stable=False),
    Kind(
        "frozenset with itself in its members",
        "class N: pass\nn = N(); x = frozenset([n]); n.owner = x",
        "assert n.owner is x and n in x",
        stable=False,
    ),
    Kind(
        "views of a dict",
        "d = {'a': 1}; x = d.keys(), d.values(), d.items()",
        "d['b'] = 2\nassert list(x[0]) == ['a', 'b'] and list(x[1]) == [1, 2] and ('b', 2) in x[2]",
        change="d['b'] = 3",
        changes="d x",
    ),
    Kind(
        "views of an ordered dict",
        "import collections\nd = collections.OrderedDict(a=1); x = d.keys(), d.items()",
        "d['b'] = 2\nassert list(x[0]) == ['a', 'b'] and len(x[1]) == 2",
    ),
    Kind(
        "mapping proxy",
        "import types\nd = {'a': 1}; x = types.MappingProxyType(d)",
        "d['b'] = 2\nassert x['b'] == 2 and type(x).__name__ == 'mappingproxy'",
        change="d['a'] = 0",
    ),
    Kind(
        "memoryview",
        "b = bytearray(b'abcdef'); x = memoryview(b); y = x[2:4]; z = x.toreadonly()",
        "y[0] = 90\nassert b == b'abZdef' and x[2] == 90 and z.readonly and not x.readonly",
        change="b[2] = 1",
        changes="x y z b",
    ),
    Kind(
        "memoryview of numbers",
        "import array\na = array.array('d', [1, 2, 3]); x = memoryview(a)",
        "x[1] = 9.0\nassert a[1] == 9.0 and x.format == 'd'",
    ),
    Kind(
        "array.array",
        "import array\nx = array.array('i', [1, 2]); y = x",
        "assert x is y\nassert x.tolist() == [1, 2] and x.typecode == 'i'",
        change="x[0] = 5",
        changes="x y",
    ),
    Kind(
        "ordered dict",
        "import collections\nx = collections.OrderedDict(b=1, a=2); x.move_to_end('b')",
        "import collections\nassert type(x) is collections.OrderedDict and list(x) == ['a', 'b']",
        change="x.move_to_end('a')",
    ),
    Kind(
        "counter",
        "import collections\nx = collections.Counter('abca')",
        expect="x",
        change="x['a'] += 1",
    ),
    Kind(
        "counters of itertools",
        "import itertools\nx = [itertools.count(), itertools.count(3, -2), itertools.count(0.5)]; next(x[0])",
        "assert [next(i) for i in x] == [1, 3, 0.5] and [next(i) for i in x] == [2, 1, 1.5]",
        change="next(x[1])",
    ),
    Kind(
        "defaultdict with a lambda",
        "import collections\nx = collections.defaultdict(lambda: base)\nbase = [7]",
        "assert x['new'] is base",
        change="x['z'] = 1",
    ),
    Kind(
        "deque",
        "import collections\nx = collections.deque([1, 2, 3], maxlen=3)",
        "x.append(4)\nassert list(x) == [2, 3, 4] and x.maxlen == 3",
        change="x.rotate()",
    ),
    Kind(
        "chain map",
        "import collections\na = {'k': 1}; x = collections.ChainMap({}, a)",
        "a['k'] = 2\nassert x['k'] == 2",
        change="a['k'] = 3",
    ),
    Kind(
        "user dict and list",
        "import collections\nx = collections.UserDict(a=1), collections.UserList([1])",
        expect="x",
    ),
    Kind(
        "namespace",
        "import types\nx = types.SimpleNamespace(a=[1]); y = x.a",
        "assert x.a is y",
        change="y.append(1)",
        changes="x y",
    ),
    Kind(
        "decimal and fraction",
        "import decimal, fractions\nx = decimal.Decimal('1.10'), fractions.Fraction(1, 3)",
        expect="x",
    ),
    Kind(
        "the live decimal context",
        "import decimal\nx = decimal.getcontext()",
        "import decimal\nassert x is decimal.getcontext()",
    ),
    Kind(
        "a decimal context",
        "import decimal\nx = decimal.Context(prec=5)",
        expect="x.prec",
        change="x.prec = 6",
    ),
    Kind(
        "dates",
        "import datetime, zoneinfo\nx = (datetime.date(2020, 1, 2), datetime.datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')), datetime.timedelta(3), datetime.timezone.utc)",
        "import datetime\nassert x[1].fold == 1 and x[1].utcoffset() == datetime.timedelta(hours=1)\nassert x[3] is datetime.timezone.utc",
    ),
    Kind(
        "uuid, path, pattern, address",
        "import uuid, pathlib, re, ipaddress\nx = uuid.UUID(int=5), pathlib.Path('a/b'), re.compile('a+', re.I), ipaddress.ip_address('::1')",
        expect="x",
    ),
    Kind(
        "string io",
        "import io\nx = io.StringIO('abc'); x.read(1); y = io.BytesIO(b'abc'); y.seek(2)",
        "assert x.read() == 'bc' and y.read() == b'c'",
        change="x.read()",
    ),
    Kind(
        "random.Random",
        "import random\nx = random.Random(3); x.random()",
        "import random\nr = random.Random(3); r.random()\nassert x.random() == r.random()",
        change="x.random()",
    ),
    Kind(
        "the function random.random",
        "from random import random as x\nimport random",
        "import random\nrandom.seed(1); a = random.random(); random.seed(1)\nassert x() == a, 'it draws from the shared generator'",
    ),
    Kind(
        "partial",
        "import functools\nd = []\nx = functools.partial(d.append); x.note = 'n'",
        "x(1)\nassert d == [1] and x.note == 'n'",
        change="d.append(2)",
        changes="x d",
    ),
    Kind(
        "operator objects",
        "import operator\nx = operator.itemgetter(1), operator.attrgetter('real'), operator.methodcaller('upper')",
        "assert x[0]([1, 2]) == 2 and x[1](3) == 3 and x[2]('a') == 'A'",
    ),
    Kind(
        "bound builtin method",
        "d = {'a': 1}; x = d.get",
        "d['b'] = 2\nassert x('b') == 2",
        change="d['a'] = 0",
        changes="x d",
    ),
    Kind(
        "list iterator",
        "l = [1, 2, 3]; x = iter(l); next(x)",
        "l.append(4)\nassert list(x) == [2, 3, 4]",
        change="next(x)",
    ),
    Kind(
        "zip, map, enumerate",
        "x = zip([1, 2], 'ab'), map(str, [1, 2]), enumerate('ab'); [next(i) for i in x]",
        "assert [list(i) for i in x] == [[(2, 'b')], ['2'], [(1, 'b')]]",
        change="next(x[0])",
    ),
    Kind(
        "modules",
        "import math as x, os.path as y, collections.abc",
        "import math, os.path\nassert x is math and y is os.path and collections.abc.Mapping",
    ),
    Kind(
        "a module of the user",
        "import pathlib, sys\npathlib.Path('users_own.py').write_text('state = []\\ndef f(): return state\\nclass K: pass\\ndef make():\\n    n = [0]\\n    def up():\\n        n[0] += 1\\n        state.append(n[0]); return n[0]\\n    return up, lambda: n[0]\\n')\nsys.path.insert(0, '.')\nimport users_own\nx = users_own.f; k = users_own.K(); up, get = users_own.make(); up()",
        "import users_own\nassert x is users_own.f and type(k) is users_own.K\nassert up() == 2 and get() == 2\nassert users_own.state[-1] == 2, 'its closure sees the live module'",
    ),
    Kind("live globals", "x = globals(); y = 5", "assert x is globals() and x['y'] == 5"),
    Kind(
        "the live path, environment, streams",
        "import sys, os\nx = sys.path, os.environ, sys.argv, sys.modules",
        "import sys, os\nassert x[0] is sys.path and x[1] is os.environ and x[2] is sys.argv and x[3] is sys.modules",
    ),
    Kind(
        "logger",
        "import logging\nx = logging.getLogger('a.b')",
        "import logging\nassert x is logging.getLogger('a.b')",
    ),
    Kind(
        "sentinel",
        "x = object(); d = {'missing': x}",
        "assert d['missing'] is x and type(x) is object",
    ),
    Kind(
        "closed file",
        "open('closed.txt', 'w').write('a')\nwith open('closed.txt', encoding='latin-1') as x: x.read()",
        "assert x.closed and x.name == 'closed.txt' and x.mode == 'r' and x.encoding == 'latin-1'",
    ),
    Kind(
        "text file being read",
        "open('lines.txt', 'w').write('one\\ntwo\\nthree\\n')\nx = open('lines.txt'); x.readline()",
        "assert x.readline() == 'two\\n' and x.name.endswith('lines.txt')",
        change="x.readline()",
    ),
    Kind(
        "binary file being read",
        "open('raw.bin', 'wb').write(bytes(range(50)))\nx = open('raw.bin', 'rb'); x.read(7)",
        "assert x.read(2) == b'\\x07\\x08'",
        change="x.read(1)",
    ),
    Kind(
        "exception with cause and place",
        "def f():\n    raise ValueError('no', 3)\ntry:\n    try: f()\n    except ValueError as e: raise KeyError('k') from e\nexcept KeyError as e: x = e\nx.add_note('a note')",
        "import traceback\ntext = ''.join(traceback.format_exception(x))\nassert type(x.__cause__) is ValueError and x.__cause__.args == ('no', 3)\nassert 'in f' in text and 'a note' in text and 'direct cause' in text and 'line 2, in f' in text",
    ),
    Kind(
        "exception with its own constructor",
        "class E(Exception):\n    def __init__(self, a, b):\n        super().__init__(f'{a}-{b}'); self.a = a\nx = E(1, 2)",
        "assert type(x) is E and str(x) == '1-2' and x.a == 1",
        change="x.a = 2",
    ),
    Kind(
        "os error, group",
        "x = OSError(2, 'gone', 'f'), ExceptionGroup('g', [ValueError(1)])",
        "assert x[0].errno == 2 and x[0].filename == 'f' and type(x[0]) is FileNotFoundError and type(x[1].exceptions[0]) is ValueError",
    ),
    Kind(
        "asyncio queue",
        "import asyncio\nx = asyncio.Queue(); x.put_nowait(3)",
        "assert x.get_nowait() == 3",
    ),
    Kind(
        "ctypes values",
        "import ctypes\nx = (ctypes.c_int * 3)(1, 2, 3)",
        "assert list(x) == [1, 2, 3]",
        change="x[0] = 9",
    ),
    Kind(
        "inspect signature",
        "import inspect\ndef f(a, b=1): pass\nx = inspect.signature(f)",
        "import inspect\nassert str(x) == '(a, b=1)' and x.parameters['a'].default is inspect.Parameter.empty",
    ),
    Kind(
        "typing things",
        "import typing\nx = list[int], typing.Optional[int], typing.Callable[[int], str], typing.Literal['a'], int | None",
        "import typing\nassert x == (list[int], typing.Optional[int], typing.Callable[[int], str], typing.Literal['a'], int | None)",
    ),
    Kind(
        "email, url, xml",
        "import urllib.parse, xml.etree.ElementTree as T\nx = urllib.parse.urlparse('http://a/b?c'), T.fromstring('<a><b k=\"1\"/></a>')",
        "assert x[0].query == 'c' and x[1][0].get('k') == '1'",
        change="x[1][0].set('k', '2')",
    ),
    Kind(
        "config parser",
        "import configparser\nx = configparser.ConfigParser(); x.read_string('[a]\\nb = 1')",
        "assert x['a']['b'] == '1'",
        change="x['a']['b'] = '2'",
    ),
]
