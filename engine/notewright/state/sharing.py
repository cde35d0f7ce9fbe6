"""Bring back some of several variables that share objects: the others keep theirs, shared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from notewright.state.grouping import can_change
from notewright.state.memory.memo import identities, object_at
from notewright.state.pickling import Pickled, dump, load


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
