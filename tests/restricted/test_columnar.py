"""Tables of Arrow and polars: restricted columns leave them wherever they are given out."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest
from tests.conftest import PlainNotebook
from tests.restricted.conftest import SECRET, tells

from notewright.errors import AccessDenied
from notewright.state.clearing import cleared
from notewright.state.withheld import ValuesWithheld, Withheld, Withholding
from notewright.workspace import Workspace

SOME = Withholding((Withheld("income", ("risk_officer",)),))

pa = pytest.importorskip("pyarrow", reason="PyArrow is not installed")
pl = pytest.importorskip("polars", reason="polars is not installed")

DATA = """
import pyarrow as pa, polars as pl
arrow, batch, frame = pa.table(data), pa.RecordBatch.from_pydict(data), pl.DataFrame(data)
del data
"""
KINDS = ("arrow", "batch", "frame")


def columns() -> dict[str, list]:
    return {"age": [31, 42, 53], "income": list(SECRET)}


def nested() -> list[dict]:
    return [{"id": at, "who": [{"income": value}]} for at, value in enumerate(SECRET)]


LESS = {
    "an Arrow table": lambda: pa.table(columns()),
    "a sliced table": lambda: pa.table(columns()).slice(1),
    "a table in chunks": lambda: pa.concat_tables([pa.table(columns())] * 2),
    "a table without rows": lambda: pa.table(columns()).slice(0, 0),
    "a batch": lambda: pa.RecordBatch.from_pydict(columns()),
    "a table from pandas": lambda: pa.Table.from_pandas(pd.DataFrame(columns())),
    "an index in a table": lambda: pa.Table.from_pandas(
        pd.DataFrame(columns()).set_index("income")
    ),
    "a table of records": lambda: pa.Table.from_pylist(nested()),
    "a polars frame": lambda: pl.DataFrame(columns()),
    "a polars frame of records": lambda: pl.DataFrame(nested()),
    "a pandas table of Arrow's types": lambda: pa.Table.from_pylist(nested()).to_pandas(
        types_mapper=pd.ArrowDtype
    ),
}
GONE = {
    "a column alone": lambda: pl.Series("income", SECRET),
    "a column of records": lambda: pl.Series("who", [{"income": SECRET[0]}]),
    "an array of records": lambda: pa.array([{"income": SECRET[0]}]),
    "a record": lambda: pa.scalar({"income": SECRET[0]}),
    "an array in chunks": lambda: pa.chunked_array([[{"income": SECRET[0]}]]),
    "an array of lists of records": lambda: pa.array([[{"income": SECRET[0]}]]),
    "nothing but the column": lambda: pa.table({"income": list(SECRET)}),
    "a frame of nothing but it": lambda: pl.DataFrame({"income": SECRET}),
    "a plan": lambda: pl.DataFrame(columns()).lazy().select("age"),
    "a frame that is grouped": lambda: pl.DataFrame(columns()).group_by("age"),
    "a reader": lambda: pa.table(columns()).to_reader(),
}
KEPT = {
    "a table": lambda: pa.table({"age": [1], "income_band": ["x"]}),
    "an array": lambda: pa.array([1.5, 2.5]),
    "a frame": lambda: pl.DataFrame({"age": [1], "who": [{"id": 7}]}),
    "a column": lambda: pl.Series("age", [1]),
    "a schema": lambda: pa.schema([("income", pa.float64())]),
    "a type": lambda: pa.struct([("income", pa.float64())]),
    "an expression": lambda: pl.col("income"),
}


def names(value) -> list[str]:
    return list(getattr(value, "column_names", None) or value.columns)


def rows(value) -> str:
    return str(value.to_pydict() if hasattr(value, "to_pydict") else value.to_dict())


@pytest.mark.parametrize("make", LESS.values(), ids=LESS)
def test_a_table_keeps_its_other_columns(make):
    before = make()
    found = cleared(make(), SOME)
    assert type(found.value) is type(before)
    assert names(found.value) == [n for n in names(before) if n not in ("income", "who")]
    assert len(found.value) == len(before)
    assert not tells(rows(found.value))
    assert [each.column for each in found.withheld] == ["income"]


@pytest.mark.parametrize("make", GONE.values(), ids=GONE)
def test_what_is_nothing_else_is_gone(make):
    found = cleared(make(), SOME)
    assert isinstance(found.value, Withheld)
    assert found.withheld


@pytest.mark.parametrize("make", KEPT.values(), ids=KEPT)
def test_what_holds_no_such_value_is_left_as_it_is(make):
    value = make()
    found = cleared(value, SOME)
    assert found.value is value
    assert not found.withheld


def test_the_memory_of_what_was_taken_out_is_not_shown_by_what_is_left():
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.table(columns()).schema) as writer:
        writer.write(pa.table(columns()))
    read = pa.ipc.open_stream(sink.getvalue()).read_all()
    secret = pa.array(list(SECRET)).buffers()[1].to_pybytes()
    assert secret in _memory(read)
    assert secret not in _memory(cleared(read, SOME).value)


def _memory(table) -> bytes:
    """Return all memory that a table's columns lead to."""
    found = b""
    for column in table.columns:
        for chunk in column.chunks:
            for buffer in filter(None, chunk.buffers()):
                while buffer.parent is not None:
                    buffer = buffer.parent
                found += buffer.to_pybytes()
    return found


