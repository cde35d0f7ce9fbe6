"""What variables share, when only some of them come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from notewright.state.grouping import can_change
from notewright.state.memory.memo import identities, object_at
from notewright.state.pickling.pickler import Pickled, dump, load
from notewright.state.records import Snapshot

#: Types of values that cannot change: whether two names are one object does not matter.
_CONSTANTS = frozenset(
    f"builtins.{kind}" for kind in ("int", "float", "complex", "bool", "NoneType", "str", "bytes")
)


def shared_with_live(
    loaded: Mapping[str, Any],
    wanted: Iterable[str],
    live: Mapping[str, Any],
    namespace: dict[str, Any],
) -> dict[str, Any] | None:
    """Return the wanted variables, made of live objects wherever the live ones share them.

    Parameters
    ----------
    loaded : mapping
        Variables that were saved together, as new objects.
    wanted : iterable of str
        Those to bring back. The others are as they were saved.
    live : mapping
        The others as they are now.
    namespace : dict
        The live globals that functions are bound to.

    Returns
    -------
    dict or None
        None if it cannot be told which live object is which saved one.
    """
    names = list(wanted)
    both = (tuple(loaded[name] for name in live), tuple(live.values()))
    kept_new, kept_live = (dump(values, namespace) for values in both)
    if kept_new.stream != kept_live.stream:
        return None
    pickled = dump(tuple(loaded[name] for name in names), namespace)
    new, old = _common(kept_new, kept_live, pickled)
    grafted = dump(tuple(loaded[name] for name in names), namespace, new)
    buffers = [bytes(buffer.raw()) for buffer in grafted.buffers]
    return dict(zip(names, load(grafted.stream, buffers, namespace, old), strict=True))


def _common(new: Pickled, live: Pickled, wanted: Pickled) -> tuple[list[Any], list[Any]]:
    """Return the changeable objects that are in `new` and `wanted`, and which live ones they are.

    `new` and `live` are pickles of equal values, so the n-th object of one is
    the n-th of the other.
    """
    theirs, ours = identities(new._pickler), identities(live._pickler)
    # Positions that hold what only the pickling made (states, arguments) come to nothing.
    also = np.flatnonzero(np.isin(theirs, identities(wanted._pickler)))
    by_name = new._pickler.by_name
    pairs = [
        (object_at(theirs[at]), object_at(ours[at]))
        for at in also.tolist()
        if int(theirs[at]) not in by_name and can_change(object_at(theirs[at]))
    ]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def shared_otherwise(live: Snapshot, wanted: Snapshot, digests: Mapping[str, str]) -> set[str]:
    """Return the variables to bind anew though their values are equal.

    Equal values may be one object in `wanted` and two in `live`, or the other
    way round. Groups that are stored at one address share what they share in
    the same way; of others with several variables that is not known. Where a
    value in the group differs, :func:`shared_with_live` finds out.

    Parameters
    ----------
    live, wanted : Snapshot
        What is there, and what is to be.
    digests : mapping
        The digests of the live variables.
    """
    before, after = _groups(live), _groups(wanted)
    constants = {v.name for v in wanted.variables if v.type in _CONSTANTS}
    differing = {v.group for v in wanted.variables if digests.get(v.name) != v.digest}
    return {
        name
        for name, (address, members) in after.items()
        if name in before
        and name not in constants
        and address not in differing
        and before[name][0] != address
        and (len(members) > 1 or len(before[name][1]) > 1)
    }


def _groups(snapshot: Snapshot) -> dict[str, tuple[str, set[str]]]:
    members: dict[str, set[str]] = {}
    for variable in snapshot.variables:
        members.setdefault(variable.group, set()).add(variable.name)
    return {name: (address, group) for address, group in members.items() for name in group}
