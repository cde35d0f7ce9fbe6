"""A restore binds only what differs, and what is shared with the rest stays shared."""

from __future__ import annotations

import pytest

from notewright.state import sharing

CASES = {
    "a list inside a list": (
        "inner = [1]; a = [inner, 1]; b = {'inner': inner}",
        "a.append(2)",
        {"a"},
        "a == [[1], 1] and a[0] is inner and b['inner'] is inner",
    ),
    "a view of an array": (
        "import numpy as np; base = np.arange(6.); view = base[2:]",
        "view = view * 2",
        {"view"},
        "view.base is base and view[0] == 2",
    ),
    "an instance and its class": (
        "class P:\n    pass\np = P(); q = P(); q.p = p",
        "q.v = 1",
        {"q"},
        "not hasattr(q, 'v') and q.p is p and type(q) is P",
    ),
    "a cell shared by closures": (
        "def make():\n    n = []\n    def up(): n.append(1)\n    def get(): return n\n"
        "    return up, get\nup, get = make()",
        "up.note = 1",
        {"up"},
        "not hasattr(up, 'note') and (up(), get())[1] == [1]",
    ),
    "a table and one of its columns' arrays": (
        "import pandas as pd; t = pd.DataFrame({'a': [1, 2]}); both = [t, 'x']",
        "both.append(3)",
        {"both"},
        "both[0] is t and len(both) == 2",
    ),
    "an item of a dictionary": (
        "d = {'a': {'v': [1]}, 'b': {}}; first = d['a']",
        "d['b']['x'] = 1",
        {"d"},
        "d == {'a': {'v': [1]}, 'b': {}} and d['a'] is first and d['a']['v'] is first['v']",
    ),
    "an element in several places": (
        "inner = [1]; a = [inner, inner, {'i': inner}]; a.append(a)",
        "a.append(1)",
        {"a"},
        "a[0] is a[1] is a[2]['i'] is inner and a[3] is a and len(a) == 4",
    ),
    "a list in a tuple": (
        "inner = [1]; a = [(inner, 2), inner]",
        "a.append(1)",
        {"a"},
        "a[0][0] is inner and a[1] is inner",
    ),
    "a key of a dictionary": (
        "class K:\n    pass\nk = K(); d = {k: 1, 'x': [k]}",
        "d['y'] = 1",
        {"d"},
        "list(d)[0] is k and d['x'][0] is k and len(d) == 2",
    ),
    "an element of an array of objects": (
        "import numpy as np; inner = [1]; a = np.array([inner, None, {'i': inner}], dtype=object)",
        "a[1] = 5",
        {"a"},
        "a[0] is inner and a[2]['i'] is inner and a[1] is None",
    ),
    "an array and a view of it in a list": (
        "import numpy as np; base = np.arange(6.); a = [base, base[2:]]",
        "a.append(1)",
        {"a"},
        "a[0] is base and a[1].base is base and len(a) == 2",
    ),
    "memory that bytes hold": (
        "import numpy as np; b = bytearray(b'abc'); a = [np.frombuffer(b, 'u1'), {}]",
        "a[1]['x'] = 1",
        {"a"},
        "a[1] == {} and b.__setitem__(0, 120) is None and a[0][0] == 120",
    ),
    "a name that was deleted": (
        "a = [1]; b = [a]",
        "del b",
        {"b"},
        "b[0] is a",
    ),
}


@pytest.mark.parametrize("much", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_what_did_not_differ_stays_and_is_shared_with_what_comes_back(
    notebook, monkeypatch, case, much
) -> None:
    if much:  # whatever its size, it counts as so much that it is not pickled again
        monkeypatch.setattr(sharing, "_MUCH", -1)
    make, change, expected, holds = CASES[case]
    notebook.run(make)
    taken = notebook.recorder.take()
    before = dict(notebook.namespace.variables())
    notebook.run(change)
    restored = notebook.recorder.restore(taken.id)
    assert set(restored.rebound) == expected
    assert eval(holds, notebook.variables)
    now = notebook.namespace.variables()
    assert all(now[name] is value for name, value in before.items() if name not in expected)


def test_one_of_several_can_be_asked_for(notebook) -> None:
    notebook.run("inner = [1]; a = [inner]; b = [inner]")
    taken = notebook.recorder.take()
    notebook.run("a.append(2); b.append(3)")
    notebook.recorder.restore(taken.id, only=["a"])
    assert notebook["a"] == [[1]]
    assert notebook["a"][0] is notebook["inner"]
    assert notebook["b"] == [[1], 3]


def test_a_file_that_changed_keeps_back_only_what_uses_it(notebook, tmp_path) -> None:
    (tmp_path / "log.txt").write_text("one\ntwo\n")
    notebook.run("file = open('log.txt'); line = file.readline(); x = 1")
    taken = notebook.recorder.take()
    notebook.run("file.close(); x = 2; file = None")
    (tmp_path / "log.txt").write_text("something else\n")
    restored = notebook.recorder.restore(taken.id)
    assert notebook["x"] == 1
    assert notebook["file"] is None
    (words,) = restored.refused
    assert "log.txt" in words
