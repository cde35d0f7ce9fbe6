"""A restore may use the memory of what it drops again, and nobody else ever sees that."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notewright.errors import CorruptObject
from notewright.lineage.cell import Cell
from notewright.state.pickling.arrays import address
from notewright.store.objects import ObjectStore

ROWS = 300_000
MAKE = "import numpy as np, pandas as pd\nrng = np.random.default_rng(0)\n"
#: What makes a large array or a table, what changes it in place, and where its memory is.
KINDS = {
    "an array": (f"v = rng.random({ROWS})", "v[::100] += 1", "v"),
    "one in columns": (
        f"v = np.asfortranarray(rng.random(({ROWS}, 2)))",
        "v[5:100, 1] = 3",
        "v",
    ),
    "one with axes in another order": (
        f"v = np.ascontiguousarray(rng.random(({ROWS // 6}, 2, 3)).transpose(1, 2, 0))"
        ".transpose(2, 0, 1).copy(order='K')",
        "v[1:99] = 3",
        "v",
    ),
    "one of bytes": (f"v = np.arange({ROWS * 8 + 3}, dtype=np.uint8)", "v[-1] += 1", "v"),
    "a table": (
        f"v = pd.DataFrame(rng.random(({ROWS}, 4)), columns=list('abcd'))",
        "v.iloc[1000:2000, 2] = 0.5",
        "v._mgr.blocks[0].values",
    ),
    "a view and what it is of": (
        f"v = rng.random({ROWS})\nother = v[::2]",
        "other[7] = 1",
        "v",
    ),
    "in a dictionary": (f"v = {{'x': [rng.random({ROWS})]}}", "v['x'][0][3] = 9", "v['x'][0]"),
    "all of it changed": (f"v = rng.random({ROWS})", "v[:] = -v", "v"),
}


def state_of(notebook) -> dict[str, Any]:
    """Return copies of the variables."""
    variables = notebook.namespace.variables().items()
    return {n: copy.deepcopy(v) for n, v in variables if n not in ("np", "pd", "rng")}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, pd.DataFrame):
        return one.equals(other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def two_states(notebook, kind: str) -> tuple[str, str]:
    """Make something and change it; return the snapshots of both states."""
    make, change, _ = KINDS[kind]
    notebook.run(MAKE + make)
    first = notebook.recorder.take().id
    notebook.run(change)
    return first, notebook.recorder.take().id


def go_back(notebook, ref: str, only: list[str] | None = None) -> None:
    """Restore in a cell beside which nothing else runs."""
    cell = Cell("%nw restore", "%nw restore")
    with notebook.recorder.running(cell):
        notebook.recorder.restore(ref, only, still=True)


def identities(notebook) -> dict[str, int]:
    return {name: id(value) for name, value in notebook.namespace.variables().items()}


def where(notebook, kind: str) -> int:
    """Return where the memory of the first array begins."""
    return address(eval(KINDS[kind][2], notebook.variables))


@pytest.mark.parametrize("kind", KINDS)
def test_memory_that_only_the_old_variable_had_is_used_again(notebook, kind) -> None:
    first, second = two_states(notebook, kind)
    place, late = where(notebook, kind), state_of(notebook)
    go_back(notebook, first)
    early = state_of(notebook)
    assert not same(early, late)
    assert where(notebook, kind) == place
    loaded = notebook.workspace.snapshots.load(notebook.workspace.snapshots.get(first))
    assert all(same(loaded[name], value) for name, value in early.items())
    assert eval(KINDS[kind][2], notebook.variables).flags.writeable
    go_back(notebook, second)
    assert same(state_of(notebook), late)
    taken = notebook.recorder.take()
    saved = notebook.workspace.snapshots.get(second)
    assert {v.name: v.digest for v in taken.variables} == {
        v.name: v.digest for v in saved.variables
    }


class _Holder:
    def __init__(self, held: Any) -> None:
        self.held = held


class _Last:
    """Says what it has when it goes."""

    def __init__(self, held: np.ndarray, said: list[float]) -> None:
        self.held, self.said = held, said

    def __del__(self) -> None:
        self.said.append(float(self.held[0]))


def _generator(value: Any) -> Any:
    held = [value]
    yield
    del held


def _begun(value: Any) -> Any:
    generator = _generator(value)
    next(generator)
    return generator


#: Ways in which something outside of the variables may have an array.
HOLDERS: dict[str, Callable[[np.ndarray], Any]] = {
    "a list": lambda a: [a],
    "an attribute": _Holder,
    "a view": lambda a: a[3:],
    "a view of a view": lambda a: a[3:][::2],
    "a memoryview": memoryview,
    "a closure": lambda a: lambda: a,
    "a default": lambda a: eval("lambda a=a: a", {"a": a}),
    "a generator": _begun,
    "an array of objects": lambda a: np.array([None, a, "x"], dtype=object),
    "a table's column": lambda a: pd.Series(a, copy=False),
    "an iterator": lambda a: iter([a]),
    "a bound method": lambda a: a.sum,
    "what indexes it": lambda a: np.nditer(a),
    "a buffer of it": lambda a: np.frombuffer(a),
    "a tuple in a cycle": lambda a: (lambda c: (c.append((a, c)), c)[1])([]),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_what_anybody_else_has_stays_what_it_is(notebook, holder) -> None:
    first, _ = two_states(notebook, "an array")
    held = HOLDERS[holder](notebook["v"])
    place, before = where(notebook, "an array"), notebook["v"].copy()
    # An array over the old memory, as an oracle: `held` keeps that alive.
    old = np.ctypeslib.as_array((np.ctypeslib.ctypes.c_double * ROWS).from_address(place))
    go_back(notebook, first)
    assert where(notebook, "an array") != place
    assert np.array_equal(old, before), holder
    assert not np.array_equal(notebook["v"], before)
    del held


def test_a_weak_reference_ends_as_it_always_does(notebook) -> None:
    first, _ = two_states(notebook, "an array")
    weak = weakref.ref(notebook["v"])
    go_back(notebook, first)
    assert weak() is None


def test_another_variable_of_a_group_that_stays_keeps_its_memory(notebook) -> None:
    notebook.run(MAKE + f"base = rng.random({ROWS}); view = base[::2]; flag = [base]")
    taken = notebook.recorder.take().id
    notebook.run("view = view * 2")
    notebook.recorder.take()
    before = notebook["base"]
    go_back(notebook, taken)
    assert notebook["base"] is before
    assert notebook["view"].base is before


def test_an_object_that_does_something_when_it_goes_still_has_what_it_had(notebook) -> None:
    notebook.variables["Last"] = _Last
    notebook.run(MAKE + f"said = []\nv = Last(rng.random({ROWS}), said)\nfirst = v.held[0]")
    taken = notebook.recorder.take().id
    notebook.run("v.held[0] = 77.0")
    notebook.recorder.take()
    said = notebook["v"].said
    go_back(notebook, taken, ["v"])
    assert said == [77.0]


@pytest.mark.parametrize("error", [KeyboardInterrupt, CorruptObject("0" * 64, "a test"), OSError])
@pytest.mark.parametrize("kind", ["an array", "all of it changed"])
def test_a_restore_that_cannot_read_all_changes_nothing(notebook, monkeypatch, kind, error) -> None:
    first, _ = two_states(notebook, kind)
    before, objects = state_of(notebook), identities(notebook)
    read, reads = ObjectStore.read_into, iter(range(1000))

    def fails_later(self: ObjectStore, address: str, target: memoryview) -> None:
        if next(reads) >= 1:
            raise error
        read(self, address, target)

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt, CorruptObject):
        patch.setattr(ObjectStore, "read_into", fails_later)
        assert notebook.recorder.restore(first, still=True).refused
    assert next(reads) > 1
    assert identities(notebook) == objects
    assert same(state_of(notebook), before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_restore_that_ends_before_it_has_bound_changes_nothing(
    notebook, monkeypatch, kind
) -> None:
    first, _ = two_states(notebook, kind)
    before, objects = state_of(notebook), identities(notebook)

    def ends(*_: Any) -> tuple[str, ...]:
        assert not same(state_of(notebook), before)  # which it is there already
        raise KeyboardInterrupt

    monkeypatch.setattr("notewright.state.restoring.bind", ends)
    with pytest.raises(KeyboardInterrupt):
        notebook.recorder.restore(first, still=True)
    assert identities(notebook) == objects
    assert same(state_of(notebook), before)


class _Sour:
    """Cannot always be loaded."""

    sours = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        if self.sours:
            raise ValueError("no")
        self.__dict__.update(state)


def test_a_group_that_cannot_be_loaded_leaves_its_variables_as_they_are(
    notebook, monkeypatch
) -> None:
    notebook.variables["Sour"] = _Sour
    notebook.run(MAKE + f"v = [rng.random({ROWS}), Sour()]\nv[1].x = 1")
    taken = notebook.recorder.take().id
    notebook.run("v[0][::100] = 5; v[1].x = 2")
    notebook.recorder.take()
    before, objects = notebook["v"][0].copy(), identities(notebook)
    monkeypatch.setattr(_Sour, "sours", True)
    (refused,) = notebook.recorder.restore(taken, still=True).refused
    assert "'v'" in refused
    assert identities(notebook) == objects
    assert np.array_equal(notebook["v"][0], before)


def test_where_other_code_may_run_meanwhile_nothing_is_used_again(notebook) -> None:
    first, _ = two_states(notebook, "an array")
    old = notebook["v"]
    place = address(old)
    del old
    before = np.ctypeslib.as_array((np.ctypeslib.ctypes.c_double * ROWS).from_address(place)).copy()
    keep = notebook["v"]
    notebook.recorder.restore(first)
    assert np.array_equal(keep, before)
    assert where(notebook, "an array") != place


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_of_two_states_differs_is_exact_after_each_restore(tmp_path_factory, data) -> None:
    from tests.conftest import PlainNotebook

    from notewright.workspace import Workspace

    folder = tmp_path_factory.mktemp("reuse")
    notebook = PlainNotebook(Workspace(folder), folder)
    dtype = data.draw(st.sampled_from(["f8", "f4", "i2", "u1", "M8[s]", "S7"]))
    size = data.draw(st.integers(262_144, 3_000_000))
    notebook.run(
        f"import numpy as np\nrng = np.random.default_rng(1)\n"
        f"a = np.frombuffer(rng.bytes({size} // np.dtype('{dtype}').itemsize"
        f" * np.dtype('{dtype}').itemsize), '{dtype}').copy()\nb = a[5:9]"
    )
    states: dict[str, bytes] = {}
    try:
        for _ in range(data.draw(st.integers(2, 4))):
            taken = notebook.recorder.take()
            states[taken.id] = notebook["a"].tobytes()
            start = data.draw(st.integers(0, len(notebook["a"]) - 1))
            length = data.draw(st.integers(1, len(notebook["a"])))
            notebook.run(f"a[{start}:{start + length}] = a[::-1][{start}:{start + length}].copy()")
        notebook.recorder.take()
        for _ in range(4):
            chosen = data.draw(st.sampled_from(sorted(states)))
            go_back(notebook, chosen)
            assert notebook["a"].tobytes() == states[chosen]
            assert notebook["b"].base is notebook["a"]
    finally:
        notebook.close()
