"""Footprints: no value changes without a word of its footprint, and few words change without it."""

from __future__ import annotations

import contextlib
import copyreg
import ctypes
import gc
import operator
import os
import pickle
import sys
import threading
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import cloudpickle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from notewright.lineage.cell import Cell
from notewright.state.capture import in_place, prints
from notewright.state.capture import keeper as keeping
from notewright.state.capture.looking import Print
from notewright.state.memory import layouts
from notewright.state.memory.footprint import Footprint, footprint
from notewright.state.memory.layouts import Odd, all_runs
from notewright.state.memory.places import has_shared_values
from notewright.state.memory.protection import Protection
from notewright.state.memory.trials import is_as_expected

pytestmark = pytest.mark.skipif(
    not is_as_expected(), reason="this interpreter's objects are laid out otherwise"
)


def differs(own: Footprint) -> bool:
    return own.differs(np.arange(len(own.pages)))


def made(value: Any) -> Footprint:
    own = footprint(value)
    assert own is not None
    return own


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.complex_numbers(allow_nan=False),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.text(max_size=3), inner, max_size=5),
        st.dictionaries(st.integers(0, 999), inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.sets(st.integers(0, 99), max_size=9),
        st.frozensets(st.text(max_size=2), max_size=9),
    ),
    max_leaves=25,
)


def places(value: Any, found: list[Any]) -> list[Any]:
    """Return all containers in `value` that can be changed."""
    if isinstance(value, (list, dict, set)):
        found.append(value)
    if isinstance(value, (list, tuple)):
        for each in value:
            places(each, found)
    if isinstance(value, dict):
        for each in value.values():
            places(each, found)
    return found


def change(place: Any, how: int, new: Any) -> None:
    """Change one container somehow, or leave it as it is."""
    if isinstance(place, set):
        place ^= {how}
    elif isinstance(place, list):
        if place and how % 3 == 0:
            place[how % len(place)] = new
        elif place and how % 3 == 1:
            del place[how % len(place)]
        else:
            place.append(new)
    elif place and how % 3 == 0:
        place[list(place)[how % len(place)]] = new
    elif place and how % 3 == 1:
        del place[list(place)[how % len(place)]]
    else:
        place[next(iter(place), "new") if how % 2 else "another"] = new


def as_seen(value: Any) -> bytes:
    """Return what a snapshot would store of it, in the order that it has."""
    return pickle.dumps(value, protocol=5)


@settings(max_examples=300)
@given(VALUES, st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), LEAVES), max_size=4))
def test_a_value_that_changes_anywhere_differs(value, changes) -> None:
    own, before = footprint(value), as_seen(value)
    if own is None:
        return  # there is no memory that is its own: the interpreter's small numbers and such
    assert not differs(own)
    for where, how, new in changes:
        if found := places(value, []):
            change(found[where % len(found)], how, new)
    if as_seen(value) != before:
        assert differs(own)


@settings(max_examples=20)  # each collects all garbage
@given(VALUES)
def test_looking_at_a_value_in_any_way_leaves_it_as_it_was(value) -> None:
    own = footprint(value)
    if own is None:
        return
    kept = [value, [value], {"held": value}]
    repr(value)
    pickle.dumps(value)
    gc.collect()
    sys.getsizeof(value)
    assert not differs(own)
    del kept
    assert not differs(own)


def test_a_value_with_another_in_the_very_place_of_a_part_differs() -> None:
    value = [float("12345.5"), 1]
    own, place = made(value), id(value[0])
    value[0] = None  # its memory is free, and the next number goes there
    value[0] = float("54321.5")
    assert id(value[0]) == place
    assert differs(own)


def test_a_value_whose_buffer_c_code_writes_into_differs() -> None:
    inner = np.arange(50)
    value = [inner]
    own = made(value)
    ctypes.memset(inner.ctypes.data + 8, 99, 1)
    assert differs(own)


CHANGES: dict[str, Callable[[RandomForestClassifier], object]] = {
    "a parameter": lambda m: m.set_params(n_jobs=2),
    "a fitted attribute": lambda m: setattr(m, "n_outputs_", 2),
    "a new attribute": lambda m: setattr(m.estimators_[1], "note", "mine"),
    "an attribute less": lambda m: delattr(m, "n_outputs_"),
    "an array of the model": lambda m: m.classes_.__setitem__(0, 7),
    "a threshold in a tree": lambda m: m.estimators_[2].tree_.threshold.__setitem__(0, 0.25),
    "a value in a tree": lambda m: m.estimators_[0].tree_.value.__setitem__((0, 0, 0), 0.25),
    "a tree less": lambda m: m.estimators_.pop(),
    "another class": lambda m: setattr(m.estimators_[0], "__class__", RandomForestClassifier),
    "a dtype": lambda m: setattr(m.classes_, "dtype", "f8"),
    "a flag": lambda m: m.classes_.setflags(write=False),
    "trained again": lambda m: m.fit(*data(1)),
}


