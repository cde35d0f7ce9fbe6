"""What variables share, when only some of them come back."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import compress, repeat
from operator import is_
from typing import Any

import numpy as np

from notewright.state.grouping import can_change, perhaps_shared
from notewright.state.memory.memo import identities, object_at
from notewright.state.pickling.pickler import Pickled, dump, load
from notewright.state.records import Snapshot

#: Of so many objects it is asked what refers to them; looking for more takes longer than copying,
_FEW = 32
#: as it does where there is less to copy than so many bytes.
_MUCH = 1 << 21

#: Types of values that cannot change: whether two names are one object does not matter.
_CONSTANTS = frozenset(
    f"builtins.{kind}" for kind in ("int", "float", "complex", "bool", "NoneType", "str", "bytes")
)


def shared_with_live(
    loaded: Mapping[str, Any],
    wanted: Iterable[str],
    live: Mapping[str, Any],
    namespace: dict[str, Any],
    size: int = 0,
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
    size : int
        Bytes of the wanted ones as pickled.

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
    few = len(identities(kept_new._pickler)) <= _FEW
    wanted_too = None if few else dump(tuple(loaded[name] for name in names), namespace)
    new, old = _pairs(kept_new, kept_live, wanted_too)
    # What is shared as memory has no object that could be put in a place.
    in_place = few and size > _MUCH and not (kept_new.buffers or kept_new.regions)
    del kept_new, kept_live, both, wanted_too  # which hold what is to be replaced
    if in_place and _replaced(new, old):
        return {name: loaded[name] for name in names}
    grafted = dump(tuple(loaded[name] for name in names), namespace, new)
    buffers = [bytes(buffer.raw()) for buffer in grafted.buffers]
    return dict(zip(names, load(grafted.stream, buffers, namespace, old), strict=True))


def _pairs(
    new: Pickled, live: Pickled, wanted: Pickled | None = None
) -> tuple[list[Any], list[Any]]:
    """Return the changeable objects that are in `new` (and `wanted`), and which live ones they are.

    `new` and `live` are pickles of equal values, so the n-th object of one is
    the n-th of the other.
    """
    theirs, ours = identities(new._pickler), identities(live._pickler)
    places = np.arange(len(theirs))
    if wanted is not None:
        own, other = perhaps_shared([theirs, identities(wanted._pickler)])
        # Positions that hold what only the pickling made (states, arguments) come to nothing.
        places = np.flatnonzero(np.isin(theirs, own[np.isin(own, other)]))
    by_name = new._pickler.by_name
    pairs = [
        (object_at(theirs[at]), object_at(ours[at]))
        for at in places.tolist()
        if int(theirs[at]) not in by_name and can_change(object_at(theirs[at]))
    ]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _replaced(new: list[Any], old: list[Any]) -> bool:
    """Put the old objects where the new ones are, if all that has them is dictionaries and lists.

    Nothing but what has just been loaded may have the new ones.
    """
    if not new:
        return True
    places = [
        (holder, key, old[at])
        for holder in gc.get_referrers(*new)
        if holder is not new
        for at, key in _places(holder, new)
    ]
    counts = Counter(id(holder[key]) for holder, key, _ in places)
    counts.update(id(holder) for holder, _, _ in places)  # `places` has them
    probe = [object()]
    alone = sys.getrefcount(probe[0])  # of what only one list has
    if any(sys.getrefcount(new[at]) - alone != counts[id(new[at])] for at in range(len(new))):
        return False
    for holder, key, value in places:
        holder[key] = value
    return True


def _places(holder: Any, new: list[Any]) -> Iterator[tuple[int, Any]]:
    """Yield which of the objects a dictionary or list has, and where."""
    if type(holder) is dict:
        keys, values = list(holder), list(holder.values())
    elif type(holder) is list:
        keys, values = list(range(len(holder))), holder
    else:
        return
    for at, value in enumerate(new):
        for key in compress(keys, map(is_, values, repeat(value))):
            yield at, key


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
