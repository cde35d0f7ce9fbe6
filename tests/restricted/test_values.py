"""What is withheld is taken out of every kind of value that has names for its columns."""

from __future__ import annotations

from collections import OrderedDict, deque, namedtuple
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.restricted.conftest import SECRET, tells

from notewright.state.clearing import cleared, cleared_each
from notewright.state.file_columns import withheld_in_file
from notewright.state.withheld import Withheld, Withholding

INCOME = Withheld("income", ("risk_officer",))
WITHHOLDING = Withholding((INCOME, Withheld('a "b" {c}\n<d>', ())))


def table(name: object = "income") -> pd.DataFrame:
    return pd.DataFrame({"age": [31, 42, 53], name: SECRET})


Row = namedtuple("Row", ["age", "income"])


@dataclass
class Holder:
    held: object


@dataclass(frozen=True, slots=True)
class Applicant:
    age: int
    income: float


class Place:
    """As a notebook's own class."""

    __module__ = "__main__"

    def __init__(self, held):
        self.held = held


class Own(pd.DataFrame):
    """As libraries make them."""

    @property
    def _constructor(self):
        return Own


def closed_over(held):
    def function(given=held, *, also=held):
        return held, given, also

    function.__module__ = "__main__"
    return function


def shown(value: object) -> str:
    """Return everything that is in a value, as text."""
    if callable(value):
        return shown(value())
    if isinstance(value, Holder | Place | SimpleNamespace):
        return shown(vars(value))
    if isinstance(value, dict):
        return "".join(f"{key}{shown(held)}" for key, held in value.items())
    if isinstance(value, list | tuple | deque):
        return "".join(map(shown, value))
    if isinstance(value, pd.DataFrame | pd.Series):
        return value.to_json(
            orient="split", index=not isinstance(value.index, pd.MultiIndex)
        ) + str([value.index.tolist(), getattr(value, "columns", pd.Index([])).tolist()])
    return repr(value)