def data(seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    rows = rng.random((200, 4))
    return rows, (rows[:, 0] > rows[:, 1]).astype(int)


#: Elsewhere objects with attributes have no footprint.
attributes_known = pytest.mark.skipif(
    not has_shared_values(), reason="this interpreter keeps attributes otherwise"
)


@attributes_known
@pytest.mark.parametrize("what", CHANGES)
def test_a_forest_that_changes_anywhere_differs(what: str) -> None:
    model = RandomForestClassifier(5, random_state=0).fit(*data(0))
    own = made(model)
    model.predict(data(2)[0])
    repr(model)
    assert not differs(own)
    CHANGES[what](model)
    assert differs(own)


def test_where_attributes_are_kept_otherwise_objects_with_some_have_no_footprint(
    monkeypatch,
) -> None:
    bare, asked = DecisionTreeClassifier(max_depth=2), DecisionTreeClassifier(max_depth=2)
    attributes = vars(asked)
    monkeypatch.setattr(layouts, "has_shared_values", lambda: False)
    for value in ([bare], [asked], [attributes]):
        assert footprint(value) is None


@attributes_known
def test_attributes_count_whether_or_not_somebody_has_asked_for_their_dictionary() -> None:
    bare, asked = DecisionTreeClassifier(max_depth=2), DecisionTreeClassifier(max_depth=2)
    vars(asked)
    for model in (bare, asked):
        models = [model]
        own = made(models)
        assert not differs(own)
        model.max_depth = 3
        assert differs(own)


LIBRARY = """
from sklearn.base import BaseEstimator
answers = []

class Item:
    def __init__(self, n=1):
        self.n = n

class Sub(Item):
    pass

class Answers(Item):
    def __getattribute__(self, name):
        if name == "__reduce_ex__" and answers:
            return lambda protocol: (Item, ())
        return object.__getattribute__(self, name)

class Empty:
    __slots__ = ()

class Mixed:
    def __getstate__(self):
        return {"n": list(answers)}

class Estimator(BaseEstimator, Mixed):
    pass
"""


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module with classes, as a library's or one of the user's own."""
    made = ModuleType("library_of_classes")
    monkeypatch.setitem(sys.modules, made.__name__, made)
    exec(LIBRARY, vars(made))
    return made


def renamed(library: Any) -> None:
    library.Other, library.Item.__qualname__ = library.Item, "Other"


#: What changes how objects are saved, and nothing of the objects.
SAVED_OTHERWISE: dict[str, Callable[[Any], object]] = {
    "a state": lambda lib: setattr(lib.Item, "__getstate__", lambda self: {"n": 7}),
    "a reduction": lambda lib: setattr(lib.Item, "__reduce__", lambda self: (lib.Item, ())),
    "a base's": lambda lib: setattr(lib.Item, "__reduce_ex__", lambda self, p: (list, ())),
    "arguments": lambda lib: setattr(lib.Item, "__getnewargs__", lambda self: ()),
    "another base": lambda lib: setattr(lib.Sub, "__bases__", (lib.Mixed,)),
    "a name": renamed,
    "a module": lambda lib: setattr(lib.Item, "__module__", "another"),
    "another class of that name": lambda lib: setattr(lib, "Item", lib.Sub),
    "no class of that name": lambda lib: delattr(lib, "Sub"),
    "a module of that name": lambda lib: sys.modules.update({lib.__name__: ModuleType("other")}),
    "copyreg": lambda lib: copyreg.pickle(lib.Item, lambda self: (lib.Item, ())),
    "cloudpickle": cloudpickle.register_pickle_by_value,
}


@attributes_known
@pytest.mark.parametrize("what", SAVED_OTHERWISE)
def test_a_value_whose_classes_are_saved_otherwise_differs(library, monkeypatch, what) -> None:
    for shared in (copyreg.dispatch_table, sys.modules):
        monkeypatch.setitem(shared, library.Item, None)  # put back what is registered
        monkeypatch.delitem(shared, library.Item)
    value = [library.Item(), library.Sub(), library.Item]
    own = made(value)
    assert not own.is_saved_otherwise()
    try:
        SAVED_OTHERWISE[what](library)
        assert own.is_saved_otherwise()
    finally:
        with contextlib.suppress(ValueError):
            cloudpickle.unregister_pickle_by_value(library)


def test_a_number_that_is_saved_otherwise_differs() -> None:
    own = made([5j])
    try:
        copyreg.pickle(complex, lambda number: (float, ()))
        assert own.is_saved_otherwise()
    finally:
        copyreg.pickle(complex, copyreg.pickle_complex)


@pytest.mark.parametrize("name", ["Answers", "Empty", "Estimator"])
def test_an_object_whose_class_has_a_say_in_how_it_is_saved_has_no_footprint(library, name) -> None:
    assert footprint([getattr(library, name)()]) is None


class Own:
    def __init__(self) -> None:
        self.value = [1]


class WithState(Own):
    def __getstate__(self) -> Any:
        return {"value": os.getpid()}


class WithReduce(Own):
    def __reduce__(self) -> Any:
        return Own, ()


class WithSlots:
    __slots__ = ("__dict__", "slot")


class ListOfOwn(list):
    pass


NONE_OF = [
    object(),
    [object()],
    {"a": {"deep": [lambda: 1]}},
    [WithState()],
    [WithReduce()],
    [WithSlots()],
    [ListOfOwn()],
    [bytearray(b"changes")],
    [memoryview(b"shown")],
    [SimpleNamespace(a=1)],
    [np.zeros(3, [("a", "f8"), ("b", "i4")])],
    [np.datetime64("2026-01-01")],
    [np.ma.masked_array([1.0], [True])],
    [threading.Lock()],
    [os],
    [type("Local", (), {"__module__": "__main__"})()],
    [iter([1])],
    [globals()],
]


@pytest.mark.parametrize("value", NONE_OF, ids=lambda value: str(value)[:30])
def test_a_value_with_parts_that_nothing_is_known_of_has_no_footprint(value) -> None:
    assert footprint(value) is None


def test_a_value_nested_too_deeply_has_no_footprint() -> None:
    value: list[Any] = []
    for _ in range(1000):
        value = [value]
    with pytest.raises(Odd):
        all_runs(value)


def test_memory_that_is_gone_differs_and_harms_nobody() -> None:
    value = [np.ones(4_000_000)]  # far too large for the heap: freed, its memory is unmapped
    own = made(value)
    value.clear()
    assert differs(own)


# -- in a notebook --------------------------------------------------------------------------

SETUP = (
    "import ctypes, threading, numpy as np\n"
    "records = {f'k{i}': {'id': i, 'name': f'name {i}', 'v': [i, i + 0.5]} for i in range(4000)}\n"
    "inner = records['k77']\n"
    "small = 1"
)


def held(notebook) -> list[Print]:
    """Return the values with footprints, once all that are being made are there."""
    keeper = notebook.recorder._keeper
    notebook.recorder.settle()
    with keeper._ready:
        assert keeper._ready.wait_for(lambda: keeper._printing is None, 60)
    return [each.print for each in keeper._prints._held if each.proved and not each.differs]


@pytest.fixture
def printed(notebook):
    """A notebook with a large value that has a footprint."""
    if not Protection().works:
        pytest.skip("this system does not tell which pages were written")
    for other in list(keeping._keepers):  # no two can protect the same memory
        if other is not notebook.recorder._keeper:
            other._prints.close()
            other._watch.close()
    notebook.recorder.autosnapshot = True
    run(notebook, SETUP)
    notebook.recorder.settle()
    run(notebook, "first = bytes(10 ** 6)")  # more than is looked at in the process itself
    notebook.recorder.settle()
    run(notebook, "del first")
    for _ in range(20):  # one that comes too late is made again some cells later
        if "records" in [each.seen.name for each in held(notebook)]:
            return notebook
        run(notebook, "small = 1")
    return pytest.fail("there is no footprint")


def run(notebook, code: str) -> None:
    """Run a cell that is followed by a snapshot, as in a kernel."""
    cell = Cell(code, code, "saved")
    with notebook.recorder.running(cell):
        exec(code, notebook.variables)


def views(notebook) -> list[Any]:
    """Return the views that are taken from now on."""
    keeper, taken = notebook.recorder._keeper, []
    view = keeper.view
    keeper.view = lambda **how: taken.append(view(**how)) or taken[-1]
    return taken


def test_while_a_large_value_stays_as_it_is_no_copy_is_made(
    printed, workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_place, "_LONGEST", 60)  # however slow the machine is
    printed.recorder._keeper._in_place.try_again()
    taken = views(printed)
    for number in range(5):
        run(printed, f"small = {number}; texts = ['{number}'] * 3; records['k5']['id']")
    printed.recorder.settle()
    assert [view.child for view in taken] == [None] * 5
    for number, snapshot in enumerate(workspace.snapshots.list()[-5:]):
        loaded = workspace.snapshots.load(snapshot)
        assert (loaded["small"], loaded["texts"]) == (number, [str(number)] * 3)
        assert loaded["records"] == printed["records"]


IN_PLACE = [
    "records['k500']['name'] = 'somebody else'",
    "records['k500']['v'].append(1)",
    "inner['v'][0] = 'by another name'",
    "records['k9']['v'][1] += 1",
    "del records['k100']",
    "records['new'] = {}",
    "records['k3'] = dict(reversed(records['k3'].items()))",
    "globals()['records'].clear()",
    "threading.Thread(target=lambda: records.pop('k7')).start(); "
    "[t.join() for t in threading.enumerate() if t.name.endswith('(<lambda>)')]",
    "C = ctypes.py_object; ctypes.pythonapi.PyDict_SetItemString(C(records), b'by C', C(1)); del C",
    "records = dict(records)",
    "records['k1'], records['k2'] = records['k2'], records['k1']",
    "x = records.pop('k1'); records['k1'] = x",
]


@pytest.mark.parametrize("code", IN_PLACE)
def test_every_change_to_a_large_value_is_in_the_next_snapshot(printed, workspace, code) -> None:
    run(printed, "small = 2")
    run(printed, code)
    run(printed, "small = 3")
    printed.recorder.settle()
    assert not printed.recorder.problems
    before, changed, after = (workspace.snapshots.load(s) for s in workspace.snapshots.list()[-3:])
    assert before["small"] == 2
    assert len(before["records"]) == 4000
    assert before["records"]["k500"]["name"] == "name 500"
    for loaded in (changed, after):
        assert list(loaded["records"].items()) == list(printed["records"].items())
        if "inner" in loaded and "k77" in loaded["records"]:
            same = printed["records"]["k77"] is printed["inner"]
            assert (loaded["records"]["k77"] is loaded["inner"]) == same


def test_a_variable_that_shares_with_a_large_value_is_stored_with_it(printed, workspace) -> None:
    run(printed, "part = records['k5']['v']")
    run(printed, "small = 4")
    printed.recorder.settle()
    loaded = workspace.snapshots.load(workspace.snapshots.list()[-1])
    assert loaded["part"] is loaded["records"]["k5"]["v"]
    assert loaded["inner"] is loaded["records"]["k77"]


def test_large_values_that_share_are_stored_together_while_nobody_looks_at_them(
    printed, workspace
) -> None:
    run(printed, "others = {f'o{i}': records[f'k{i}'] for i in range(100, 4000)}; alone = [0]")
    assert {each.seen.name for each in held(printed)} >= {"records", "others"}
    taken = views(printed)
    run(printed, "more = [alone]")  # what is shared has to be found out anew
    printed.recorder.settle()
    assert {each.seen.name for each in taken[0].unchanged.values()} >= {"records", "others"}
    loaded = workspace.snapshots.load(workspace.snapshots.list()[-1])
    assert loaded["others"]["o700"] is loaded["records"]["k700"]
    assert loaded["more"][0] is loaded["alone"]


@pytest.mark.parametrize("where", ["k500", "k3000"])
def test_a_change_to_pages_that_are_written_before_every_view_is_in_the_next_snapshot(
    printed, workspace, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    watched = printed.recorder._keeper._prints
    monkeypatch.setattr(prints, "_MOST_COMPARED", 1 << 20)
    monkeypatch.setattr(watched.protection, "written", lambda span, *, anew: [span])
    for _ in range(3):
        run(printed, "small = 1")
    parts = [each.written for each in watched._held]
    run(printed, "small = 2")
    assert all(map(operator.is_, parts, [each.written for each in watched._held]))
    assert "records" in [each.seen.name for each in held(printed)]
    run(printed, f"records['{where}']['id'] = 'another'")
    printed.recorder.settle()
    loaded = workspace.snapshots.load(workspace.snapshots.list()[-1])
    assert loaded["records"] == printed["records"]
    assert loaded["records"][where]["id"] == "another"


def test_a_value_that_keeps_changing_is_left_alone_more_and_more(printed) -> None:
    made = []
    for number in range(24):
        run(printed, f"records['k1']['id'] = {number}")
        made.append("records" in [each.seen.name for each in held(printed)])
    assert sum(made[12:]) < sum(made[:12])


def test_a_value_that_was_gone_through_is_left_to_a_copy(printed, monkeypatch) -> None:
    monkeypatch.setattr(prints, "_MOST_COMPARED", 10)
    taken = views(printed)
    run(printed, "total = sum(each['id'] for each in records.values())")
    assert taken[0].child is not None
    assert not taken[0].unchanged
    assert not printed.recorder.problems


def test_no_copy_is_made_while_a_cell_runs(printed, monkeypatch) -> None:
    # A library of linear algebra whose threads are at work would wait for them at a fork for ever.
    keeper = printed.recorder._keeper
    made: list[bool] = []
    real = keeping.fork

    def fork(*how: Any, **more: Any) -> Any:
        made.append(keeper._begun)
        return real(*how, **more)

    monkeypatch.setattr(keeping, "fork", fork)
    run(printed, "records['k1']['id'] = 'another'; texts = bytes(10 ** 6)")
    keeper.begin()  # the next cell begins before this one's view is finished
    printed.recorder.settle()
    assert not any(made)
    assert not keeper._fork_for_prints()
    run(printed, "texts = 1")
    assert not any(made)


def test_a_list_that_becomes_the_paths_of_python_is_saved_as_that(
    printed, workspace, monkeypatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    run(printed, "import sys; records['k1'] = mine = list(sys.path)")
    run(printed, "sys.argv = sys.argv")
    assert [each.seen.name for each in held(printed)] == ["records"]
    run(printed, "sys.path = mine")
    printed.recorder.settle()
    loaded = workspace.snapshots.load(workspace.snapshots.list()[-1])
    assert loaded["records"]["k1"] is sys.path


def test_values_that_have_classes_in_common_get_their_footprints_together(printed) -> None:
    code = (
        "from sklearn.ensemble import RandomForestClassifier as F\n"
        "x = np.random.default_rng(0).random((300, 4)); y = (x[:, 0] > x[:, 1]).astype(int)\n"
        "one, two, three = (F(40 + k, random_state=k).fit(x, y) for k in range(3))"
    )
    run(printed, code)
    assert {each.seen.name for each in held(printed)} == {"records", "one", "two", "three"}
    taken = views(printed)
    run(printed, "small = 9")
    assert len(taken[0].unchanged) == 4
    run(printed, "F.__getstate__ = lambda self: {'n_estimators': 3}")
    try:
        assert [each.seen.name for each in taken[1].unchanged.values()] == ["records"]
    finally:
        del RandomForestClassifier.__getstate__


def test_what_shows_an_array_of_a_large_value_is_stored_with_it(printed, workspace) -> None:
    pytest.importorskip("pyarrow")
    code = (
        "arrays = [np.arange(40.) + k for k in range(3000)]; text = [str(k) for k in range(20_000)]"
    )
    run(printed, code)
    assert {each.seen.name for each in held(printed)} >= {"arrays", "text"}
    run(printed, "import pyarrow; shown = pyarrow.array(arrays[7])")
    run(printed, "small = 5")
    printed.recorder.settle()
    loaded = workspace.snapshots.load(workspace.snapshots.list()[-1])
    loaded["arrays"][7][0] = 99
    assert loaded["shown"][0].as_py() == 99
    assert ("arrays", "shown") in printed.recorder._keeper.known().sharing


def test_memory_that_is_watched_as_a_large_array_is_watched_once(printed, monkeypatch) -> None:
    # Whoever protects pages again keeps the other from hearing of their writes.
    prints_ = printed.recorder._keeper._prints
    run(printed, "large = np.ones(2_000_000)")
    run(printed, "small = 2")
    printed.recorder.settle()
    known = printed.recorder._keeper._known.large
    assert known
    prints_.unchanged(known)
    run(printed, "more = [[k, float(k)] for k in range(20_000)]; more.append(large[:0])")
    held(printed)
    prints_.unchanged(known)
    pages = np.concatenate(
        [np.empty(0, int), *(each.print.footprint.pages for each in prints_._held)]
    )
    (start, size), *_ = known
    assert not ((pages * 4096 > start) & (pages * 4096 + 4096 < start + size)).any()
