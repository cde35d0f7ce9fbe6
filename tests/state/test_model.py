"""Whatever cells do, every snapshot is the namespace as it was: values, and what is shared.

Cells are run in a notebook. What its namespace ought to be at any moment is
got by running the same cells again in a plain dictionary, so the oracle knows
nothing of snapshots; two namespaces are compared object by object, with a
one-to-one relation between everything in them that can change.
"""

from __future__ import annotations

import shutil
import tempfile
import types
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from numpy.lib.array_utils import byte_bounds

from notewright.lineage.cell import Cell
from notewright.lineage.files import Opened
from notewright.lineage.recorder import Recorder
from notewright.state.capture import prints
from notewright.state.namespace import Namespace
from notewright.state.restoring import Restored
from notewright.workspace import Workspace

NAMES = list("abcdef")


# -- what cells do --------------------------------------------------------------------------


def poke(value: Any, k: int) -> None:
    """Change something in `value` in place, here or deeper; which follows from `k`."""
    if isinstance(value, list):
        _poke_list(value, k)
    elif isinstance(value, dict):
        _poke_items(value, k)
    elif isinstance(value, tuple) and value:
        poke(value[k % len(value)], k // 2)
    elif isinstance(value, set):
        value.symmetric_difference_update({k % 5})
    elif isinstance(value, np.ndarray) and value.size:
        at = k * 7919 % value.size
        if value.dtype.hasobject:
            poke(value.flat[at], k)
        else:
            value.flat[at] += 1
    elif isinstance(value, pd.DataFrame):
        _poke_frame(value, k)
    elif isinstance(value, types.FunctionType):
        value()
    elif type(value).__name__ == "Point":
        _poke_items(value.__dict__, k)


def _poke_list(value: list, k: int) -> None:
    if k % 3 == 0 or not value:
        value.append(k)
    elif k % 3 == 1:
        poke(value[k % len(value)], k // 3)
    elif len(value) > 1:
        del value[k % len(value)]


def _poke_items(value: dict, k: int) -> None:
    keys = list(value)
    if k % 2 and keys:
        poke(value[keys[k % len(keys)]], k // 2)
    else:
        value[f"k{k % 4}"] = [k]


def _poke_frame(value: pd.DataFrame, k: int) -> None:
    if k % 4 == 0:
        value[f"c{k % 5}"] = np.arange(len(value)) * k
    elif k % 4 == 1:
        value.iloc[k % len(value), 0] = k
    elif k % 4 == 2:
        value["o"].iloc[k % len(value)].append(k)
    elif "c1" in value:
        value.drop(columns="c1", inplace=True)


CREATE = {
    "list": "{n} = [{k}, [{k}]]",
    "dict": "{n} = {{'k': [{k}], 'again': {{}}}}",
    "set": "{n} = {{{k}, 'x'}}",
    "tuple": "{n} = ([{k}], {{'in': []}})",
    "number": "{n} = {k}",
    "array": "{n} = __np__.arange({k} + 3.)",
    "large array": "{n} = __np__.full(800_000, {k}, 'f8')",
    "array of objects": "{n} = __np__.array([[{k}], None], dtype=object)",
    "frame": "{n} = __pd__.DataFrame({{'x': [{k}, 2, 3], 'o': [[1], [2], [3]]}})",
    "closure": (
        "def make(kept):\n    def up():\n        kept.append(len(kept))\n    return up\n"
        "{n} = make([{k}])\ndel make"
    ),
    "instance": "class Point:\n    scale = {k}\n{n} = Point()\n{n}.inner = [{k}]\ndel Point",
}
ALIAS = {
    "the same": "{n} = {m}",
    "inside a list": "{n} = [{m}, {m}]",
    "inside a dict": "{n} = {{'held': {m}}}",
    "a part": (
        "{n} = {m}[1:3] if isinstance({m}, __np__.ndarray) else {m}[0] "
        "if isinstance({m}, (list, tuple)) and {m} else [{m}]"
    ),
    "in a closure": "def {n}(held={m}):\n    __poke__(held, 3)",
    "from an object column": (
        "{n} = {m}['o'].iloc[0] if isinstance({m}, __pd__.DataFrame) else {m}"
    ),
}


# -- the oracle -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Only:
    """A restore of some names, those that were bound anew."""

    steps: tuple
    names: tuple[str, ...]


def fresh() -> dict[str, Any]:
    return {"__name__": "__main__", "__np__": np, "__pd__": pd, "__poke__": poke}


def built(steps: tuple) -> dict[str, Any]:
    """Return the namespace that these steps make."""
    variables = fresh()
    for step in steps:
        if isinstance(step, Only):
            old = built(step.steps)
            variables.update((name, old[name]) for name in step.names)
        else:
            exec(step, variables)
    return variables


class Pairing:
    """Compares two namespaces: equal values, and the same of them one object."""

    def __init__(self) -> None:
        self._there: dict[int, int] = {}
        self._here: dict[int, int] = {}
        #: Where the arrays met so far lie, here and there.
        self._shown: list[tuple[tuple[int, int], tuple[int, int]]] = []
        #: Objects made on the way, such as a class's items, must not make room for others.
        self._alive: list[Any] = []

    def namespaces(self, real: dict[str, Any], expected: dict[str, Any]) -> None:
        mine, wanted = (Namespace(each).variables() for each in (real, expected))
        assert set(mine) == set(wanted)
        for name in wanted:
            self.same(mine[name], wanted[name], name)

    def same(self, one: Any, other: Any, where: str) -> None:
        if isinstance(one, type):
            assert (one.__name__, one.scale) == (other.__name__, other.scale), where
            return
        assert type(one).__name__ == type(other).__name__, where
        if isinstance(one, (int, float, str, type(None), np.generic)):
            assert one == other, where
            return
        if isinstance(one, tuple):
            self.items(one, other, where)
            return
        done = isinstance(one, np.ndarray) and self.memory(one, other, where)
        if not self.paired(id(one), id(other), where) or done:
            return
        self._alive += [one, other]
        self.inside(one, other, where)

    def memory(self, one: np.ndarray, other: np.ndarray, where: str) -> bool:
        """Relate the memory the arrays show; tell whether there is nothing more to compare."""
        here, there = byte_bounds(one), byte_bounds(other)
        for before, other_before in self._shown:
            shares, shared = _overlap(here, before), _overlap(there, other_before)
            assert shares == shared, f"the memory of {where} is not shared as it was"
            assert not shares or here[0] - before[0] == there[0] - other_before[0], where
        self._shown.append((here, there))
        assert (one.strides, one.dtype) == (other.strides, other.dtype), where
        if one.dtype.hasobject:
            return False
        assert np.array_equal(one, other), where
        return True

    def paired(self, one: int, other: int, where: str) -> bool:
        """Relate two objects one to one; tell whether they are met for the first time."""
        first = one not in self._there
        assert self._there.setdefault(one, other) == other, f"{where} is shared otherwise"
        assert self._here.setdefault(other, one) == one, f"{where} is not shared as it was"
        return first

    def items(self, one: Any, other: Any, where: str) -> None:
        assert len(one) == len(other), where
        for at, (mine, wanted) in enumerate(zip(one, other, strict=True)):
            self.same(mine, wanted, f"{where}[{at}]")

    def inside(self, one: Any, other: Any, where: str) -> None:
        if isinstance(one, (list, np.ndarray)):
            self.items(list(one), list(other), where)
        elif isinstance(one, set):
            assert one == other, where
        elif isinstance(one, dict):
            assert list(one) == list(other), where
            self.items(list(one.values()), list(other.values()), where)
        elif isinstance(one, pd.DataFrame):
            assert list(one.columns) == list(other.columns), where
            for column in one.columns:
                self.items(one[column].tolist(), other[column].tolist(), f"{where}.{column}")
        elif isinstance(one, types.FunctionType):
            assert one.__code__.co_code == other.__code__.co_code, where
            self.items(one.__defaults__ or (), other.__defaults__ or (), f"{where}'s defaults")
            cells = ([c.cell_contents for c in f.__closure__ or ()] for f in (one, other))
            self.items(*cells, f"{where}'s closure")
        else:
            self.same(type(one), type(other), f"the class of {where}")
            self.same(one.__dict__, other.__dict__, f"{where}.__dict__")


def alike(one: Any, other: Any) -> bool:
    """Tell whether two values are equal, and share alike what is in them."""
    try:
        Pairing().same(one, other, "it")
    except AssertionError:
        return False
    return True


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


# -- the machine ----------------------------------------------------------------------------


class Notebook(RuleBasedStateMachine):
    """Cells, snapshots and restores in any order."""

    how: str

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.workspace = Workspace(self.root)
        self.variables = fresh()
        self.recorder = Recorder(
            self.workspace.history,
            self.workspace.snapshots,
            Namespace(self.variables),
            self.root,
        )
        keeper = self.recorder._keeper
        keeper._forks = self.how != "in-process"
        if self.how != "either":  # where a copy is as good as a look in the process itself
            tried = keeper._in_place.tried
            leaves = (lambda number: number % 2) if self.how == "footprints" else (lambda number: 1)
            keeper._in_place.tried = lambda look, number, known: (
                None if leaves(number) else tried(look, number, known)
            )
        self.steps: tuple = ()
        #: What every snapshot is to hold.
        self.taken: dict[str, tuple] = {}
        self.pending: list[tuple[Cell, tuple]] = []

    # -- steps

    @initialize(create=st.sampled_from(sorted(CREATE)))
    def begin(self, create: str) -> None:
        self.run(CREATE[create].format(n="a", k=1))

    @rule(create=st.sampled_from(sorted(CREATE)), n=st.sampled_from(NAMES), k=st.integers(0, 9))
    def create(self, create: str, n: str, k: int) -> None:
        self.run(CREATE[create].format(n=n, k=k))

    @rule(alias=st.sampled_from(sorted(ALIAS)), n=st.sampled_from(NAMES), data=st.data())
    def alias(self, alias: str, n: str, data: st.DataObject) -> None:
        self.run(ALIAS[alias].format(n=n, m=self.some(data)))

    @rule(data=st.data(), k=st.integers(0, 99))
    def mutate(self, data: st.DataObject, k: int) -> None:
        self.run(f"__poke__({self.some(data)}, {k})")

    @rule(data=st.data(), ks=st.lists(st.integers(0, 99), min_size=2, max_size=4))
    def mutate_much(self, data: st.DataObject, ks: list[int]) -> None:
        self.run("\n".join(f"__poke__({self.some(data)}, {k})" for k in ks))

    @rule(data=st.data())
    @precondition(lambda self: len(self.names()) > 1)
    def delete(self, data: st.DataObject) -> None:
        self.run(f"del {self.some(data)}")

    @rule()
    def snapshot(self) -> None:
        self.taken[self.recorder.take().id] = self.steps

    @rule(on=st.booleans())
    def autosnapshot(self, on: bool) -> None:
        self.recorder.autosnapshot = on

    @rule()
    def wait(self) -> None:
        self.recorder.settle()
        keeper = self.recorder._keeper
        with keeper._ready:  # the footprints that are being made
            assert keeper._ready.wait_for(lambda: keeper._printing is None, 60)
        for cell, steps in self.pending:
            assert cell.execution is not None, self.recorder.problems
            taken = [s for s in self.snapshots() if s.execution == cell.execution.id]
            if self.taken_after(cell):
                assert taken, self.recorder.problems
                self.taken[taken[0].id] = steps
        self.pending.clear()

    @rule(data=st.data())
    @precondition(lambda self: self.taken)
    def restore(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.taken, key=list(self.taken).index)))
        self.wait()
        cell = Cell("%nw restore", "%nw restore", "saved" if self.recorder.autosnapshot else None)
        self.go_back(cell, chosen, None, still=data.draw(st.booleans()))
        self.steps = self.taken[chosen]
        self.pending.append((cell, self.steps))
        self.compare()

    @rule(data=st.data())
    @precondition(lambda self: self.taken)
    def restore_some(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.taken, key=list(self.taken).index)))
        self.wait()
        there = Namespace(built(self.taken[chosen])).variables()
        names = data.draw(st.lists(st.sampled_from(sorted(there)), min_size=1, unique=True))
        # Not the values: what somebody else has is not used again.
        before = {n: id(value) for n, value in Namespace(self.variables).variables().items()}
        cell = Cell("%nw restore", "%nw restore")
        restored = self.go_back(cell, chosen, names, still=data.draw(st.booleans()))
        assert set(restored.rebound) | set(restored.kept) == set(names)
        # Which of them were bound anew is the restore's choice; that the others are equal is not.
        for name in restored.kept:
            Pairing().same(self.variables[name], there[name], name)
        for name in set(before) - set(restored.rebound):
            assert id(self.variables[name]) == before[name], f"{name} did not stay what it was"
        tied = self.tied(chosen, restored.rebound)
        undiffering = [n for n in tied if n in before and alike(self.variables[n], there[n])]
        if undiffering and self.is_as_then({*restored.rebound, *undiffering}, there):
            # What came back shares with what it shared with then; cells run again say nothing
            # of that, so from here on all is as it was then.
            self.recorder.restore(chosen)
            self.steps = self.taken[chosen]
        else:
            self.steps = (*self.steps, Only(self.taken[chosen], restored.rebound))
        self.compare()

    # -- what holds

    @invariant()
    def nothing_goes_wrong(self) -> None:
        assert not self.recorder.problems

    def compare(self) -> None:
        Pairing().namespaces(self.variables, built(self.steps))

    def teardown(self) -> None:
        try:
            self.wait()
            self.compare()
            for snapshot in self.snapshots():
                if snapshot.id in self.taken:
                    assert not snapshot.unsaved
                    loaded = Workspace(self.root).snapshots.load(snapshot)
                    Pairing().namespaces(loaded, built(self.taken[snapshot.id]))
        finally:
            self.recorder.close()
            shutil.rmtree(self.root)

    # -- help

    def tied(self, snapshot: str, names: Iterable[str]) -> list[str]:
        """Return the other variables that shared something with one of `names`."""
        found = self.workspace.snapshots.get(snapshot).variables
        groups = {v.group for v in found if v.name in names}
        return [v.name for v in found if v.group in groups and v.name not in names]

    def is_as_then(self, names: set[str], there: dict[str, Any]) -> bool:
        """Tell whether variables are, and share, what they were and shared then."""
        return alike(*({n: each[n] for n in sorted(names)} for each in (self.variables, there)))

    def names(self) -> list[str]:
        return [name for name in NAMES if name in self.variables]

    def some(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.names()))

    def snapshots(self) -> list:
        return self.workspace.snapshots.list()

    def go_back(self, cell: Cell, chosen: str, names: list[str] | None, *, still: bool) -> Restored:
        """Restore in a cell, as a kernel does."""
        self.recorder.begins(cell.source)
        restored = self.recorder.restore(chosen, names, still=still)
        self.recorder.ended(cell, "2026-01-01T00:00:00", 0.0, Opened())
        return restored

    def taken_after(self, cell: Cell) -> bool:
        return cell.cell == "saved"

    def run(self, code: str) -> None:
        """Run a cell as a kernel does: nothing waits for what is done behind."""
        cell = Cell(code, code, "saved" if self.recorder.autosnapshot else None)
        self.recorder.begins(code)
        exec(code, self.variables)
        self.recorder.ended(cell, "2026-01-01T00:00:00", 0.0, Opened())
        self.steps = (*self.steps, code)
        self.pending.append((cell, self.steps))
        if self.how == "footprints":
            self.wait()


