"""Every kind of object comes back equal, in this process and in a fresh one, or is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from notewright.state.values import fingerprint

#: name -> code that binds `x`
KINDS = {
    "int": "x = 12345678901234567890",
    "float nan": "x = float('nan')",
    "text": "x = 'naïve \\ud83d'.encode('utf-8', 'surrogatepass')",
    "nested containers": "x = {'a': [1, (2, {3})], ('k', 1): frozenset({4})}",
    "cyclic list": "x = [1]; x.append(x)",
    "array": "import numpy as np; x = np.arange(12.).reshape(3, 4)",
    "fortran array": "import numpy as np; x = np.asfortranarray(np.arange(12.).reshape(3, 4))",
    "bool array": "import numpy as np; x = np.array([True, False])",
    "object array": "import numpy as np; x = np.array([1, 'a', None], dtype=object)",
    "structured array": "import numpy as np; x = np.zeros(3, dtype=[('a', 'i1'), ('b', 'f8')])",
    "datetime array": "import numpy as np; x = np.array(['2020-01-01'], 'M8[D]')",
    "empty array": "import numpy as np; x = np.empty((0, 3))",
    "zero-dimensional array": "import numpy as np; x = np.array(3.5)",
    "read-only array": "import numpy as np; x = np.arange(5); x.flags.writeable = False",
    "strided view": "import numpy as np; base = np.arange(20); x = base[1::3]",
    "reversed view": "import numpy as np; base = np.arange(20); x = base[::-1]",
    "transposed view": "import numpy as np; base = np.arange(20).reshape(4, 5); x = base.T",
    "broadcast view": "import numpy as np; x = np.broadcast_to(np.arange(3), (2, 3))",
    "masked array": "import numpy as np; x = np.ma.masked_equal([1, 2, 3], 2)",
    "numpy scalar": "import numpy as np; x = np.float32(1.5)",
    "generator of random numbers": "import numpy as np; x = np.random.default_rng(3)",
    "frame": "import pandas as pd; x = pd.DataFrame({'a': [1, 2], 'b': ['u', None]})",
    "frame with types": (
        "import pandas as pd; x = pd.DataFrame({'c': pd.Categorical(['u', 'v']),"
        " 'i': pd.array([1, None], dtype='Int64'), 'd': pd.to_datetime(['2020-01-01', None]),"
        " 's': pd.array(['a', None], dtype='string'), 'p': pd.period_range('2020', periods=2)})"
    ),
    "multi-index": (
        "import pandas as pd; x = pd.DataFrame({'v': [1, 2]},"
        " index=pd.MultiIndex.from_tuples([('a', 1), ('b', 2)], names=['p', 'q']))"
    ),
    "series": "import pandas as pd; x = pd.Series([1.5, None], name='s', index=['a', 'b'])",
    "index with a zone": "import pandas as pd; x = pd.date_range('2020', periods=3, tz='UTC')",
    "interval index": "import pandas as pd; x = pd.cut(pd.Series([1, 5, 9]), 3)",
    "sparse matrix": "import scipy.sparse as sp; x = sp.csr_matrix([[0, 1], [2, 0]])",
    "timedelta": "import datetime; x = datetime.timedelta(3)",
    "path": "import pathlib; x = pathlib.PurePosixPath('a/b')",
    "pattern": "import re; x = re.compile('a+')",
    "decimal": "import decimal; x = decimal.Decimal('1.10')",
    "ordered dict": "import collections; x = collections.OrderedDict(b=1, a=2)",
    "counter": "import collections; x = collections.Counter('abca')",
    "defaultdict": "import collections; x = collections.defaultdict(list, a=[1])",
    "deque": "import collections; x = collections.deque([1, 2], maxlen=3)",
    "partial": "import functools; x = functools.partial(int, base=2)",
    "lambda": "x = lambda v: v + 1",
    "bound method": "d = {'a': 1}; x = d.get",
    "module": "import math as x",
    "logistic regression": (
        "from sklearn.linear_model import LogisticRegression; import numpy as np;"
        " x = LogisticRegression().fit(np.arange(8.).reshape(-1, 1), [0, 1] * 4)"
    ),
    "forest": (
        "from sklearn.ensemble import RandomForestClassifier; import numpy as np;"
        " x = RandomForestClassifier(5, random_state=0)"
        ".fit(np.arange(8.).reshape(-1, 1), [0, 1] * 4)"
    ),
    "boosting": (
        "from sklearn.ensemble import HistGradientBoostingClassifier; import numpy as np;"
        " x = HistGradientBoostingClassifier(max_iter=3, random_state=0)"
        ".fit(np.arange(80.).reshape(-1, 1), [0, 1] * 40)"
    ),
    "pipeline": (
        "from sklearn.pipeline import make_pipeline; from sklearn.preprocessing import *;"
        " from sklearn.linear_model import Ridge; import numpy as np;"
        " x = make_pipeline(StandardScaler(), Ridge()).fit(np.arange(8.).reshape(-1, 1), range(8))"
    ),
    "class made in a cell": "class x:\n    kind = 1\n    def f(self): return self.kind",
    "instance of a class made in a cell": (
        "class P:\n    def __init__(self): self.v = [1]\n"
        "    def me(self): return super().__init__()\nx = P()"
    ),
    "dataclass made in a cell": (
        "from dataclasses import dataclass\n@dataclass\nclass D:\n    a: int = 1\nx = D(2)"
    ),
    "enum made in a cell": "import enum\nclass E(enum.Enum):\n    A = 1\n    B = 2\nx = E.B",
    "namedtuple made in a cell": (
        "import collections; N = collections.namedtuple('N', 'a b'); x = N(1, [2])"
    ),
    "exception": "x = ValueError('no', 3)",
    "figure": "from matplotlib.figure import Figure; x = Figure(); x.subplots().plot([1, 3, 2])",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_object_comes_back_equal_in_the_same_kernel(notebook, kind: str) -> None:
    notebook.run(KINDS[kind])
    before = notebook["x"]
    if kind not in ("cyclic list", "figure"):
        expected = fingerprint(before)
    taken = notebook.recorder.take("whole")
    assert taken.unsaved == ()
    notebook.run("x = 'overwritten'")
    notebook.recorder.restore(taken.id)
    after = notebook["x"]
    assert type(after).__qualname__ == type(before).__qualname__
    if kind == "cyclic list":
        assert after[1] is after
    elif kind != "figure":
        assert fingerprint(after) == expected
    if kind in ("read-only array", "broadcast view"):
        assert not after.flags.writeable


def test_all_kinds_come_back_equal_in_a_fresh_process(notebook, tmp_path: Path) -> None:
    expected = {}
    for position, (kind, code) in enumerate(KINDS.items()):
        notebook.run(code)
        notebook.run(f"x{position} = x")
        if kind not in ("cyclic list", "figure", "class made in a cell"):
            expected[f"x{position}"] = fingerprint(notebook["x"])
    notebook.recorder.take("all of them")
    assert len(expected) >= 44
    script = (
        "import sys, json\n"
        "from notewright import open_workspace\n"
        "from notewright.state.values import fingerprint\n"
        "ws = open_workspace(sys.argv[1])\n"
        "names = sys.argv[2].split(',')\n"
        "found = ws.snapshots.load(ws.snapshots.get('HEAD'), names)\n"
        "print(json.dumps({n: fingerprint(v) for n, v in found.items()}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), ",".join(expected)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    import json

    assert json.loads(done.stdout) == expected


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("x = (i for i in range(3))", "generator"),
        ("import threading; x = threading.Lock()", "lock"),
        ("import socket; x = socket.socket()", "socket"),
        ("import sqlite3; x = sqlite3.connect(':memory:')", "Connection"),
        ("from concurrent.futures import ThreadPoolExecutor; x = ThreadPoolExecutor()", "pickle"),
        ("x = open('f.txt', 'w')", "file"),
    ],
)
def test_what_cannot_be_saved_is_named_with_the_cell_that_made_it(
    notebook, code: str, word: str
) -> None:
    execution = notebook.run(code)
    notebook.run("kept = [1]")
    taken = notebook.recorder.take("partly")
    assert [u.name for u in taken.unsaved] == ["x"]
    unsaved = taken.unsaved[0]
    assert word in unsaved.reason
    assert unsaved.execution == execution.id
    assert "cell [1]" in unsaved.cell
    assert taken.variable("kept") is not None, "one bad object never costs another its place"
    close = getattr(notebook["x"], "close", None)
    if close is not None:
        close()
