"""Do the tables of people and roles say what the log says of them?

Their rows are signed one by one, so an edited row is found where it is used. That a row is
gone, or was slipped in, only the log can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from notewright.store import Catalog
from notewright.store.canonical import parse

if TYPE_CHECKING:
    from notewright.governance.identities import Registration

#: Acts that add a row to one of the tables.
REGISTERS = "identity.register"
GRANTS = {"role.grant": True, "role.revoke": False}


def disagreement(
    entries: Sequence[Mapping[str, Any]], people: Sequence[Registration], catalog: Catalog
) -> tuple[int | None, str] | None:
    """Return the entry that a table contradicts (None: no entry has the row) and how, or None.

    Parameters
    ----------
    entries : sequence of mapping
        The log's entries on people and roles, in order.
    people : sequence of Registration
        The registrations, each with a sound signature.
    catalog : Catalog
        Where the grants are.
    """
    registered = {person.name: person.public for person in people}
    for entry in (e for e in entries if e["act"] == REGISTERS):
        name, n = entry["subject"], entry["n"]
        if registered.pop(name, "") != entry["details"].get("public"):
            return n, f"Entry {n} registers '{name}', but the store has no such registration."
    if registered:
        name = next(iter(registered))
        return None, f"'{name}' is registered in the store, but no entry of the log says so."
    rows = catalog.query("SELECT body FROM role_grants ORDER BY seq")
    logged = [e for e in entries if e["act"] in GRANTS]
    for place, (row, entry) in enumerate(zip_longest(rows, logged)):
        if entry is None:
            return None, f"Role grant {place} is in the store, but no entry of the log says so."
        said = (
            entry["subject"],
            entry["details"].get("role"),
            GRANTS[entry["act"]],
            entry["actor"],
        )
        if row is None or _grant(row["body"]) != said:
            n = entry["n"]
            return n, f"Entry {n} is about a role of '{said[0]}'; role grant {place} does not fit."
    return None


def _grant(body: str) -> tuple[Any, ...]:
    try:
        fields = parse(body.encode())
        return tuple(fields[name] for name in ("identity", "role", "given", "by"))
    except (ValueError, KeyError, TypeError):
        return ()
