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


_PANDAS = "import pandas as pd; "
_ROWS = "pd.DataFrame({'a': [1.0, 2.0, 3.0, 4.0], 'k': [1, 1, 2, 2]}"
#: code that makes `t`, and expressions that only look at it
LOOKS = {
    "numbers": (_PANDAS + f"t = {_ROWS})", None),
    "all kinds of columns": (
        _PANDAS + "t = pd.DataFrame({'a': [1.0, None, 3.0, 4.0], 'k': pd.Categorical([*'aabb']),"
        " 'd': pd.date_range('2024', periods=4), 's': [*'xyzw'], 'o': [1, 'a', None, (2,)],"
        " 'i': pd.array([1, None, 3, 4], dtype='Int64'), 'p': pd.period_range('2024', periods=4)})",
        None,
    ),
    "a table by dates": (_PANDAS + f"t = {_ROWS}, index=pd.date_range('2024', periods=4))", None),
    "a table by two keys": (
        _PANDAS + f"t = {_ROWS}).set_index(['a', 'k'], drop=False)\nt.index.names = ['i', 'j']",
        None,
    ),
    "groups": (
        _PANDAS + f"t = {_ROWS}).groupby('k')",
        ("t.mean()", "t.groups", "t.get_group(1)", "t['a'].sum()", "list(t)", "t.ngroups"),
    ),
    "windows": (_PANDAS + f"t = {_ROWS}).rolling(2)", ("t.mean()", "t.std()")),
    "intervals": (
        _PANDAS + "t = pd.cut(pd.Series([1, 2, 3, 4.0]), 2)",
        ("t.value_counts()", "t.cat.categories.mid", "t.cat.codes", "t.map(str)"),
    ),
    "a sparse matrix": (
        "import numpy as np, scipy.sparse as sp; t = sp.csr_matrix(np.eye(3))",
        ("t.toarray()", "t.sum()", "t.max()", "t.has_sorted_indices", "t @ t", "t.T"),
    ),
    "nearest neighbours": (
        "import numpy as np; from sklearn.neighbors import KNeighborsClassifier\n"
        "X = np.arange(12.0).reshape(6, 2); t = KNeighborsClassifier(2).fit(X, [0, 0, 0, 1, 1, 1])",
        ("t.predict(X)", "t.kneighbors(X)", "t.score(X, [0] * 6)"),
    ),
}
_LOOKS_AT_A_TABLE = (
    "t.head(2)", "t.iloc[1:3]", "t.iloc[0]", "t.loc[t.index[0]]", "t['a']", "t[['a']]", "t.T",
    "t.index", "t.columns", "t.index.is_unique", "t.values", "t.describe()", "t.dtypes", "t.copy()",
    "t.sort_values('a')", "t.groupby('k', observed=True)['a'].mean()", "t['k'].value_counts()",
    "t['k'].value_counts().index", "t.isna().sum()", "t.memory_usage(deep=True)", "t.nunique()",
    "t.rename(columns=str.upper)", "t.merge(t, on='a')", "t.assign(q=1)", "t.to_html()",
    "list(t.itertuples())", "t.set_index('a')", "t.reset_index(drop=True)", "t.copy(deep=False)",
)  # fmt: skip


@pytest.mark.parametrize("what", LOOKS)
def test_what_only_looks_changes_nothing_though_it_is_still_shown(notebook, what: str) -> None:
    made, looks = LOOKS[what]
    notebook.run(made)
    for at, look in enumerate(looks or _LOOKS_AT_A_TABLE):
        shown = f"_{at} = {look}"  # as the shell keeps results
        assert notebook.run(f"{shown}; _ = repr(_{at})").changed == (), look


def test_a_write_to_a_restored_table_does_not_reach_one_that_showed_its_memory(notebook) -> None:
    notebook.run(_PANDAS + f"t = {_ROWS}); head = t.head(2); own = t.set_index('k').index")
    taken = notebook.recorder.take()
    notebook.run("t = head = own = None")
    notebook.recorder.restore(taken.id)
    notebook.run("t.iloc[0, 0] = 9.0; t.iloc[0, 1] = 9")
    assert notebook["head"].iloc[0, 0] == 1.0
    assert notebook["own"][0] == 1


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
