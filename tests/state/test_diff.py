"""What a diff says is what was done: edits are made, and must be found, no more and no fewer."""

from __future__ import annotations

import random
import sys
import time
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from notewright.state.describing.details import KINDS, Detail
from notewright.state.describing.text import MOST_LINES
from notewright.state.describing.walk import MOST, difference


def found(old, new) -> dict[str, Detail]:
    """Return the details by kind; each kind must occur once."""
    details = difference(old, new)
    assert len({d.kind for d in details}) == len(details), [d.words for d in details]
    return {d.kind: d for d in details}


def words(old, new) -> list[str]:
    return [detail.words for detail in difference(old, new)]


# -- tables ----------------------------------------------------------------------------

COLUMNS = {
    "int": lambda r: r.randrange(-9, 9),
    "float": lambda r: r.choice([0.5, -1.25, 3.0, float("nan")]),
    "text": lambda r: r.choice(["x", "yy", "", None]),
    "time": lambda r: r.choice([pd.Timestamp("2024-01-01"), pd.Timestamp("2025-06-01"), pd.NaT]),
    "nullable": lambda r: r.choice([1, 2, 3, pd.NA]),
    "category": lambda r: r.choice(["a", "b", "c"]),
    "object": lambda r: r.choice([1, "one", None, (1, 2), 2.5]),
}
TYPES = {
    "text": "str",
    "nullable": "Int64",
    "category": pd.CategoricalDtype(["a", "b", "c"]),
    "object": object,
}


def frame_of(values: dict[str, list], index) -> pd.DataFrame:
    return pd.DataFrame(
        {n: pd.Series(v, index=index, dtype=TYPES.get(n)) for n, v in values.items()}, index=index
    )


def same(a, b) -> bool:
    """Equality of two cells, written apart from what is tested."""
    if a is None or b is None or a is pd.NA or b is pd.NA or a is pd.NaT or b is pd.NaT:
        return a is b
    if isinstance(a, float) and isinstance(b, float) and a != a and b != b:
        return True
    return type(a) is type(b) and a == b


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 30))
def test_exactly_the_edited_rows_and_columns_of_a_table_are_found(seed: int, height: int) -> None:
    r = random.Random(seed)
    labels = r.sample([f"row {i}" for i in range(1000)], height + 3)
    values = {name: [make(r) for _ in range(height)] for name, make in COLUMNS.items()}
    old = frame_of(values, labels[:height])
    # Cells are edited, then rows removed, added and shuffled, and columns removed and added.
    edited = {name: list(column) for name, column in values.items()}
    for _ in range(r.randrange(4)):
        name = r.choice(list(edited))
        edited[name][r.randrange(height)] = COLUMNS[name](r)
    gone = set(r.sample(range(height), r.randrange(0, 2)))
    kept = [i for i in range(height) if i not in gone]
    more = r.randrange(0, 3)
    order = kept + list(range(height, height + more))
    if shuffled := r.random() < 0.3:
        r.shuffle(order)
    for name, make in COLUMNS.items():
        edited[name] += [make(r) for _ in range(more)]
    new = frame_of(
        {name: [column[i] for i in order] for name, column in edited.items()},
        [labels[i] for i in order],
    )
    dropped = r.choice([None, *COLUMNS])
    if dropped:
        new = new.drop(columns=dropped)
    if added := r.random() < 0.5:
        new["added"] = [complex(i, seed) for i in range(len(new))]

    said: dict[str, list[Detail]] = {}
    for detail in difference(old, new):
        said.setdefault(detail.kind, []).append(detail)

    def count(kind: str) -> int:
        return said[kind][0].count or 0 if kind in said else 0

    changed = {
        name: [i for i in kept if not same(values[name][i], edited[name][i])]
        for name in COLUMNS
        if name != dropped
    }
    assert count("rows added") == more
    assert count("rows removed") == len(gone)
    assert count("rows changed") == len({i for places in changed.values() for i in places})
    assert {d.name: d.count for d in said.get("column values", [])} == {
        f"column '{name}'": len(places) for name, places in changed.items() if places
    }
    for detail in said.get("column values", []):
        known = {f"row '{labels[i]}'" for i in changed[detail.name.split("'")[1]]}
        assert {example.where for example in detail.examples} <= known
    stayed = [i for i in order if i < height]
    assert ("rows reordered" in said) == (stayed != sorted(stayed)) or not shuffled
    assert count("columns removed") == bool(dropped)
    assert count("columns added") == bool(added)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(4, 60))
