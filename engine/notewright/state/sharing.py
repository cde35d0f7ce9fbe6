"""Which variables share objects otherwise in one snapshot than in another."""

from __future__ import annotations

from collections.abc import Iterable

from notewright.state.records import Snapshot


def shared_otherwise(live: Snapshot, wanted: Snapshot, names: Iterable[str]) -> set[str]:
    """Return those of `names` that must be bound anew though their values are equal.

    Equal values may be one object in `wanted` and two in `live`, or the other
    way round. Groups that are stored at one address share what they share in
    the same way; of others with several of the names that is not known.

    Parameters
    ----------
    live, wanted : Snapshot
        What is there, and what is to be.
    names : iterable of str
        The variables that matter.
    """
    chosen = set(names)
    before, after = _groups(live, chosen), _groups(wanted, chosen)
    return {
        name
        for name, (address, members) in after.items()
        if name in before
        and before[name][0] != address
        and (len(members) > 1 or len(before[name][1]) > 1)
    }


def _groups(snapshot: Snapshot, names: set[str]) -> dict[str, tuple[str, frozenset[str]]]:
    members: dict[str, set[str]] = {}
    for variable in snapshot.variables:
        if variable.name in names:
            members.setdefault(variable.group, set()).add(variable.name)
    return {
        name: (address, frozenset(group)) for address, group in members.items() for name in group
    }
