"""Values that cannot change: what a look found of one holds for as long as it lives.

A notebook has dozens of them, numbers, words and imported modules, and each is pickled once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Generic, TypeVar

from notewright.state.pickling.pickler import Pickled

Seen = TypeVar("Seen")

_TYPES = frozenset({int, float, complex, bool, type(None), str, bytes})
#: Bytes of the longest pickle that is kept: its value stays alive with it.
_LONGEST = 1 << 12
#: So many are kept of values that are variables no more.
_SPARE = 64


@dataclass(frozen=True)
class Constant(Generic[Seen]):
    """A value that cannot change, and what was found of it."""

    value: Any
    pickled: Pickled
    seen: Seen
    #: A module's name when it was pickled.
    name: str = ""


@dataclass
class Constants(Generic[Seen]):
    """The constants that looks have come to, by their ids: they live as long as they are here."""

    _found: dict[int, Constant[Seen]] = field(default_factory=dict)

    def known(self, value: Any) -> Constant[Seen] | None:
        """Return what was found of this very object, or None."""
        found = self._found.get(id(value))
        if found is None or (type(value) is ModuleType and _name(value) != found.name):
            return None
        return found

    def note(self, value: Any, pickled: Pickled, seen: Seen) -> None:
        """Take in what was found of a value, if it is one that cannot change."""
        if type(value) in _TYPES:
            if len(pickled.stream) <= _LONGEST:
                self._found[id(value)] = Constant(value, pickled, seen)
        elif type(value) is ModuleType and (name := _name(value)):
            self._found[id(value)] = Constant(value, pickled, seen, name)

    def keep(self, values: Iterable[Any]) -> None:
        """Let go of others than these, where there are many."""
        ids = set(map(id, values))
        if len(self._found) > len(ids) + _SPARE:
            self._found = {key: found for key, found in self._found.items() if key in ids}


def _name(module: ModuleType) -> str:
    """Return the name under which a module was imported, which may be another by now."""
    name = module.__dict__.get("__name__")
    return name if type(name) is str and sys.modules.get(name) is module else ""
