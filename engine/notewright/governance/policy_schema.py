"""The JSON Schema of ``policy.yaml``: what the file is read with and what editors use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notewright.governance.authority import ROLES
from notewright.governance.checks.base import Check, Option
from notewright.governance.checks.documentation import QUESTIONS

#: What a policy speaks of besides the data.
_NOT_DATA = ("version", "documentation", "checks", "gates", "waivers", "retention")
_TEXT = {"type": "string"}
_SAID: dict[str, Any] = {"type": ["string", "array", "null"], "items": _TEXT}


def schema(checks: Mapping[str, Check]) -> dict[str, Any]:
    """Return the schema for a policy over `checks`."""
    families: dict[str, dict[str, Any]] = {}
    for name, check in checks.items():
        family, _, rest = name.partition(".")
        families.setdefault(family, {})[rest] = _check(check)
    selectable = [*families, *checks]
    result: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Notewright policy",
        "type": "object",
        "additionalProperties": False,
        "required": ["version"],
        "properties": {
            "version": {"type": "integer", "enum": [1], "description": "Version of this format."},
            "documentation": {
                "type": ["object", "null"],
                "description": "What the project says of the model; any field.",
                "properties": {
                    name: {**_SAID, "description": f"Says {question}."}
                    for name, question in QUESTIONS.items()
                },
                "additionalProperties": _SAID,
            },
            "data": _data(),
            "checks": _object({family: _object(known) for family, known in families.items()}),
            "gates": {
                "type": "object",
                "description": "What a version needs, by gate.",
                "additionalProperties": _gate(selectable),
            },
            "waivers": {"type": "array", "items": _waiver(list(checks))},
            "retention": _retention(),
        },
    }
    for name in ("gates", "waivers"):
        _may_be_empty(result["properties"][name])
    return result


def schema_of_data() -> dict[str, Any]:
    """Return the schema for reading what a policy says of the data, whatever else it says."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **{name: {} for name in _NOT_DATA},
            "data": _data(),
        },
    }


def _data() -> dict[str, Any]:
    bands = {
        "type": "array",
        "items": {"type": "number"},
        "description": "Where to cut a numeric column.",
    }
    return _object(
        {
            "favourable": {
                "type": ["string", "number", "boolean"],
                "description": "The outcome that is good for the person.",
            },
            "sensitive": {
                "type": ["object", "null"],
                "description": "Columns whose groups are compared.",
                "additionalProperties": _object({"bands": bands}),
            },
            "intersections": {
                "type": "boolean",
                "default": True,
                "description": "Whether groups by two sensitive columns together count too.",
            },
            "quasi_identifiers": {
                "type": ["array", "null"],
                "items": _TEXT,
                "description": "Columns that others may know of a person: age, postcode.",
            },
            "restricted": {
                "type": ["object", "null"],
                "description": "Columns whose values are withheld, and the roles that see them.",
                "additionalProperties": {
                    "type": ["array", "null"],
                    "items": {"type": "string", "enum": list(ROLES)},
                    "description": "The roles that see its values; none if empty.",
                },
            },
        }
    )


def _retention() -> dict[str, Any]:
    def number(description: str, least: int) -> dict[str, Any]:
        return {"type": "integer", "minimum": least, "description": description}

    snapshots = {
        "last": number("`gc` keeps at least so many of the newest.", 0),
        "daily": number("`gc` keeps at least the last of each of so many days.", 0),
    }
    days = number("Requests and answers are kept so long, and then erased by `erase`.", 1)
    return _object(
        {"snapshots": _object(snapshots), "predictions": _object({"days": days})},
        description="What stays for how long.",
    )


def _gate(selectable: list[str]) -> dict[str, Any]:
    return _object(
        {
            "checks": {"type": "array", "items": {"type": "string", "enum": selectable}},
            "approvals": {
                "type": "array",
                "items": {"type": "string", "enum": list(ROLES)},
                "description": "One role for each approval needed.",
            },
            "valid_days": {"type": "integer", "minimum": 1, "maximum": 366},
        }
    )


def _waiver(names: list[str]) -> dict[str, Any]:
    return {
        **_object(
            {
                "check": {"type": "string", "enum": names},
                "subject": _TEXT,
                "reason": {"type": "string", "minLength": 1},
                "owner": {"type": "string", "minLength": 1},
                "until": {"type": "string", "format": "date"},
            }
        ),
        "type": "object",
        "required": ["check", "reason", "owner", "until"],
    }


def _check(check: Check) -> dict[str, Any]:
    common: dict[str, dict[str, Any]] = {
        "run": {"type": "boolean", "description": "Whether it runs."},
        "severity": {"type": "string", "enum": ["info", "warning", "error"]},
        "acceptable": {
            "type": "boolean",
            "description": "Whether an approval may accept a failure.",
        },
    }
    if not check.runs:
        common["run"]["default"] = False
    own = {name: _option(option) for name, option in check.options.items()}
    return _object({**own, **common}, description=check.summary)


def _option(option: Option) -> dict[str, Any]:
    result: dict[str, Any] = {"description": option.description, "default": option.default}
    if isinstance(option.default, bool):
        result["type"] = "boolean"
    elif isinstance(option.default, int):
        result["type"] = "integer"
    elif isinstance(option.default, float):
        result["type"] = "number"
    elif isinstance(option.default, list | tuple):
        result |= {"type": "array", "items": _TEXT, "default": list(option.default)}
    else:
        result["type"] = "string"
    if option.minimum is not None:
        result["minimum"] = option.minimum
    if option.maximum is not None:
        result["maximum"] = option.maximum
    if option.choices is not None:
        result["enum"] = list(option.choices)
    return result


def _object(properties: dict[str, Any], description: str | None = None) -> dict[str, Any]:
    result: dict[str, Any] = {"type": "object", "additionalProperties": False}
    if description is not None:
        result["description"] = description
    return _may_be_empty({**result, "properties": properties})


def _may_be_empty(section: dict[str, Any]) -> dict[str, Any]:
    """Allow a heading whose lines are all commented out: that is no mistake."""
    section["type"] = [section["type"], "null"]
    return section