@pytest.fixture
def taken(person, notebook):
    notebook.variables["data"] = {"age": [31, 42, 53], "Income": list(SECRET)}
    assert notebook.run(DATA).status == "ok"
    return notebook.recorder.take("whole")


@pytest.fixture
def elsewhere(person, taken, tmp_path):
    made = PlainNotebook(Workspace(person.workspace.root), tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_snapshot_loads_and_restores_the_table_without_the_column(person, taken, elsewhere, kind):
    with pytest.warns(ValuesWithheld, match="withheld: income"):
        loaded = person.workspace.snapshots.load(taken, [kind])[kind]
    assert names(loaded) == ["age"]
    restored = elsewhere.recorder.restore(taken.id)
    assert names(elsewhere[kind]) == ["age"]
    assert [each.column for each in restored.withheld[kind]] == ["income"]
    person.becomes("risk_officer")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tells(rows(person.workspace.snapshots.load(taken, [kind])[kind]))


def test_what_changed_in_the_column_and_what_is_shown_of_it_is_not_told(person, notebook, taken):
    other = [12345.25, *SECRET[1:]]
    for kind, make in (("arrow", "pa.table"), ("frame", "pl.DataFrame")):
        notebook.variables["other"] = {"age": [31, 42, 99], "Income": other}
        assert notebook.run(f"{kind} = {make}(other)\ndel other").status == "ok"
    notebook.recorder.take("changed")
    said = person.asks("diff", "whole", "changed") + person.asks("show", "whole")
    said += person.asks("timeline")
    assert "withheld: income" in said
    assert "age" in said
    assert not tells(said), said
    assert "12345" not in said
    person.becomes("risk_officer")
    assert "12345" in person.asks("diff", "whole", "changed")


@pytest.mark.parametrize("make", [pa.table, pl.DataFrame], ids=["arrow", "polars"])
def test_a_dataset_is_given_out_and_compared_without_the_column(person, make):
    first = {"age": [31, 42, 53], "income": list(SECRET)}
    person.workspace.datasets.add(make(first), "people")
    person.workspace.datasets.add(make({**first, "income": [1.5, *SECRET[1:]]}), "people")
    with pytest.warns(ValuesWithheld, match="withheld: income"):
        assert names(person.workspace.datasets.load("people@1")) == ["age"]
    said = person.asks("dataset", "diff", "people@1", "people@2")
    assert "withheld: income" in said
    assert not tells(said)
    person.workspace.datasets.add(make({"income": list(SECRET)}), "secret")
    with pytest.raises(AccessDenied, match="income"):
        person.workspace.datasets.load("secret")
    for words in ("people", "people@2 --against people@1", "secret"):
        assert not tells(person.asks("check", *words.split()))
