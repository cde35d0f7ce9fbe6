"""What changed in the namespace since the last look, whoever changed it.

Each variable is pickled (big buffers in place, nothing copied) and hashed.
That sees every change to anything reachable from a variable, through an alias,
a method call or C code, and needs no cooperation from the user's objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import xxhash

from notewright.state.namespace import Namespace
from notewright.state.pickling import Pickled, dump


@dataclass(frozen=True)
class Change:
    """The names whose values differ from the last look, and those that are gone."""

    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


class Tracker:
    """Compares a namespace with what it was.

    Parameters
    ----------
    namespace : Namespace
        The live namespace.

    Examples
    --------
    >>> values = {"items": [1]}
    >>> tracker = Tracker(Namespace(values))
    >>> _ = tracker.look()
    >>> alias = values["items"]; alias.append(2)
    >>> tracker.look().changed
    ('items',)
    """

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._known: dict[str, str] = {}

    def look(self) -> Change:
        """Return what changed since the last call, and remember how things are now."""
        digests = {
            name: digest(value, self._namespace.dict)
            for name, value in self._namespace.variables().items()
        }
        changed = tuple(n for n, d in digests.items() if self._known.get(n) != d)
        deleted = tuple(n for n in self._known if n not in digests)
        self._known = digests
        return Change(changed, deleted)


def digest(value: Any, namespace: dict[str, Any]) -> str:
    """Return a hash that changes whenever anything reachable from `value` does.

    What cannot be pickled is known by its identity: it counts as changed when
    the name is bound to another object.
    """
    try:
        return digest_pickled(dump(value, namespace))
    except Exception:  # noqa: BLE001 - a user's object may raise anything while being reduced
        return f"unpicklable:{id(value)}"


def digest_pickled(pickled: Pickled) -> str:
    """Return the hash of a pickle and its buffers."""
    hasher = xxhash.xxh3_128(pickled.stream)
    for buffer in pickled.buffers:
        hasher.update(buffer.raw())
    return hasher.hexdigest()
