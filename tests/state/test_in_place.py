"""Looks in the process itself: what there is little of, and none of the user's code runs for."""

from __future__ import annotations

import copyreg
import decimal
import gc
import threading
import warnings
from typing import Any

import pytest

from notewright.lineage.cell import Cell
from notewright.state.capture import in_place
from notewright.state.capture.keeper import View
from notewright.state.randomness import random_state


@pytest.fixture
def taken(notebook, monkeypatch: pytest.MonkeyPatch) -> list[View]:
    """The views that are taken from now on, however slow the machine is."""
    monkeypatch.setattr(in_place, "_LONGEST", 60)
    keeper, taken = notebook.recorder._keeper, []
    view = keeper.view
    keeper.view = lambda **how: taken.append(view(**how)) or taken[-1]
    return taken


def run(notebook, code: str) -> Cell:
    """Run a cell that is followed by a snapshot, as in a kernel."""
    cell = Cell(code, code, "saved")
    with notebook.recorder.running(cell):
        exec(code, notebook.variables)
    return cell


def how(taken: list[View]) -> list[str]:
    return ["here" if view.child is None else "copy" for view in taken]


SMALL = [
    "x = 1",
    "rows = [x, {'a': [x]}]; same = rows",
    "table = pd.DataFrame({'a': range(100), 'b': ['text'] * 100})",
    "table['c'] = table['a'] * 2",
    "def scaled(v):\n    return v * x",
    "rows.append(scaled(3))",
    "class Point:\n    scale = 2",
    "del x",
]


@pytest.mark.parametrize("saves", [True, False])
def test_small_things_are_looked_at_here_and_recorded_as_by_a_copy(
    notebook, workspace, taken, monkeypatch, saves: bool
) -> None:
    run(notebook, "import numpy as np, pandas as pd")
    notebook.recorder.autosnapshot = saves
    taken.clear()
    changes = [run(notebook, code).execution.changed for code in SMALL]
    assert how(taken) == ["here"] * len(SMALL)
    assert changes[1:4] == [("rows", "same"), ("table",), ("table",)]
    assert changes[5] == ("rows", "same")
    assert len(workspace.snapshots.list()) == (len(SMALL) if saves else 0)
    if saves:
        loaded = workspace.snapshots.load(workspace.snapshots.get("HEAD"))
        assert loaded["rows"] is loaded["same"]
        assert loaded["rows"] == notebook["rows"]
        assert loaded["table"].equals(notebook["table"])
        assert "x" not in loaded
    monkeypatch.setenv("NOTEWRIGHT_FORK", "1")
    assert run(notebook, "y = 1").execution.changed == ("y",)  # and nothing else, says the copy
    assert how(taken)[-1] == "copy"


OWN_CODE = {
    "a method that pickles": (
        "ran = []\nclass Own:\n    def __getstate__(self): ran.append(1); return {}\nown = Own()"
    ),
    "one of something in a table": (
        "import numpy as np\nran = []\nclass Own:\n    def __reduce__(self): ran.append(1); "
        "return Own, ()\nown = np.array([Own()], dtype=object)"
    ),
    "a subclass": (
        "ran = []\nclass Own(dict):\n    def __reduce_ex__(self, p): ran.append(1); "
        "return Own, ()\nown = [Own()]"
    ),
    "an attribute that is looked up": (
        "ran = []\nclass Own:\n    def __getattribute__(self, name): ran.append(1); "
        "return object.__getattribute__(self, name)\nown = {'deep': (Own(),)}"
    ),
}


@pytest.mark.parametrize("what", OWN_CODE)
def test_no_code_of_the_users_runs_in_the_process_itself(notebook, taken, what: str) -> None:
    notebook.recorder.autosnapshot = True
    run(notebook, OWN_CODE[what])
    assert how(taken) == ["copy"]
    assert notebook["ran"] == []


def test_a_way_to_pickle_that_the_user_registered_runs_in_copies_alone(notebook, taken) -> None:
    notebook.recorder.autosnapshot = True
    code = (
        "import copyreg, decimal\nran = []\ndef reduce(value):\n    ran.append(1)\n"
        "    return decimal.Decimal, (str(value),)\n"
        "copyreg.pickle(decimal.Decimal, reduce)\nprice = decimal.Decimal('1.5')"
    )
    try:
        run(notebook, code)
        assert how(taken) == ["copy"]
        assert notebook["ran"] == []
    finally:
        copyreg.dispatch_table.pop(decimal.Decimal, None)


def test_while_a_thread_of_the_users_runs_copies_are_made(notebook, taken) -> None:
    run(notebook, "x = 0")
    stop = threading.Event()
    notebook.variables["stop"] = None
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        run(notebook, "x = 1")
    finally:
        stop.set()
        thread.join()
    run(notebook, "x = 2")
    assert how(taken) == ["here", "copy", "here"]


def test_what_is_large_is_left_to_a_copy_and_looked_at_here_again_once_it_is_gone(
    notebook, taken
) -> None:
    notebook.recorder.autosnapshot = True
    run(notebook, "import numpy as np\nlarge = np.random.default_rng(0).random(3_000_000)")
    assert how(taken) == ["copy"]
    run(notebook, "del large")
    for number in range(4):
        run(notebook, f"x = {number}")
    assert how(taken)[-1] == "here"


def test_while_looks_here_keep_failing_fewer_and_fewer_are_tried(notebook, taken) -> None:
    tried: list[Any] = []
    keeper = notebook.recorder._keeper
    real = keeper._in_place.tried

    def counted(look: Any, number: int, known: int) -> Any:
        def counting() -> Any:
            tried.append(number)
            return look()

        return real(counting, number, known)

    keeper._in_place.tried = counted
    run(notebook, "class Own: pass\nown = Own()")
    for number in range(40):
        run(notebook, f"x = {number}")
    assert len(tried) <= 7
    assert set(how(taken)) == {"copy"}


def test_a_look_here_leaves_the_process_as_it_was(notebook, taken) -> None:
    run(notebook, "import random, numpy as np\nrandom.seed(1); np.random.seed(1)")
    state, filters = str(random_state()), list(warnings.filters)
    collects = gc.isenabled()
    run(notebook, "x = [1]")
    assert how(taken) == ["here", "here"]
    assert str(random_state()) == state
    assert list(warnings.filters) == filters
    assert gc.isenabled() == collects
