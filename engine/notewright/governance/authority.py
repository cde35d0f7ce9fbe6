"""Asking Cedar whether somebody may do something.

Rules are always evaluated with the schema and owners are entities, because an
owner stored as a string, or missing, would let Cedar skip a `forbid`. Anything
but a plain Allow without an error is a denial.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

#: Every action, and how it reads after "may not".
ACTIONS = {
    "snapshot.read": "read snapshots",
    "snapshot.remove": "remove snapshots from",
    "run.read": "read runs",
    "model.register": "register a model",
    "export": "export",
    "check": "run checks on",
    "approve": "approve",
    "revoke": "withdraw",
    "deploy": "deploy",
    "rollback": "roll back",
    "retrain": "retrain",
    "role.grant": "grant or take away roles",
    "audit.read": "read the audit log",
    "data.read": "see the values of",
    "predictions.erase": "erase logged predictions of",
    "records.move": "move the records of",
}

#: Every role, and what it is for.
ROLES = {
    "data_scientist": "registers, checks, exports and retrains models, removes snapshots",
    "reviewer": "checks and approves the models of others",
    "risk_officer": "approves the models of others, accepts findings, withdraws versions",
    "operator": "deploys and rolls back what passed its gate, removes snapshots",
    "auditor": "reads everything, changes nothing",
    "admin": "gives roles, moves the records",
}


@dataclass(frozen=True)
class Resource:
    """What an action is about.

    Parameters
    ----------
    type : str
        ``"Workspace"``, ``"ModelVersion"`` or ``"Column"``.
    id : str
        Its id.
    owners : tuple of str
        Names of those whose work it is.
    words : str
        How it reads in a message.
    readers : tuple of str or None
        Of a column: the roles that may see its values.
    """

    type: str
    id: str
    owners: tuple[str, ...]
    words: str
    readers: tuple[str, ...] | None = None


def allowed(user: str, roles: Iterable[str], action: str, resource: Resource) -> bool:
    """Tell whether the rules allow `user`, who has `roles`, the action on the resource."""
    import cedarpy

    rules, schema = _rules()
    entities: list[dict[str, Any]] = [
        *({"uid": _uid("Role", role), "attrs": {}, "parents": []} for role in sorted(ROLES)),
        {"uid": _uid("User", user), "attrs": {}, "parents": [_uid("Role", r) for r in roles]},
        *(
            {"uid": _uid("User", owner), "attrs": {}, "parents": []}
            for owner in sorted(set(resource.owners) - {user})
        ),
        {
            "uid": _uid(resource.type, resource.id),
            "attrs": _attributes(resource),
            "parents": [],
        },
    ]
    request: dict[str, Any] = {
        "principal": _uid("User", user),
        "action": _uid("Action", action),
        "resource": _uid(resource.type, resource.id),
        "context": {},
    }
    result = cedarpy.is_authorized(request, rules, entities, schema)
    return result.decision is cedarpy.Decision.Allow and not result.diagnostics.errors


def _attributes(resource: Resource) -> dict[str, Any]:
    found = {"owners": [{"__entity": _uid("User", owner)} for owner in resource.owners]}
    if resource.readers is not None:
        found["readers"] = [{"__entity": _uid("Role", role)} for role in resource.readers]
    return found


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


@cache
def _rules() -> tuple[Any, Any]:
    import cedarpy

    folder = resources.files("notewright.governance")
    schema = (folder / "rules.cedarschema").read_text(encoding="utf-8")
    rules = (folder / "rules.cedar").read_text(encoding="utf-8")
    outcome = cedarpy.validate_policies(rules, schema)
    if not outcome.validation_passed:
        raise AssertionError(f"the shipped rules do not fit their schema: {outcome.errors}")
    return cedarpy.PolicySet.from_str(rules), cedarpy.Schema.from_str(schema)