def test_rows_that_were_dropped_are_found_though_the_rest_was_numbered_anew(
    seed: int, height: int
) -> None:
    r = random.Random(seed)
    old = pd.DataFrame(
        {"key": r.sample(range(1000), height), "text": [f"t{r.random()}" for _ in range(height)]}
    )
    gone = sorted(r.sample(range(height), r.randrange(1, height // 2 + 1)))
    new = old.drop(index=gone).reset_index(drop=True)
    said = found(old, new)
    assert set(said) == {"rows removed"}
    assert said["rows removed"].count == len(gone)
    assert [e.where for e in said["rows removed"].examples] == [f"row {i}" for i in gone[:3]]


def test_a_dropped_row_and_an_edited_one_are_told_apart_after_renumbering() -> None:
    old = pd.DataFrame({"a": range(100), "b": np.arange(100) * 1.5})
    new = old.drop(index=10).reset_index(drop=True)
    new.loc[50, "b"] = -1.0
    said = found(old, new)
    assert {kind: d.count for kind, d in said.items()} == {
        "rows removed": 1,
        "rows changed": 1,
        "column values": 1,
    }
    assert said["column values"].examples[0].words == "row 50: 76.5 → -1.0"


FRAME = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz"), "c": [0.5, np.nan, 2.0]})


@pytest.mark.parametrize(
    ("change", "kinds", "says"),
    [
        (lambda f: f.rename(columns={"b": "name"}), {"columns renamed"}, "'b' → 'name'"),
        (lambda f: f[["b", "a", "c"]], {"columns reordered"}, "another order"),
        (lambda f: f.astype({"a": "float32"}), {"column dtype"}, "'a': int64 → float32"),
        (lambda f: f.iloc[::-1], {"rows reordered"}, "rows are in another order"),
        (lambda f: f.iloc[::-1].reset_index(drop=True), {"rows reordered"}, "another order"),
        (lambda f: f.set_axis([7, 8, 9]), {"index labels"}, "row 0: 0 → 7"),
        (lambda f: f.set_index("a"), {"index", "columns removed"}, "row numbers → 'a' (int64)"),
        (lambda f: f.fillna({"c": 9.0}), {"rows changed", "column values"}, "row 1: nan → 9.0"),
        (lambda f: pd.concat([f, f]), {"rows added"}, "3 rows added"),
        (lambda f: f.iloc[:0], {"rows removed"}, "3 rows removed"),
        (lambda f: f.assign(b=f.b.astype("category")), {"column dtype"}, "str → category"),
        (lambda f: f.to_numpy(), {"type"}, "DataFrame 3 x 3 → ndarray 3 x 3"),
        (lambda f: f.copy(), {"equal"}, "equal by value"),
    ],
)
def test_what_was_done_to_a_table_is_said(change, kinds: set[str], says: str) -> None:
    said = found(FRAME, change(FRAME.copy()))
    assert set(said) == kinds
    assert any(says in detail.words for detail in said.values()), [d.words for d in said.values()]


def test_categories_that_were_added_are_named() -> None:
    old = pd.Series(["a", "b"], dtype="category")
    said = found(old, old.cat.add_categories("new"))
    assert said["categories"].words == "categories changed: 'new' (added)"


def test_rows_of_equal_labels_are_compared_all_the_same() -> None:
    old = pd.DataFrame({"a": [1, 2, 3]}, index=["x", "x", "y"])
    new = pd.DataFrame({"a": [1, 5, 3]}, index=["x", "x", "y"])
    assert found(old, new)["column values"].examples[0].words == "row 'x': 2 → 5"
    assert found(old, old.iloc[1:])["rows removed"].count == 1


def test_columns_of_equal_names_are_compared_all_the_same() -> None:
    old = pd.DataFrame([[1, 2]], columns=["a", "a"])
    said = found(old, pd.DataFrame([[1, 3]], columns=["a", "a"]))
    assert said["column values"].examples[0].words == "row 0: 2 → 3"


def test_series_and_indexes_are_told_like_tables() -> None:
    s = pd.Series([1, 2, 3], name="n")
    assert words(s, s.rename("m")) == ["name: 'n' → 'm'"]
    assert found(s, s.replace(2, 9))["column values"].words.endswith("row 1: 2 → 9")
    assert found(pd.Index(list("abc")), pd.Index(list("abd")))["rows changed"].count == 1
    t = s.copy()
    t.unit = "m"
    assert words(s, t) == ["1 attribute added: unit ('m')"]
    pairs = pd.MultiIndex.from_product([[1, 2], ["a", "b"]])
    assert found(pairs, pairs[:3])["rows removed"].count == 1


def test_integers_too_large_for_a_float_are_told_apart() -> None:
    old = pd.DataFrame({"i": pd.array([2**60, None], dtype="Int64")})
    new = pd.DataFrame({"i": pd.array([2**60 + 1, None], dtype="Int64")})
    assert found(old, new)["column values"].count == 1


def test_missing_values_of_two_kinds_are_not_the_same() -> None:
    old, new = (pd.DataFrame({"o": pd.Series(["x", m], dtype=object)}) for m in (None, np.nan))
    assert found(old, new)["column values"].examples[0].words == "row 1: None → nan"


@pytest.mark.parametrize("indexed", ["same", "rows dropped", "numbered anew"])
def test_a_large_table_is_told_fast(indexed: str) -> None:
    count = 600_000
    rng = np.random.default_rng(0)
    old = pd.DataFrame({f"c{i}": rng.normal(size=count) for i in range(8)})
    old["s"] = pd.Series(np.array(["a", "b", "c"], object)[rng.integers(0, 3, count)])
    new = old.copy()
    places = rng.choice(count, count // 100, replace=False)
    new.loc[places, "c3"] += 1
    if indexed != "same":
        new = new.drop(index=sorted(set(range(100)) - set(places.tolist()))[:50])
    if indexed == "numbered anew":
        new = new.reset_index(drop=True)
    started = time.perf_counter()
    said = found(old, new)
    assert time.perf_counter() - started < 6
    assert said["rows changed"].count == len(places)
    assert said["column values"].name == "column 'c3'"
    assert ("rows removed" in said) == (indexed != "same")


# -- arrays ----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["f4", "f8", "i2", "u8", "?", "c16", "M8[s]", "U3", "S2", "O"]),
    st.integers(0, 2**32),
)
def test_exactly_the_edited_elements_of_an_array_are_found(kind: str, seed: int) -> None:
    r = np.random.default_rng(seed)
    shape = tuple(r.integers(1, 6, r.integers(1, 4)))
    old = r.integers(0, 2, shape).astype(kind)
    if kind in ("f4", "f8", "c16"):
        old[r.random(shape) < 0.3] = np.nan
    new = old.copy()
    places = r.random(shape) < 0.2
    new[places] = ~new[places] if kind == "?" else np.array(7).astype(kind)
    if not places.any():
        assert set(found(old, new)) == {"equal"}
        return
    detail = found(old, new)["elements"]
    assert (detail.count, detail.total) == (places.sum(), places.size)
    first = ", ".join(str(axis[0]) for axis in np.nonzero(places))
    assert detail.examples[0].where == f"[{first}]"
    covered = np.zeros(shape, bool)
    for region in detail.regions or ("[...]",):
        exec(f"covered{region} = True", {"covered": covered})
    assert covered[places].all()


def test_shapes_dtypes_and_the_largest_difference_are_said() -> None:
    a = np.arange(6.0)
    assert words(a, a[:4]) == ["shape: (6,) → (4,) (where both have elements, they are equal)"]
    assert words(a, a.astype("i4")) == ["dtype: float64 → int32"]
    b = a.copy()
    b[[1, 4]] += [0.25, 3]
    assert words(a, b) == [
        "2 of 6 elements changed (33 %) in [1], [4], by at most 3: [1]: 1.0 → 1.25, [4]: 4.0 → 7.0"
    ]


def test_fields_and_masks_are_compared() -> None:
    old = np.zeros(3, [("x", "f8"), ("y", "U2")])
    new = old.copy()
    new["y"][1] = "b"
    assert found(old, new)["elements"].count == 1
    masked = np.ma.array([1.0, 2.0, 3.0], mask=[0, 0, 1])
    other = np.ma.array([1.0, 2.0, 99.0], mask=[0, 1, 1])
    assert [d.where for d in difference(masked, other)] == [".mask"]


def test_sparse_matrices_are_compared_without_making_them_dense() -> None:
    old = scipy.sparse.random_array((100_000, 100_000), density=1e-7, rng=1, format="csr")
    new = old.tolil()
    new[3, 5] = 2.5
    said = found(old, new.tocsc())
    assert said["format"].words == "format: csr → csc"
    assert said["elements"].examples[0].words == "[3, 5]: 0.0 → 2.5"
    assert said["elements"].count == 1


# -- models ----------------------------------------------------------------------------

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


def test_parameters_and_fitted_attributes_of_a_model_are_said() -> None:
    old, new = (LogisticRegression(C=c).fit(X, Y) for c in (1.0, 2.0))
    said = words(old, new)
    assert said[0] == "1 parameter changed: C: 1.0 → 2.0"
    assert any(line.startswith("coef_: 3 of 3 elements changed") for line in said)
    assert words(LogisticRegression(), LogisticRegression().fit(X, Y))[0] == (
        "was not fitted, is fitted"
    )


def test_parameters_and_steps_of_a_pipeline_are_said() -> None:
    old = make_pipeline(StandardScaler(), LogisticRegression())
    new = make_pipeline(StandardScaler(), LogisticRegression(C=3.0))
    assert words(old, new) == ["1 parameter changed: logisticregression__C: 1.0 → 3.0"]
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    assert {d.where for d in difference(old, fitted)} == {".standardscaler", ".logisticregression"}
    other = make_pipeline(StandardScaler(), RandomForestClassifier())
    assert "logisticregression: LogisticRegression → —" in words(old, other)[0]


def test_trees_of_a_forest_are_told_together() -> None:
    old, new = (RandomForestClassifier(20, random_state=s).fit(X, Y) for s in (0, 1))
    said = words(old, new)
    assert said[0] == "1 parameter changed: random_state: 0 → 1"
    assert any(line.startswith("estimators_: 20 of 20 items changed") for line in said)
    assert len(said) < 5


# -- plain objects -----------------------------------------------------------------------


@dataclass
class Point:
    x: object = 0
    y: object = field(default_factory=list)


class Slotted:
    __slots__ = ("a", "b")


def slotted(**values) -> Slotted:
    made = Slotted()
    for name, value in values.items():
        setattr(made, name, value)
    return made


class Colour(Enum):
    RED = 1
    BLUE = 2


class Named(dict):
    def __init__(self, *args, title="") -> None:
        super().__init__(*args)
        self.title = title


Pair = namedtuple("Pair", "left right")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (1, 2, ["1 → 2"]),
        (1, True, ["type: int 1 → bool True"]),
        (0.1 + 0.2, 0.3, ["0.30000000000000004 → 0.3"]),
        ("ab", "ac", ["'ab' → 'ac'"]),
        (None, [], ["type: NoneType None → list []"]),
        ({"a": [0, 0, 0, Point(1)]}, {"a": [0, 0, 0, Point(2)]}, ["['a'][3].x: 1 → 2"]),
        ({"a": 1}, {"b": 1}, ["1 key added: 'b' (1)", "1 key removed: 'a' (1)"]),
        ({1: "x"}, {True: "x"}, ["1 key added: True ('x')", "1 key removed: 1 ('x')"]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ["its keys are in another order"]),
        ([1, 2, 3], [0, 1, 2, 3], ["1 item added: [0] (0)"]),
        ([1, 2, 3], [1, 3], ["1 item removed: [1] (2)"]),
        ((1, "a"), (1, "b"), ["[1]: 'a' → 'b'"]),
        (Pair(1, 2), Pair(1, 3), [".right: 2 → 3"]),
        ({1, 2}, {2, 3}, ["1 item added: 3", "1 item removed: 1"]),
        (slotted(a=1), slotted(a=2, b=3), ["1 attribute added: b (3)", ".a: 1 → 2"]),
        (Colour.RED, Colour.BLUE, ["Colour.RED → Colour.BLUE"]),
        (Named({"k": 1}), Named({"k": 1}, title="t"), [".title: '' → 't'"]),
        (OrderedDict(a=1), OrderedDict(a=2), ["['a']: 1 → 2"]),
        (
            datetime(2024, 1, 1),
            datetime(2024, 1, 2),
            ["datetime.datetime(2024, 1, 1, 0, 0) → datetime.datetime(2024, 1, 2, 0, 0)"],
        ),
        ([float("nan")], [float("nan")], ["equal by value"]),
        (range(3), range(4), ["range(0, 3) → range(0, 4)"]),
        (b"ab", b"ac", ["b'ab' → b'ac'"]),
        ([10**5000], [10**5000 + 1], ["[0]: an int of 16610 bits → an int of 16610 bits"]),
        (np.float64(1.5), np.float64(2), ["1.5 → 2.0"]),
    ],
)
def test_what_differs_in_plain_objects_is_said_with_its_path(old, new, says) -> None:
    said = words(old, new)
    assert len(said) == len(says)
    assert all(line.startswith(start) for line, start in zip(said, says, strict=True)), said


leaves = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", 0.5])
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(values, values)
def test_a_difference_is_found_exactly_where_there_is_one(old, new) -> None:
    said = difference(old, new)
    ordered = repr(old) == repr(new)  # tells types, order of keys, and values
    assert ([d.kind for d in said] == ["equal"]) == ordered
    assert all(d.kind in KINDS and d.words for d in said)


def test_values_that_contain_themselves_are_compared() -> None:
    def loop(value: int) -> list:
        made: list = [value]
        made.append(made)
        return made

    assert words(loop(1), loop(2)) == ["[0]: 1 → 2"]
    assert words(loop(1), loop(1))[0].startswith("equal by value")


def test_what_is_nested_too_deep_does_not_hide_the_rest() -> None:
    def nested(value: object) -> object:
        for _ in range(500):
            value = [value]
        return value

    said = words({"deep": nested(1), "flat": 1}, {"deep": nested(2), "flat": 2})
    assert said == ["['flat']: 1 → 2", "not everything was compared: it is nested too deep"]


def test_lines_of_a_text_that_changed_are_shown() -> None:
    lines = [f"line {i}" for i in range(2000)]
    edited = [*lines[:700], "another", *lines[701:]]
    detail = found("\n".join(lines), "\n".join(edited))["text"]
    assert detail.lines == (" line 699", "-line 700", "+another", " line 701")


# -- what is bounded -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (list(range(300_000)), list(range(1, 300_001))),
        ({i: [i] for i in range(30_000)}, {i: [i + 1] for i in range(30_000)}),
        ({"a" * 5000: 1}, {"a" * 5000: 2}),
        ("x\n" * 50_000, "y\n" * 60_000),
        ("x" * 10**6, "y" * 10**6),
        (
            pd.DataFrame(np.zeros((5, 3000))),
            pd.DataFrame(np.ones((5, 3000)), columns=range(1500, 4500)),
        ),
        (set(range(10_000)), set(range(5_000, 20_000))),
        (np.zeros((300, 300, 10)), np.random.default_rng(0).normal(size=(300, 300, 10))),
        (bytes(10**6), bytes(range(256)) * 4000),
    ],
)
def test_what_is_said_is_bounded_and_told_in_seconds(old, new) -> None:
    started = time.perf_counter()
    said = difference(old, new)
    assert time.perf_counter() - started < 5
    assert len(said) <= MOST + 2
    assert all(len(d.words) < 1500 and len(d.lines) <= MOST_LINES for d in said)


