"""A slice is what happened, not what the page says."""

from __future__ import annotations

import pytest

CASES = {
    "a dead end is left out": (["a = 1", "b = 2", "c = a + 1"], "c", [1, 3]),
    "mutation through an alias counts": (
        ["a = [1]", "b = a", "b.append(2)", "c = a"],
        "c",
        [1, 2, 3, 4],
    ),
    "a method call that changes counts": (["a = [2, 1]", "a.sort()", "b = a[0]"], "b", [1, 2, 3]),
    "rebinding makes the old value irrelevant": (["a = 1", "a = 2", "b = a"], "b", [2, 3]),
    "a cell run twice": (["n = 0", "n += 1", "n += 1", "m = n"], "m", [1, 2, 3, 4]),
    "helpers through other cells": (
        ["k = 3", "def f(x): return x * k", "z = 1", "r = f(2)"],
        "r",
        [1, 2, 4],
    ),
    "a helper reads what the cell then binds": (
        ["t = [1]", "def clean(): return [*t, 2]", "t = clean(); u = t", "r = t"],
        "r",
        [1, 2, 3, 4],
    ),
    "a helper reads what the cell has just bound": (
        ["def clean(): return [*t, 2]", "t = [1]", "t = [3]; u = clean()", "r = u"],
        "r",
        [1, 3, 4],
    ),
    "what `with` binds": (
        ["with open('a', 'w') as f: pass", "with open('b', 'w') as f: n = f.name", "r = f, n"],
        "r",
        [2, 3],
    ),
    "a class and its instance": (
        ["class P:\n    def __init__(self): self.v = k", "k = 1", "u = 5", "p = P()"],
        "p",
        [1, 2, 4],
    ),
    "a failed cell that changed nothing": (["a = 1", "1 / 0", "b = a"], "b", [1, 3]),
    "a failed cell that had changed something": (
        ["a = [1]", "a.append(2); 1 / 0", "b = a"],
        "b",
        [1, 2, 3],
    ),
    "writing without effect on this data": (
        ["d = {'x': 1}", "d['x'] = 1", "e = d['x']"],
        "e",
        [1, 2, 3],
    ),
    "imports": (["import math", "import json", "r = math.sqrt(4)"], "r", [1, 3]),
    "augmented assignment": (["a = 1", "b = 5", "a += b", "c = a"], "c", [1, 2, 3, 4]),
    "tuple unpacking": (["p = (1, 2)", "a, b = p", "c = b"], "c", [1, 2, 3]),
    "del and again": (["a = 1", "del a", "a = 2", "b = a"], "b", [3, 4]),
    "globals()": (["a = 1", "globals()['b'] = a + 1", "c = b"], "c", [1, 2, 3]),
    "a loop that fills a list": (
        ["xs = []", "noise = 0", "for i in range(3):\n    xs.append(i)", "s = sum(xs)"],
        "s",
        [1, 3, 4],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_slice(notebook, case: str) -> None:
    cells, name, expected = CASES[case]
    for cell in cells:
        notebook.run(cell)
    assert notebook.slice(name) == expected


def test_what_a_restore_undid_is_not_in_the_slice(notebook) -> None:
    notebook.run("a = [1]")
    taken = notebook.recorder.take()
    notebook.run("a.append('mistake')")
    notebook.recorder.restore(taken.id)
    notebook.run("b = a")
    assert notebook.slice("b") == [1, 3]
    assert notebook["b"] == [1]


def test_a_file_written_by_one_cell_and_read_by_another_ties_them(notebook) -> None:
    notebook.run("import pathlib")
    notebook.run("with open('t.csv', 'w') as f: _ = f.write('1')")
    notebook.run("other = 5")
    execution = notebook.run("with open('t.csv') as f: v = f.read()")
    assert [f.path for f in execution.files] == ["t.csv"]
    assert notebook.slice("v") == [2, 4]


def test_data_files_are_recorded_with_their_hash_and_machinery_is_not(notebook) -> None:
    import blake3

    notebook.run("with open('d.csv', 'w') as f: _ = f.write('x\\n1\\n')")
    execution = notebook.run("import pandas as pd; import sklearn.svm; d = pd.read_csv('d.csv')")
    assert [(f.path, f.digest) for f in execution.files] == [
        ("d.csv", blake3.blake3(b"x\n1\n").hexdigest())
    ]


def test_every_execution_seals_the_ones_before_it(notebook, workspace) -> None:
    for cell in ("a = 1", "b = 2", "c = 3"):
        notebook.run(cell)
    line = workspace.history.line(notebook.recorder.execution())
    assert [e.parent_digest for e in line] == [None, line[0].digest, line[1].digest]
    assert all(workspace.history.intact(e) for e in line)
    with workspace.store.catalog.transaction() as connection:
        connection.execute("UPDATE executions SET body = replace(body, 'b = 2', 'b = 3')")
    assert [workspace.history.intact(e) for e in line] == [True, False, True]


def test_a_notebook_never_run_and_an_unknown_variable_are_said_so(notebook, workspace) -> None:
    from notewright.errors import NeverRun, UnknownVariable

    with pytest.raises(NeverRun, match="load_ext"):
        workspace.history.slice(None, "x")
    notebook.run("model = 1")
    with pytest.raises(UnknownVariable, match="Did you mean 'model'"):
        workspace.history.slice(notebook.recorder.execution(), "modle")
