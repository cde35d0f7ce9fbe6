"""The door of the server: what a request must look like, column by column.

Works on parsed JSON only (no pandas, no NumPy), so a bad request costs little.
Each refusal is one sentence that names the column.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

#: Open Inference Protocol datatypes that each kind of column accepts.
DATATYPES: dict[str, tuple[str, ...]] = {
    "integer": ("INT64", "INT32", "INT16", "INT8", "UINT64", "UINT32", "UINT16", "UINT8"),
    "number": ("FP64", "FP32", "FP16", "INT64", "INT32", "INT16", "INT8"),
    "string": ("BYTES",),
    "boolean": ("BOOL",),
    "datetime": ("BYTES",),
}
_INT64 = (-(2**63), 2**63 - 1)
_REQUEST_KEYS = frozenset({"id", "inputs", "outputs", "parameters"})
_TENSOR_KEYS = frozenset({"name", "shape", "datatype", "data", "parameters"})
_MAX_CLIENT_ID = 256


class Refused(Exception):
    """A request that the schema does not let in.

    Parameters
    ----------
    sentence : str
        What is wrong, naming the column where there is one.
    status : int, default 400
        The HTTP status.
    """

    def __init__(self, sentence: str, status: int = 400) -> None:
        self.sentence = sentence
        self.status = status
        super().__init__(sentence)


@dataclass(frozen=True)
class Column:
    """One raw column, as ``model/schema.json`` describes it."""

    name: str
    kind: str
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    categories: frozenset[Any] | None = None

    @property
    def datatype(self) -> str:
        """The datatype that model metadata announces."""
        return DATATYPES[self.kind][0]


@dataclass(frozen=True)
class InferRequest:
    """A request that came through the door."""

    columns: dict[str, list[Any]]
    rows: int
    client_id: str | None = None
    outputs: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Schema:
    """The raw columns a model wants, in order.

    Parameters
    ----------
    name : str
        The model's name.
    columns : tuple of Column
        In the order of the training table.
    target : mapping, optional
        What is predicted: at least its ``name``.
    optional : tuple of Column
        Raw columns that the model does without; a request may have them, for the log.

    Examples
    --------
    >>> schema = Schema.read({"name": "m", "columns": [{"name": "age", "kind": "integer"}]})
    >>> body = b'{"inputs": [{"name": "age", "shape": [1], "datatype": "INT64", "data": [41]}]}'
    >>> schema.parse(body).columns
    {'age': [41]}
    >>> schema.parse(body.replace(b"41", b"4.5"))
    Traceback (most recent call last):
    notewright.serving.schema.Refused: Column 'age', row 0: expected an integer, got the number 4.5.
    """

    name: str
    columns: tuple[Column, ...]
    target: Mapping[str, Any] = field(default_factory=dict)
    optional: tuple[Column, ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Schema:
        """Return the schema in the JSON value of ``model/schema.json``."""
        return cls(
            document["name"],
            tuple(map(_read_column, document["columns"])),
            dict(document.get("target") or {}),
            tuple(map(_read_column, document.get("optional") or ())),
        )

    def parse(self, body: bytes, max_rows: int = 100_000) -> InferRequest:
        """Return the columns in an inference request.

        Parameters
        ----------
        body : bytes
            The request's body: JSON of the Open Inference Protocol, version 2.
        max_rows : int
            More rows than this are refused.

        Raises
        ------
        Refused
            With one sentence that names the column.
        """
        document = _json_object(body)
        unknown = sorted(document.keys() - _REQUEST_KEYS)
        if unknown:
            raise Refused(f"The request has the unknown field {_quote(unknown[0])}.")
        tensors = document.get("inputs")
        if not isinstance(tensors, list):
            raise Refused("The request needs 'inputs': a list with one tensor for each column.")
        client_id = document.get("id")
        if client_id is not None and (not _is_string(client_id) or len(client_id) > _MAX_CLIENT_ID):
            raise Refused(f"'id' must be a string of {_MAX_CLIENT_ID} characters at most.")
        columns = self._columns(tensors, max_rows)
        rows = len(next(iter(columns.values()), []))
        return InferRequest(columns, rows, client_id, _wanted(document.get("outputs")))

    def notices(self, request: InferRequest) -> list[str]:
        """Return a sentence for each column with values unlike any seen in training."""
        return [
            f"Column '{column.name}' has values outside what training saw."
            for column in (*self.columns, *self.optional)
            if _outside(column, request.columns.get(column.name, []))
        ]

    def _columns(self, tensors: list[Any], max_rows: int) -> dict[str, list[Any]]:
        known = {column.name: column for column in (*self.columns, *self.optional)}
        found: dict[str, list[Any]] = {}
        for position, tensor in enumerate(tensors):
            name = _tensor_name(tensor, position)
            column = known.get(name)
            if column is None:
                _unknown_column(name, known)
            if name in found:
                raise Refused(f"Column '{name}' is given twice.")
            found[name] = _values(column, tensor, max_rows)
        for column in self.columns:
            if column.name not in found:
                raise Refused(f"Column '{column.name}' is missing.")
        self._same_length(found)
        # In the order of training, whatever the order in the request.
        return {name: found[name] for name in known if name in found}

    def _same_length(self, found: dict[str, list[Any]]) -> None:
        first = next(iter(found), None)
        for name, values in found.items():
            if first is not None and len(values) != len(found[first]):
                raise Refused(
                    f"Column '{name}' has {len(values)} rows, "
                    f"but column '{first}' has {len(found[first])}."
                )


def _read_column(item: Mapping[str, Any]) -> Column:
    if item["kind"] not in DATATYPES:
        raise ValueError(f"column {item['name']!r} has the unknown kind {item['kind']!r}")
    categories = item.get("categories")
    return Column(
        name=item["name"],
        kind=item["kind"],
        nullable=bool(item.get("nullable", False)),
        minimum=item.get("minimum"),
        maximum=item.get("maximum"),
        categories=None if categories is None else frozenset(categories),
    )


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except Refused:
        raise
    except (ValueError, RecursionError) as error:
        raise Refused("The body is not valid JSON.") from error
    if not isinstance(document, dict):
        raise Refused("The body must be a JSON object with 'inputs'.")
    return document


def _no_constant(word: str) -> NoReturn:
    raise Refused(f"{word} is not valid JSON; send null for a missing value.")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused(f"The field {_quote(twice)} is given twice in one JSON object.")
    return document


def _tensor_name(tensor: Any, position: int) -> str:
    if not isinstance(tensor, dict):
        raise Refused(f"Input {position} must be an object with name, shape, datatype and data.")
    name = tensor.get("name")
    if not isinstance(name, str):
        raise Refused(f"Input {position} has no name; give the name of a column.")
    return name


def _unknown_column(name: str, known: Iterable[str]) -> NoReturn:
    close = difflib.get_close_matches(name[:64], list(known), n=1)
    hint = f"; did you mean '{close[0]}'" if close else ""
    raise Refused(f"Column {_quote(name)} is not one of the model's columns{hint}.")


def _values(column: Column, tensor: dict[str, Any], max_rows: int) -> list[Any]:
    unknown = sorted(tensor.keys() - _TENSOR_KEYS)
    if unknown:
        raise Refused(f"Column '{column.name}' has the unknown field {_quote(unknown[0])}.")
    for key in ("datatype", "shape", "data"):
        if key not in tensor:
            raise Refused(f"Column '{column.name}' has no '{key}'.")
    accepted = DATATYPES[column.kind]
    if tensor["datatype"] not in accepted:
        raise Refused(
            f"Column '{column.name}' must have datatype {accepted[0]}, "
            f"got {_quote(tensor['datatype'])}."
        )
    values = _flat(column, tensor["shape"], tensor["data"], max_rows)
    check = _CHECKS[column.kind]
    integers_only = tensor["datatype"].startswith(("INT", "UINT"))
    for row, value in enumerate(values):
        if value is None:
            if not column.nullable:
                raise Refused(f"Column '{column.name}', row {row}: a value is missing (null).")
        elif not check(value) or (integers_only and type(value) is not int):
            expected = "an integer" if integers_only else _EXPECTED[column.kind]
            raise Refused(
                f"Column '{column.name}', row {row}: expected {expected}, got {_describe(value)}."
            )
    return values


def _flat(column: Column, shape: Any, data: Any, max_rows: int) -> list[Any]:
    """Return `data` as a flat list if it agrees with `shape`, [n] or [n, 1]."""
    name = column.name
    if (
        not isinstance(shape, list)
        or len(shape) not in (1, 2)
        or any(type(size) is not int or size < 0 for size in shape)
        or (len(shape) == 2 and shape[1] != 1)
    ):
        raise Refused(f"Column '{name}' must have shape [n] or [n, 1].")
    if not isinstance(data, list):
        raise Refused(f"Column '{name}' must have a list as 'data'.")
    if shape[0] == 0:
        raise Refused(f"Column '{name}' has no rows.")
    if shape[0] > max_rows:
        raise Refused(f"Column '{name}' has more than {max_rows} rows; send fewer at a time.", 413)
    if data and isinstance(data[0], list):
        if len(shape) != 2 or any(not isinstance(row, list) or len(row) != 1 for row in data):
            raise Refused(f"Column '{name}' has nested data that is not of shape [n, 1].")
        data = [row[0] for row in data]
    if len(data) != shape[0]:
        raise Refused(f"Column '{name}' has {len(data)} values, but its shape says {shape[0]}.")
    values: list[Any] = data
    return values


def _is_integer(value: Any) -> bool:
    return type(value) is int and _INT64[0] <= value <= _INT64[1]


def _is_number(value: Any) -> bool:
    if type(value) is float:
        return math.isfinite(value)
    return _is_integer(value)


def _is_string(value: Any) -> bool:
    # Lone surrogates are legal in JSON escapes but are no text: nothing can encode them.
    return type(value) is str and (
        value.isascii() or not any("\ud800" <= character < "\ue000" for character in value)
    )


def _is_datetime(value: Any) -> bool:
    if type(value) is not str:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "integer": _is_integer,
    "number": _is_number,
    "string": _is_string,
    "boolean": lambda value: type(value) is bool,
    "datetime": _is_datetime,
}
_EXPECTED = {
    "integer": "an integer",
    "number": "a finite number",
    "string": "a string",
    "boolean": "true or false",
    "datetime": "a date or time in ISO 8601",
}


def _describe(value: Any) -> str:
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {_short(repr(value))}"
    if isinstance(value, str):
        return f"the string {_quote(value)}"
    return "a list" if isinstance(value, list) else "an object"


def _wanted(outputs: Any) -> tuple[str, ...] | None:
    if outputs is None:
        return None
    if not isinstance(outputs, list) or any(
        not isinstance(item, dict) or not isinstance(item.get("name"), str) for item in outputs
    ):
        raise Refused("'outputs' must be a list of objects with a name.")
    return tuple(item["name"] for item in outputs) or None


def _outside(column: Column, values: list[Any]) -> bool:
    if column.categories is not None:
        return any(value is not None and value not in column.categories for value in values)
    low, high = column.minimum, column.maximum
    if column.kind not in ("integer", "number") or (low is None and high is None):
        return False
    return any(
        value is not None
        and ((low is not None and value < low) or (high is not None and value > high))
        for value in values
    )


def _quote(value: Any) -> str:
    return repr(_short(value if isinstance(value, str) else repr(value)))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
