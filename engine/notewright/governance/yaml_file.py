"""YAML read against a JSON Schema, so that every complaint has a line and a column."""

from __future__ import annotations

import datetime
import difflib
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import yaml

from notewright.errors import PolicyError

#: More nodes than any policy has: a bound against aliases that unfold without end.
_MAX_NODES = 20_000

_WORDS = {
    "object": "a mapping (`name: value` lines)",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


def read_yaml(text: str, schema: Mapping[str, Any], path: Path) -> Any:
    """Return the JSON value of a YAML text that fits `schema`.

    Parameters
    ----------
    text : str
        The file's text.
    schema : mapping
        JSON Schema with the keywords `type`, `properties`, `additionalProperties`,
        `required`, `items`, `enum`, `minimum`, `maximum`, `minLength` and `format: date`.
    path : Path
        For the messages.

    Raises
    ------
    PolicyError
        At the first thing that is not YAML or does not fit.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            raise PolicyError(
                path, 1, 1, "the file is empty", "`%nw policy init` shows a full one."
            )
        return _Reader(path).value(node, schema)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise PolicyError(
            path, line, column, f"this is not YAML: {error.problem}", "Mend the line."
        ) from error
    except yaml.YAMLError as error:
        raise PolicyError(path, 1, 1, "this is not YAML", str(error)) from error


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._nodes = 0
        self._scalars = yaml.SafeLoader("")

    def value(self, node: yaml.Node, schema: Mapping[str, Any]) -> Any:
        self._nodes += 1
        if self._nodes > _MAX_NODES:
            self._fail(node, "the file unfolds to more than a policy can be", "Use no aliases.")
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        value = self._by_kind(node, schema)
        kind = _kind(value)
        if kinds and kind not in kinds and not (kind == "integer" and "number" in kinds):
            self._fail(
                node,
                f"here must be {' or '.join(_WORDS[k] for k in kinds)}, not {_shown(node)}",
                "Put text that looks like a number, a date or yes/no in quotes."
                if "string" in kinds
                else "Correct the value.",
            )
        if value is None and kinds and kinds[0] in ("object", "array"):
            value = {} if kinds[0] == "object" else []
        self._check_bounds(node, value, schema)
        return value

    def _by_kind(self, node: yaml.Node, schema: Mapping[str, Any]) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, schema)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, schema.get("items", {})) for item in node.value]
        try:
            value = self._scalars.construct_object(node)
        except ValueError as error:  # a date such as 2027-02-30
            self._fail(node, f"'{node.value}' is not possible: {error}", "Correct the value.")
        if isinstance(value, datetime.date):
            return value.isoformat()
        if isinstance(value, float) and not math.isfinite(value):
            self._fail(node, f"{node.value} is not a number to compare with", "Give a finite one.")
        if isinstance(value, bytes | set):
            self._fail(node, "this kind of value is not used here", "Write plain text.")
        return value

    def _mapping(self, node: yaml.MappingNode, schema: Mapping[str, Any]) -> dict[str, Any]:
        known = schema.get("properties", {})
        rest = schema.get("additionalProperties", {})
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None:
                self._fail(key_node, "a name must stand here", "Write `name: value`.")
            if key in result:
                self._fail(key_node, f"'{key}' is here twice", "Keep one of the two.")
            if key in known:
                result[key] = self.value(value_node, known[key])
            elif rest is False:
                self._fail(key_node, f"'{key}' is not known here", _nearest(key, known))
            else:
                result[key] = self.value(value_node, rest)
        for name in schema.get("required", ()):
            if name not in result:
                self._fail(node, f"'{name}' is missing", f"Add a line `{name}: ...`.")
        return result

    def _check_bounds(self, node: yaml.Node, value: Any, schema: Mapping[str, Any]) -> None:
        if "enum" in schema and value not in schema["enum"]:
            choices = [str(choice) for choice in schema["enum"]]
            self._fail(node, f"'{value}' is not known here", _nearest(str(value), choices))
        if isinstance(value, int | float) and not isinstance(value, bool):
            if value < schema.get("minimum", -math.inf):
                self._fail(node, f"{value} is too small", f"Give {schema['minimum']} or more.")
            if value > schema.get("maximum", math.inf):
                self._fail(node, f"{value} is too large", f"Give {schema['maximum']} or less.")
        if isinstance(value, str):
            if len(value.strip()) < schema.get("minLength", 0):
                self._fail(node, "there is no text here", "Write a sentence.")
            if schema.get("format") == "date" and not _is_date(value):
                self._fail(node, f"'{value}' is not a date", "Write it as 2027-01-31.")

    def _fail(self, node: yaml.Node, problem: str, remedy: str) -> NoReturn:
        mark = node.start_mark
        raise PolicyError(self._path, mark.line + 1, mark.column + 1, problem, remedy)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"'{node.value}'" if node.value else "nothing"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def _nearest(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known here: {', '.join(sorted(names)[:12])}."


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
