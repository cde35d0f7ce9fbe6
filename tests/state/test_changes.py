"""No change is missed, and looking changes nothing."""

from __future__ import annotations

import pytest

from notewright.state.memory.protection import Protection

#: code that changes a variable in a way assignments do not show
CHANGES = {
    "through an alias": ("a = [1]; b = a", "b.append(2)", {"a", "b"}),
    "inside a tuple": ("a = ([1],)", "a[0].append(2)", {"a"}),
    "in an object column": (
        "import pandas as pd; a = pd.DataFrame({'o': [[1]]})",
        "a['o'].iloc[0].append(2)",
        {"a"},
    ),
    "through a view": ("import numpy as np; a = np.zeros(9); v = a[:3]", "v[0] = 1", {"a", "v"}),
    "in a closure": (
        "def f():\n    n = 0\n    def g():\n        nonlocal n; n += 1\n    return g\ng = f()",
        "g()",
        {"g"},
    ),
    "in a class attribute": ("class C:\n    k = 1", "C.k = 2", {"C"}),
    "through globals()": ("a = 1", "globals().update(a=2)", {"a"}),
    "by a method": ("a = {3, 1}", "a.add(2)", {"a"}),
    "in an estimator": (
        "from sklearn.linear_model import Ridge; m = Ridge()",
        "m.fit([[1], [2]], [1, 2])",
        {"m"},
    ),
    "by C code in a buffer": (
        "import numpy as np; a = np.zeros(4)",
        "memoryview(a).cast('B')[3] = 1",
        {"a"},
    ),
    "by a thread": (
        "import threading; a = []",
        "t = threading.Thread(target=a.append, args=(1,)); t.start(); t.join(); del t",
        {"a"},
    ),
    "in a default argument": ("def f(x=[]): x.append(1)", "f()", {"f"}),
    "by setting an attribute": ("class P: pass\np = P()", "p.v = 1", {"p"}),
    "by sorting": ("a = [3, 1]", "a.sort()", {"a"}),
    "of the last bit": ("import numpy as np; a = np.ones(10**5)", "a[-1] = 1 + 2**-52", {"a"}),
}


@pytest.mark.parametrize("how", CHANGES)
def test_a_change_is_seen(notebook, how: str) -> None:
    before, change, expected = CHANGES[how]
    notebook.run(before)
    assert set(notebook.run(change).changed) == expected


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("mode", ["r+", "c"])
def test_what_others_write_to_memory_that_is_not_this_processes_own_is_seen(
    open_notebook, tmp_path, monkeypatch, mode: str, asks: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    if not asks:  # an older Linux, which does not tell what a mapping is
        monkeypatch.setattr(Protection, "_mapping", lambda self, address: None)
    notebook = open_notebook(tmp_path)
    # The kernel notes a process's own writes alone; the file's time of change is put back, too.
    notebook.run(
        "import os, numpy as np\nwith open('data', 'wb') as file: file.write(bytes(8_000_000))\n"
        f"a = np.memmap('data', 'u1', {mode!r}); number = os.open('data', os.O_RDWR)"
    )
    for value in range(3):
        notebook.run(f"b = {value}")
    notebook.recorder.settle()
    write = (
        "before = os.stat('data'); os.pwrite(number, b'7', 5000)\n"
        "os.utime('data', ns=(before.st_atime_ns, before.st_mtime_ns)); os.close(number)"
    )
    assert "a" in notebook.run(write).changed
    assert notebook["a"][5000] == ord("7")
    notebook.close()


@pytest.mark.parametrize(
    "code",
    [
        "df.head(); df.describe(); df['a'].value_counts(); df.shape; len(df)",
        "forest.predict(df[['a']].to_numpy())",
        "sorted(items); items[0]; str(items)",
        "P().f() if False else None",
        "import copy; copy.deepcopy(forest); del copy",
    ],
)
def test_reading_is_not_changing(notebook, code: str) -> None:
    notebook.run(
        "import pandas as pd\nfrom sklearn.ensemble import RandomForestClassifier\n"
        "df = pd.DataFrame({'a': [1, 2, 3], 's': list('xyz')})\nitems = [3, 1]\n"
        "forest = RandomForestClassifier(3, random_state=0).fit(df[['a']].to_numpy(), [0, 1, 0])\n"
        "class P:\n    def f(self): return 1\np = P()"
    )
    assert notebook.run(code).changed == ()


def test_the_shells_own_names_are_not_the_users() -> None:
    from notewright.state.namespace import Namespace

    names = {"_": 1, "__": 1, "_i3": "x", "_12": 5, "In": [], "Out": {}, "__name__": "m"}
    assert Namespace({**names, "_private": 1, "open": 5}).variables() == {"_private": 1, "open": 5}