QUICK = settings(
    max_examples=6,
    stateful_step_count=15,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LONG = settings(
    max_examples=200,
    stateful_step_count=40,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


#: How looks are taken: in copies alone; in copies or in the process itself, whatever is quicker;
#: with footprints of all that may have one, however small; without copies.
HOW = ("copies", "either", "footprints", "in-process")


def run_machine_that(how: str, settings: settings, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "footprints":
        monkeypatch.setattr(prints, "_WORTH", 0)
        monkeypatch.setattr(prints, "_FEW_USES", 0)
    run_machine(type("Notebook", (Notebook,), {"how": how}), settings=settings)


@pytest.mark.parametrize("how", HOW)
def test_every_restore_and_every_snapshot_is_what_it_ought_to_be(how: str, monkeypatch) -> None:
    run_machine_that(how, QUICK, monkeypatch)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("how", HOW)
def test_every_restore_and_snapshot_of_many_long_sessions_is_what_it_ought_to_be(
    how: str, monkeypatch
) -> None:
    run_machine_that(how, LONG, monkeypatch)


def test_the_oracle_tells_values_aliases_views_and_names_apart() -> None:
    a = "a = [1]; b = a; c = __np__.zeros(4); d = c[1:]"
    Pairing().namespaces(built((a,)), built((a,)))
    for other in ("b = [1]", "a.append(2)", "d = c[1:].copy()", "c[2] = 1", "e = 1", "del b"):
        for one, two in (((a,), (a, other)), ((a, other), (a,))):
            with pytest.raises(AssertionError):
                Pairing().namespaces(built(one), built(two))


SHARING = [
    ("a = [1]; b = a", "a = [1]; b = [1]"),
    ("a = [1]; b = [1]", "a = [1]; b = a"),
    ("x = [1]; a = [x, 2]; b = [x, 3]; del x", "a = [[1], 2]; b = [[1], 3]"),
    ("a = [1]; b = a; c = [1]", "a = [1]; c = a; b = [1]"),
    ("a = __np__.zeros(9); b = a[2:5]", "a = __np__.zeros(9); b = a[2:5].copy()"),
]


@pytest.mark.parametrize("only", [None, ["a", "b"]])
@pytest.mark.parametrize(("then", "now"), [*SHARING, *[(b, a) for a, b in SHARING]])
def test_equal_values_that_are_shared_otherwise_are_put_back(notebook, then, now, only) -> None:
    notebook.variables.update(fresh())
    notebook.run(then)
    taken = notebook.recorder.take()
    notebook.run(now)
    notebook.recorder.restore(taken.id, only)
    wanted = built((then,))
    if only:
        pairs = Pairing()
        for name in only:
            pairs.same(notebook[name], wanted[name], name)
    else:
        Pairing().namespaces(notebook.variables, wanted)