def test_differences_that_are_not_shown_are_counted() -> None:
    old = {f"k{i}": [i] for i in range(100)}
    new = {f"k{i}": [-i] for i in range(1, 101)} | {"k0": [5]}
    del new["k100"]
    assert words(old, new)[-1] == f"and {100 - MOST} more differences"


# -- hostile objects -------------------------------------------------------------------------


class Hostile:
    """An object that fights back wherever Python lets it."""

    def __init__(self, value: int) -> None:
        self.value = value

    def _refuse(self, *args, **kwargs):
        raise RuntimeError("no")

    __eq__ = __ne__ = __repr__ = __str__ = __bool__ = __len__ = __iter__ = _refuse
    __lt__ = __contains__ = __getitem__ = __format__ = _refuse
    __hash__ = object.__hash__

    @property
    def __class__(self):
        return dict


class Lying(dict):
    def items(self):
        raise RuntimeError("no")

    __iter__ = __len__ = __getitem__ = keys = values = get = __contains__ = items

    def __repr__(self) -> str:
        return "x" * 10**7


class NoParameters(LogisticRegression):
    def get_params(self, deep=True):
        raise KeyError("no")


@pytest.mark.parametrize(
    ("wrap", "says"),
    [
        (lambda v: Hostile(v), ".value: 1 → 2"),
        (lambda v: [Hostile(v)], "[0].value: 1 → 2"),
        (lambda v: {"k": Hostile(v)}, "['k'].value: 1 → 2"),
        (lambda v: Lying(k=v), "['k']: 1 → 2"),
        (lambda v: {Hostile(0): v}, "[Hostile]: 1 → 2"),
        (lambda v: np.array([Hostile(v), None], object), "[0].value: 1 → 2"),
        (lambda v: pd.DataFrame({"o": [Hostile(v)]}), "row 0.value: 1 → 2"),
        (lambda v: Point(Hostile(v)), ".x.value: 1 → 2"),
        (lambda v: {Hostile(v)}, "1 item added"),
    ],
)
def test_objects_that_cannot_be_compared_or_shown_are_told_by_what_they_hold(wrap, says) -> None:
    assert any(says in line for line in words(wrap(1), wrap(2))), words(wrap(1), wrap(2))