KINDS = {
    "a table": table(),
    "a table with the column twice": pd.concat([table(), table()[["income"]]], axis=1),
    "the column as index": table().set_index("income"),
    "a level of the index": table().set_index(["income", "age"]),
    "columns of two levels": pd.concat({"raw": table()}, axis=1),
    "a table on its side": table().T,
    "values as labels of columns": pd.crosstab(table().age, table().income),
    "figures by value": table().groupby("income").age.mean(),
    "a description": table().describe(),
    "the column alone": table().income,
    "a row": table().iloc[0],
    "groups": table().groupby("age"),
    "an index": pd.Index(SECRET, name="income"),
    "records": table().to_records(),
    "one field": np.array([(s,) for s in SECRET], dtype=[("income", "f8")]),
    "rows as mappings": table().to_dict("records"),
    "columns as mapping": OrderedDict(table().to_dict("list")),
    "named tuples": [Row(31, SECRET[0])],
    "an array of mappings": np.array([{"income": SECRET[0]}, None], dtype=object),
    "deep inside": {"x": [({"y": deque([table()])},)]},
    "a table of a class of one's own": Own(table()),
    "cells of a table": pd.DataFrame({"more": [{"income": SECRET[0]}, (table(),), None]}),
    "cells of a column": pd.Series([{"income": SECRET[0]}, None]),
    "a dataclass": Holder(table()),
    "a frozen dataclass with slots": [Applicant(31, SECRET[0])],
    "an instance of a cell's class": Place([table()]),
    "attributes": SimpleNamespace(income=SECRET[0], held=table()),
    "a function that closed over it": closed_over(table()),
    "another case": table("Income"),
    "blanks around": table(" INCOME "),
    "wide letters": table("ｉｎｃｏｍｅ"),
    "bytes": table(b"income"),
    "odd characters": table('a "b" {c}\n<d>'),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_value_of_a_withheld_column_is_left(kind):
    assert kind == "groups" or tells(shown(KINDS[kind]))
    found = cleared(KINDS[kind], WITHHOLDING)
    assert not tells(shown(found.value))
    assert found.withheld


def test_what_is_not_withheld_is_the_same_object_and_whole():
    values = {"df": table("income_band"), "rows": [{"age": 31}], "model": np.arange(3)}
    found = cleared_each(values, WITHHOLDING)
    assert all(
        found[name].value is value and not found[name].withheld for name, value in values.items()
    )
    assert list(found["df"].value.columns) == ["age", "income_band"]


def test_what_shares_an_object_goes_on_sharing_it_and_each_says_what_it_lacks():
    shared = table()
    found = cleared_each({"one": [shared], "two": {"it": shared}}, WITHHOLDING)
    assert found["one"].value[0] is found["two"].value["it"]
    assert found["one"].withheld == found["two"].withheld == (INCOME,)


def test_what_holds_itself_is_gone_through_once():
    ring: list = [table()]
    ring.append(ring)
    found = cleared(ring, WITHHOLDING)
    assert found.value is ring
    assert ring[1] is ring
    assert list(ring[0].columns) == ["age"]


def test_a_tuple_that_is_held_by_what_it_holds_is_gone_through_too():
    inner: list = []
    outer = (table(), inner)
    inner.append(outer)
    found = cleared(outer, WITHHOLDING)
    assert list(found.value[0].columns) == ["age"]
    assert list(inner[0][0].columns) == ["age"]
    assert found.withheld == (INCOME,)


class Stubborn(pd.DataFrame):
    @property
    def iloc(self):
        raise RuntimeError("no")


def nested(depth: int) -> list:
    value: list = [table()]
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [Stubborn(table()), nested(800)], ids=["stubborn", "too deep"])
def test_nothing_is_given_of_what_cannot_be_taken_apart(value):
    found = cleared_each({"it": value, "n": 1}, WITHHOLDING)
    assert isinstance(found["it"].value, Withheld)
    assert set(found["it"].withheld) == set(WITHHOLDING.columns)
    assert found["n"].value == 1


def test_a_column_called_as_a_part_of_what_is_withheld_breaks_nothing():
    some = Withholding((Withheld("column", ("auditor",)), Withheld("roles", ())))
    found = cleared([{"column": 1, "roles": 2}], some)
    assert [held.column for held in found.value[0].values()] == ["column", "roles"]


def test_a_variable_with_the_columns_name_is_that_column():
    found = cleared_each({"income": np.array(SECRET), "n": 3}, WITHHOLDING)
    assert found["income"].value == INCOME
    assert found["n"].value == 3


FILES = {
    "people.csv": b"age,income\n31,1\n",
    "semicolons.csv": b'age;"Income"\n31;1\n',
    "marked.csv": b"\xef\xbb\xbfincome\n1\n",
    "titled.csv": b"Report of 2026\n\nage,income\n31,1\n",
    "circumflex.csv": b"age^income\n31^1\n",
    "two lines.csv": b'age,"a ""b"" {c}\n<d>"\n31,1\n',
    "split.json": b'{"columns": ["age", "income"], "data": [[31, 1]]}',
    "wide.csv": "age\tincome\n".encode("utf-16"),
    "tabs.TSV": b"age\t income \n",
    "lines.jsonl": b'{"age": 1}\n{"age": 2, "more": [{"income": 3}]}\n',
    "one.json": b'{"rows": {"income": [1]}}',
    "unknown.bin": b"\x00",
    "no end": b"age\n",
    "broken.json": b"{",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_has_the_column_or_may_have_it_is_told(name):
    assert withheld_in_file(FILES[name], name, WITHHOLDING)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
def test_a_file_without_it_is_free(name):
    data = {"a.csv": b"age,income_band\n1,high income\n"}.get(name, b'{"age": "high income"}')
    assert withheld_in_file(data, name, WITHHOLDING) == ()
    assert withheld_in_file(b"\x00", "a.bin", Withholding()) == ()
