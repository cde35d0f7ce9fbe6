"""The door lets in what fits the schema and names the column of what does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notewright.serving import frames
from notewright.serving.schema import Refused, Schema

SCHEMA = Schema.read(
    {
        "name": "m",
        "columns": [
            {"name": "age", "kind": "integer", "minimum": 18, "maximum": 80},
            {"name": "amount", "kind": "number", "nullable": True},
            {"name": "purpose", "kind": "string", "categories": ["car", "house"]},
            {"name": "owner", "kind": "boolean"},
            {"name": "since", "kind": "datetime", "nullable": True},
        ],
    }
)


def tensors() -> list[dict[str, Any]]:
    """One good request of two rows."""
    return [
        {"name": "age", "shape": [2], "datatype": "INT64", "data": [41, 23]},
        {"name": "amount", "shape": [2, 1], "datatype": "FP64", "data": [[1.5], [None]]},
        {"name": "purpose", "shape": [2], "datatype": "BYTES", "data": ["car", "house"]},
        {"name": "owner", "shape": [2], "datatype": "BOOL", "data": [True, False]},
        {"name": "since", "shape": [2], "datatype": "BYTES", "data": ["2020-01-31", None]},
    ]


def changed(position: int, **fields: Any) -> bytes:
    inputs = tensors()
    inputs[position].update(fields)
    return json.dumps({"inputs": inputs}).encode()


def test_a_good_request_becomes_the_table_that_training_read() -> None:
    parsed = SCHEMA.parse(json.dumps({"id": "mine", "inputs": tensors()}).encode())
    assert (parsed.rows, parsed.client_id) == (2, "mine")
    table = frames.frame(SCHEMA, parsed.columns)
    assert [str(t.kind) for t in table.dtypes] == ["i", "f", "O", "b", "M"]
    assert table["amount"].isna().tolist() == [False, True]
    assert table["since"].isna().tolist() == [False, True]
    assert table["purpose"].tolist() == ["car", "house"]


def test_columns_may_come_in_any_order() -> None:
    parsed = SCHEMA.parse(json.dumps({"inputs": tensors()[::-1]}).encode())
    assert list(parsed.columns) == ["age", "amount", "purpose", "owner", "since"]


def test_an_optional_column_may_be_left_out_and_is_checked_where_it_is_given() -> None:
    schema = Schema.read(
        {
            "name": "m",
            "columns": [{"name": "age", "kind": "integer"}],
            "optional": [
                {"name": "label", "kind": "string", "nullable": True, "categories": ["a", "b"]},
                {"name": "code", "kind": "integer", "nullable": True},
            ],
        }
    )
    age = {"name": "age", "shape": [2], "datatype": "INT64", "data": [41, 23]}
    label = {"name": "label", "shape": [2], "datatype": "BYTES", "data": ["a", None]}
    bare = schema.parse(json.dumps({"inputs": [age]}).encode())
    assert list(frames.frame(schema, bare.columns)) == ["age"]
    assert schema.notices(bare) == []
    given = schema.parse(json.dumps({"inputs": [label, age]}).encode())
    assert frames.frame(schema, given.columns)["label"].tolist()[0] == "a"
    odd = schema.parse(json.dumps({"inputs": [age, {**label, "data": ["z", "a"]}]}).encode())
    assert schema.notices(odd) == ["Column 'label' has values outside what training saw."]
    for inputs, said in (
        ([label], "Column 'age' is missing."),
        ([age, {**label, "data": [1, "a"]}], "expected a string"),
        ([age, {**label, "shape": [1], "data": ["a"]}], "has 1 rows"),
    ):
        with pytest.raises(Refused, match=said):
            schema.parse(json.dumps({"inputs": inputs}).encode())


@pytest.mark.parametrize("left_out", range(5))
def test_every_missing_column_is_named(left_out: int) -> None:
    inputs = tensors()
    name = inputs.pop(left_out)["name"]
    with pytest.raises(Refused, match=f"Column '{name}' is missing"):
        SCHEMA.parse(json.dumps({"inputs": inputs}).encode())


NAMED = [
    (0, {"data": [41.5, 23]}, "'age', row 0: expected an integer, got the number 41.5"),
    (0, {"data": [41.0, 23]}, "'age', row 0: expected an integer"),
    (0, {"data": [True, 23]}, "'age', row 0: expected an integer, got the boolean true"),
    (0, {"data": ["41", 23]}, "'age', row 0: expected an integer, got the string '41'"),
    (0, {"data": [2**63, 23]}, "'age', row 0: expected an integer"),
    (0, {"data": [41, None]}, r"'age', row 1: a value is missing \(null\)"),
    (0, {"data": [41, [2]]}, "'age', row 1: expected an integer, got a list"),
    (0, {"data": [41, {"a": 1}]}, "'age', row 1: expected an integer, got an object"),
    (0, {"datatype": "FP64"}, "'age' must have datatype INT64, got 'FP64'"),
    (0, {"datatype": ["INT64"]}, "'age' must have datatype INT64"),
    (0, {"data": [41]}, "'age' has 1 values, but its shape says 2"),
    (0, {"data": [41], "shape": [1]}, "'amount' has 2 rows, but column 'age' has 1"),
    (0, {"data": [], "shape": [0]}, "'age' has no rows"),
    (0, {"data": 41}, "'age' must have a list"),
    (0, {"data": [[41], [23]]}, "'age' has nested data"),
    (0, {"shape": [1, 2]}, r"'age' must have shape \[n\] or \[n, 1\]"),
    (0, {"shape": [-2]}, "'age' must have shape"),
    (0, {"shape": [2.0]}, "'age' must have shape"),
    (0, {"shape": [True]}, "'age' must have shape"),
    (0, {"shape": 2}, "'age' must have shape"),
    (0, {"shape": []}, "'age' must have shape"),
    (0, {"contents": 1}, "'age' has the unknown field 'contents'"),
    (0, {"name": "agge"}, "'agge' is not one of the model's columns; did you mean 'age'"),
    (0, {"name": "amount"}, "'amount'"),
    (1, {"data": [[1.5, 2.0], [None]]}, "'amount' has nested data"),
    (1, {"data": ["a", 1.0]}, "'amount', row 0: expected a finite number, got the string 'a'"),
    (1, {"data": [False, 1.0]}, "'amount', row 0: expected a finite number"),
    (1, {"datatype": "INT64", "data": [1.5, 2]}, "'amount', row 0: expected an integer"),
    (2, {"data": ["car", 3]}, "'purpose', row 1: expected a string, got the number 3"),
    (2, {"data": ["car", "\ud800"]}, "'purpose', row 1: expected a string"),
    (2, {"datatype": "INT64"}, "'purpose' must have datatype BYTES"),
    (3, {"data": [1, 0]}, "'owner', row 0: expected true or false, got the number 1"),
    (4, {"data": ["yesterday", None]}, "'since', row 0: expected a date or time"),
    (4, {"data": [5, None]}, "'since', row 0: expected a date or time"),
]


@pytest.mark.parametrize(("position", "fields", "sentence"), NAMED)
def test_every_rule_names_the_column(position: int, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        SCHEMA.parse(changed(position, **fields))
    assert refused.value.status == 400


def test_a_column_given_twice_is_named() -> None:
    with pytest.raises(Refused, match="'age' is given twice"):
        SCHEMA.parse(json.dumps({"inputs": [*tensors(), tensors()[0]]}).encode())


@pytest.mark.parametrize(
    ("number", "word"), [("1e999", "amount"), ("NaN", "NaN"), ("-Infinity", "Infinity")]
)
def test_what_is_not_finite_is_refused(number: str, word: str) -> None:
    body = json.dumps({"inputs": tensors()}).replace("1.5", number).encode()
    with pytest.raises(Refused, match=word):
        SCHEMA.parse(body)


WHOLE = [
    (b"", "not valid JSON"),
    (b"\xff\xfe", "not valid JSON"),
    (b"[" * 100_000, "not valid JSON"),
    (b"9" * 5000, "not valid JSON"),
    (b"[]", "must be a JSON object"),
    (b"{}", "needs 'inputs'"),
    (b'{"inputs": {}}', "needs 'inputs'"),
    (b'{"inputs": []}', "'age' is missing"),
    (b'{"inputs": [1]}', "Input 0 must be an object"),
    (b'{"inputs": [{}]}', "Input 0 has no name"),
    (b'{"inputs": [{"name": 5}]}', "Input 0 has no name"),
    (b'{"inputs": [{"name": "age"}]}', "'age' has no 'datatype'"),
    (b'{"inputs": [], "rows": 1}', "unknown field 'rows'"),
    (b'{"inputs": [], "inputs": []}', "'inputs' is given twice"),
    (b'{"inputs": [], "id": 5}', "'id' must be a string"),
    (b'{"inputs": [], "id": "\\ud800"}', "'id' must be a string"),
]


@pytest.mark.parametrize(("body", "sentence"), WHOLE)
def test_a_body_of_another_form_is_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        SCHEMA.parse(body)


@pytest.mark.parametrize("outputs", [5, [1], [{"name": 1}]])
def test_outputs_of_another_form_are_refused(outputs: Any) -> None:
    with pytest.raises(Refused, match="'outputs'"):
        SCHEMA.parse(json.dumps({"inputs": tensors(), "outputs": outputs}).encode())


def test_too_many_rows_are_refused_with_413() -> None:
    with pytest.raises(Refused, match="'age' has more than 1 rows") as refused:
        SCHEMA.parse(json.dumps({"inputs": tensors()}).encode(), max_rows=1)
    assert refused.value.status == 413


def test_values_unlike_training_are_served_with_a_notice() -> None:
    body = changed(2, data=["boat", "car"])
    assert SCHEMA.notices(SCHEMA.parse(body)) == [
        "Column 'purpose' has values outside what training saw."
    ]
    body = changed(0, data=[17, 23])
    assert "'age'" in SCHEMA.notices(SCHEMA.parse(body))[0]