def test_properties_and_cached_properties_of_a_class_are_compared_by_their_functions() -> None:
    code = (
        "import functools\n"
        "class C:\n"
        "    @functools.cached_property\n    def a(self): return 1\n"
        "    @property\n    def b(self): return 2\n"
        "    @b.setter\n    def b(self, value): self.c = value\n"
        "    @staticmethod\n    def d(): return 3\n"
    )

    def made(code: str) -> type:
        values: dict = {"__name__": "__main__"}
        exec(code, values)
        return values["C"]

    assert found(made(code), made(code)).keys() == {"equal"}
    for was, now in (("return 1", "return 9"), ("= value", "= -value"), ("return 3", "return 0")):
        assert found(made(code), made(code.replace(was, now))).keys() == {"code"}, now


def test_one_value_that_cannot_be_told_does_not_hide_the_others() -> None:
    said = words({"a": NoParameters(), "b": 1}, {"a": NoParameters(C=2), "b": 2})
    assert said == [
        "['a']: changed (its difference could not be told: KeyError: 'no')",
        "['b']: 1 → 2",
    ]


# -- libraries that may not be installed -------------------------------------------------------


def test_tables_of_polars_are_told() -> None:
    pl = pytest.importorskip("polars")
    old = pl.DataFrame({"a": [1, 2, None], "b": ["x", "y", "z"], "f": [0.5, float("nan"), None]})
    assert [d.kind for d in difference(old, old.clone())] == ["equal"]
    new = old.with_columns(a=pl.Series([1, 5, None]), c=pl.lit(True))
    said = found(old, new)
    assert set(said) == {"columns added", "rows changed", "column values"}
    assert said["column values"].examples[0].words == "row 1: 2 → 5"
    assert found(old, old.filter(pl.col("b") != "x"))["rows removed"].count == 1
    assert found(old["b"], old["b"].str.to_uppercase())["column values"].count == 3
    assert found(old, old.cast({"a": pl.Int32}))["column dtype"].words.endswith("Int64 → Int32")


