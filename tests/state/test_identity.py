"""What is one object stays one object, and what is apart stays apart."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest

from notewright.errors import CannotLoad, NotSaved, UnknownVariable, UntrustedStore


def test_two_names_of_one_object_stay_one_object(notebook) -> None:
    notebook.run("a = [1]; b = a; c = {'inside': a}; d = [1]")
    taken = notebook.recorder.take()
    notebook.run("a.append(2); b = 0; c = 0; d = 0")
    notebook.recorder.restore(taken.id)
    assert notebook["a"] is notebook["b"] is notebook["c"]["inside"]
    assert notebook["a"] == [1]
    assert notebook["d"] is not notebook["a"]


def test_writing_through_a_restored_view_shows_in_its_base(notebook) -> None:
    notebook.run("import numpy as np\nbase = np.arange(20.)\nview = base[4:12:2]")
    taken = notebook.recorder.take()
    notebook.run("base = None; view = None")
    notebook.recorder.restore(taken.id)
    notebook.run("view[1] = -1")
    assert notebook["base"][6] == -1


def test_closures_that_share_a_cell_go_on_sharing_it(notebook) -> None:
    notebook.run(
        "def make():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n"
        "    def get(): return n\n    return up, get\nup, get = make()\nup()"
    )
    taken = notebook.recorder.take()
    notebook.run("up(); up()")
    notebook.recorder.restore(taken.id)
    assert notebook["get"]() == 1
    notebook["up"]()
    assert notebook["get"]() == 2


def test_a_function_that_calls_itself_through_its_closure_comes_back(notebook) -> None:
    notebook.run(
        "def make():\n    def fact(n): return 1 if n < 2 else n * fact(n - 1)\n    return fact\n"
        "fact = make()"
    )
    taken = notebook.recorder.take()
    notebook.run("fact = None")
    notebook.recorder.restore(taken.id)
    assert notebook["fact"](5) == 120


def test_restored_functions_read_the_live_globals(notebook) -> None:
    notebook.run("rate = 2\ndef price(): return 10 * rate")
    taken = notebook.recorder.take()
    notebook.run("price = None")
    notebook.recorder.restore(taken.id)
    notebook.run("rate = 3")
    assert notebook["price"]() == 30


def test_instances_belong_to_their_restored_class(notebook) -> None:
    notebook.run("class P:\n    k = 1\np = P()")
    taken = notebook.recorder.take()
    notebook.run("p.v = 1; P.k = 2; p = 0")
    notebook.recorder.restore(taken.id)
    assert isinstance(notebook["p"], notebook["P"])
    assert notebook["P"].k == 1


def test_loading_an_old_snapshot_leaves_the_live_class_alone(notebook, workspace) -> None:
    notebook.run("class P:\n    k = 1\np = P()")
    taken = notebook.recorder.take()
    notebook.run("P.k = 2")
    old = workspace.snapshots.load(taken)
    assert (old["P"].k, notebook["P"].k) == (1, 2)


def test_a_restore_leaves_what_did_not_change_the_same_object(notebook) -> None:
    notebook.run("same = {'a': [1]}; other = [1]")
    taken = notebook.recorder.take()
    same = notebook["same"]
    notebook.run("other.append(2); new = 1")
    restored = notebook.recorder.restore(taken.id)
    assert notebook["same"] is same
    assert notebook["other"] == [1]
    assert "new" not in notebook.variables
    assert (restored.rebound, restored.removed) == (("other",), ("new",))


def test_only_the_named_variables_come_back(notebook) -> None:
    notebook.run("a = 1; b = 1")
    taken = notebook.recorder.take()
    notebook.run("a = 2; b = 2; c = 2")
    notebook.recorder.restore(taken.id, ["b"])
    assert [notebook[n] for n in "abc"] == [2, 1, 2]


def test_random_state_comes_back_with_a_full_restore_and_is_never_disturbed(notebook) -> None:
    random.seed(1)
    np.random.seed(1)
    notebook.run("x = 1")
    states = random.getstate(), np.random.get_state()[1].tolist()
    taken = notebook.recorder.take()
    assert states == (random.getstate(), np.random.get_state()[1].tolist())
    expected = random.random(), np.random.random()
    notebook.recorder.restore(taken.id)
    assert (random.random(), np.random.random()) == expected


def test_random_state_comes_back_with_some_variables_only_when_named(notebook) -> None:
    notebook.run("x = 1")
    taken = notebook.recorder.take()
    expected = random.random(), np.random.random()
    notebook.run("x = 2; y = 2")
    notebook.recorder.restore(taken.id, ["x"])
    assert (random.random(), np.random.random()) != expected
    restored = notebook.recorder.restore(taken.id, ["random-state"])
    assert (random.random(), np.random.random()) == expected
    assert restored.rebound == ()
    assert notebook["y"] == 2


def test_the_state_that_a_restore_leaves_is_kept(notebook, workspace) -> None:
    notebook.run("x = 'first'")
    first = notebook.recorder.take()
    notebook.run("x = 'second'")
    notebook.recorder.restore(first.id)
    left = workspace.snapshots.list()[-1]
    assert left.kind == "restore"
    assert workspace.snapshots.load(left)["x"] == "second"
    notebook.run("x = 'third'")
    branch = notebook.recorder.take()
    assert branch.parent == first.id, "going on after a restore makes a branch"


def test_a_restore_that_is_refused_takes_no_snapshot(notebook, workspace) -> None:
    notebook.run("model = 1; g = (i for i in ())")
    taken = notebook.recorder.take()
    notebook.run("model = 2")
    for name, refusal in (("modle", UnknownVariable), ("g", NotSaved)):
        with pytest.raises(refusal):
            notebook.recorder.restore(taken.id, ["model", name])
    assert [s.id for s in workspace.snapshots.list()] == [taken.id]
    assert notebook["model"] == 2


def test_what_a_missing_library_made_is_named_and_the_rest_comes_back(
    notebook, workspace, tmp_path, monkeypatch
) -> None:
    (tmp_path / "gone_library.py").write_text("class Thing:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    notebook.run("import gone_library\nx = gone_library.Thing(); y = [1]")
    taken = notebook.recorder.take()
    notebook.run("x = 0; y = 0; del gone_library")
    del sys.modules["gone_library"]
    (tmp_path / "gone_library.py").unlink()
    restored = notebook.recorder.restore(taken.id)
    assert (notebook["y"], notebook["x"]) == ([1], 0)
    assert any("'x' cannot be brought back" in refused for refused in restored.refused)
    with pytest.raises(CannotLoad, match="Install gone_library"):
        notebook.recorder.restore(taken.id, ["x"])


def test_a_variable_that_is_not_there_is_said_so(notebook, workspace) -> None:
    notebook.run("model = 1; g = (i for i in ())")
    taken = notebook.recorder.take()
    with pytest.raises(UnknownVariable, match="Did you mean 'model'"):
        workspace.snapshots.load(taken, ["modle"])
    with pytest.raises(NotSaved, match="Run the cell that made it again"):
        workspace.snapshots.load(taken, ["g"])


def test_a_snapshot_by_an_untrusted_key_is_not_unpickled(notebook, workspace) -> None:
    notebook.run("x = 1")
    taken = notebook.recorder.take()
    with workspace.store.catalog.transaction() as connection:
        connection.execute("UPDATE snapshots SET signature = ?", ("00" * 64,))
    with pytest.raises(UntrustedStore):
        workspace.snapshots.load(taken)


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
