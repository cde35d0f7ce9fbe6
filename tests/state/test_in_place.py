"""Looks in the process itself: what there is little of, and none of the user's code runs for."""

from __future__ import annotations

import copyreg
import decimal
import gc
import signal
import sys
import threading
import time
import warnings
from typing import Any

import pandas as pd
import pytest

from notewright.lineage.cell import Cell
from notewright.state.capture import in_place
from notewright.state.capture.keeper import View
from notewright.state.capture.looking import Memory
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


WRAPPED = (
    "import functools, pandas as pd\nran = []\nreal = pd.DataFrame.__getstate__\n"
    "@functools.wraps(real)\ndef state(table):\n    ran.append(1)\n    return real(table)\n"
    "pd.DataFrame.__getstate__ = state\nown = pd.DataFrame({'a': [1]})"
)
BETWEEN = {
    "of a metaclass": (
        "ran = []\nclass Meta(type):\n    def __hash__(cls): ran.append(1); return 1\n"
        "class Own(metaclass=Meta): pass\nown = [Own()]\ndel Meta, Own; ran.clear()"
    ),
    "of who owns an array's memory": (
        "import numpy as np\nran = []\nclass Own:\n"
        "    __array_interface__ = (kept := np.zeros(4)).__array_interface__\n"
        "    def __getattribute__(self, name):\n"
        "        ran.append(name); return object.__getattribute__(self, name)\n"
        "own = np.asarray(Own()); ran.clear()"
    ),
    "of a class that says it is a library's": (
        "ran = []\nclass Own:\n    __module__ = 'collections'\n"
        "    def __reduce__(self): ran.append(1); return dict, ()\nown = Own()"
    ),
    "of a key that a view shows": (
        "import types\nran = []\nclass Own:\n    def __hash__(self): return hash('__module__')\n"
        "    def __eq__(self, other): ran.append(1); return False\n"
        "own = types.MappingProxyType({Own(): 1})\ndel Own; ran.clear()"
    ),
    "that a library's class was given": WRAPPED,
}


@pytest.mark.parametrize("what", BETWEEN)
def test_no_code_runs_in_the_process_itself(notebook, taken, what: str) -> None:
    notebook.recorder.autosnapshot = True
    before = pd.DataFrame.__dict__.get("__getstate__")
    try:
        run(notebook, BETWEEN[what])
        assert notebook["ran"] == []
    finally:
        if before is None and "__getstate__" in pd.DataFrame.__dict__:
            del pd.DataFrame.__getstate__


@pytest.mark.parametrize("how_made", ["functools.partial(reduce)", "functools.wraps(len)(reduce)"])
def test_a_way_to_pickle_is_the_users_however_it_was_made(notebook, taken, how_made) -> None:
    notebook.recorder.autosnapshot = True
    code = (
        "import copyreg, decimal, functools\nran = []\ndef reduce(value):\n    ran.append(1)\n"
        "    return decimal.Decimal, (str(value),)\n"
        f"copyreg.pickle(decimal.Decimal, {how_made})\nprice = decimal.Decimal('1.5')"
    )
    try:
        run(notebook, code)
        assert notebook["ran"] == []
    finally:
        copyreg.dispatch_table.pop(decimal.Decimal, None)


def test_a_long_text_is_left_to_a_copy_and_gets_no_larger(notebook, taken) -> None:
    run(notebook, "text = 'é' * 1_000_000")
    assert how(taken) == ["copy"]
    assert sys.getsizeof(notebook["text"]) < 1_100_000


LONG = {
    "an array of objects": "import numpy as np\nlong = np.full(3_000_000, None)",
    "counts": "import collections\nlong = collections.Counter(range(2_000_000))",
}


@pytest.mark.parametrize("what", LONG)
def test_what_was_long_is_not_gone_through_here_again(notebook, taken, what: str) -> None:
    run(notebook, LONG[what])
    notebook.recorder.settle()
    keeper = notebook.recorder._keeper
    began = time.process_time()
    with pytest.raises(in_place.TooMuch):
        in_place.look_here(keeper._namespace, keeper._known, Memory(), save=False)
    assert time.process_time() - began < 0.02


def test_a_look_that_took_too_long_is_not_made_here_again_soon() -> None:
    looks = in_place.InPlace()
    assert looks.tried(lambda: time.sleep(0.01) or "seen", 2, 1) == "seen"
    assert looks.tried(lambda: "seen", 3, 2) is None
    assert looks.tried(lambda: "seen", 4, 3) == "seen"


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


def test_while_a_function_of_the_users_waits_for_a_signal_copies_are_made(notebook, taken) -> None:
    run(notebook, "x = 0")
    before = signal.getsignal(signal.SIGVTALRM)
    try:
        run(notebook, "import signal; signal.signal(signal.SIGVTALRM, lambda *_: x.append(1))")
    finally:
        signal.signal(signal.SIGVTALRM, before)
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