def test_tables_of_arrow_are_told() -> None:
    pa = pytest.importorskip("pyarrow")
    old, new = (pa.table({"a": [1, v, None], "b": ["x", "y", None]}) for v in (2, 3))
    assert found(old, new)["column values"].examples[0].words == "row 1: 2 → 3"
    assert found(pa.array([1, 2]), pa.array([1, 3]))["column values"].count == 1


def test_boosters_are_told_tree_by_tree() -> None:
    xgboost = pytest.importorskip("xgboost")
    old, new = (xgboost.XGBClassifier(n_estimators=n, random_state=0).fit(X, Y) for n in (3, 5))
    said = words(old, new)
    assert said[0] == "1 parameter changed: n_estimators: 3 → 5"
    assert any("3 trees → 5 trees" in line for line in said), said


def test_lightgbm_is_told_tree_by_tree() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    old, new = (lightgbm.LGBMClassifier(n_estimators=n, verbose=-1).fit(X, Y) for n in (3, 5))
    said = words(old, new)
    assert said[0] == "1 parameter changed: n_estimators: 3 → 5"
    assert any("3 trees → 5 trees" in line for line in said), said


def test_tensors_and_networks_are_told() -> None:
    torch = pytest.importorskip("torch")
    old, new = (torch.arange(6.0).reshape(2, 3) for _ in range(2))
    new[1, 2] = 9
    assert found(old, new)["elements"].examples[0].words == "[1, 2]: 5.0 → 9.0"
    assert words(old, old.to(torch.bfloat16))[0] == "dtype: torch.float32 → torch.bfloat16"
    nets = [torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU()) for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    assert [d.kind for d in difference(*nets)] == ["equal"]
    with torch.no_grad():
        nets[1][0].weight[0, 1] += 1
    nets[1].eval()
    assert {d.where for d in difference(*nets)} >= {".0.weight", ".training"}


def test_figures_are_told_by_what_is_drawn_in_them() -> None:
    import matplotlib.figure

    figures = []
    for height in (2, 3):
        figure = matplotlib.figure.Figure()
        figure.subplots().plot([1, height])
        figures.append(figure)
    figures[1].axes[0].set_title("higher")
    wheres = [d.where for d in difference(*figures)]
    assert "['axes'][0]['title']" in wheres
    assert "['axes'][0]['lines'][0]['y']" in wheres
    assert not any(figure.stale is False for figure in figures)  # nothing was drawn


def test_looking_changes_neither_filters_nor_random_numbers() -> None:
    import warnings

    filters, state = list(warnings.filters), np.random.get_state()[1].tolist()
    recursion = sys.getrecursionlimit()
    difference({"a": np.array([1.0, np.inf]), "f": FRAME}, {"a": np.array([np.inf, 1]), "f": FRAME})
    assert list(warnings.filters) == filters
    assert np.random.get_state()[1].tolist() == state
    assert sys.getrecursionlimit() == recursion
