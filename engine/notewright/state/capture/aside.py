"""Variables that cannot be pickled in a copy of the process now: which, why, when to try again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from notewright.state.capture.known import Known, Outcome
from notewright.state.capture.looking import UNPICKLABLE, Look, Memory, Unsaveable, look
from notewright.state.capture.patience import Stuck
from notewright.state.describe import type_name
from notewright.state.namespace import Namespace

_NOTHING = object()


@dataclass
class _Entry:
    value: int  # the object's id
    reason: str
    waits: bool
    tries: int
    again: int


class Aside:
    """The variables that are left out of looks for some time, each named with the reason.

    One that waited for a thread is tried at the next view in the process
    itself, where the thread runs; each that fails again waits twice as many
    views for its next chance.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._entries)

    def put(self, name: str, namespace: Namespace, reason: str, number: int) -> None:
        """Leave out a variable that ended a copy at view `number`."""
        self._add(name, namespace, reason, number, waits=False)

    def due(self, namespace: Namespace, number: int) -> bool:
        """Tell whether a variable that waited is to be tried in the process itself."""
        return any(
            entry.waits and number >= entry.again and self._is_bound(name, namespace)
            for name, entry in self._entries.items()
        )

    def note(self, outcome: Outcome, namespace: Namespace, number: int) -> None:
        """Take in the outcome of view `number`."""
        for name in [n for n in self._entries if n in outcome.seen or n not in outcome.digests]:
            del self._entries[name]
        for name, unsaveable in outcome.unsaveable.items():
            entry = self._entries.get(name)
            if unsaveable.reason == Stuck.words and (entry is None or number >= entry.again):
                self._add(name, namespace, Stuck.words, number, waits=True)

    def look(
        self,
        namespace: Namespace,
        memory: Memory,
        known: Known,
        *,
        number: int,
        tries: bool = False,
        comes_to: Callable[[str], object] = lambda name: None,
    ) -> Look:
        """Look at everything but what is left out.

        Parameters
        ----------
        namespace, memory, known, comes_to
            As for :func:`looking.look`.
        number : int
            The view's.
        tries : bool
            Whether those that waited and are due are looked at here.
        """
        out = {
            name: entry.reason
            for name, entry in self._entries.items()
            if self._is_bound(name, namespace)
            and (number < entry.again or (entry.waits and not tries))
        }
        if not out:
            return look(namespace, memory, known, comes_to)
        found = look(_Without(namespace, out), memory, known, comes_to)
        found.values = namespace.state()
        for name, reason in out.items():
            value = found.values[name]
            digest = f"{UNPICKLABLE}{id(value)}"
            found.unsaveable[name] = Unsaveable(name, type_name(value), reason, digest)
        return found

    def _add(
        self, name: str, namespace: Namespace, reason: str, number: int, *, waits: bool
    ) -> None:
        bound = namespace.get(name, _NOTHING)
        if bound is _NOTHING:
            return
        value, before = id(bound), self._entries.get(name)
        tries = before.tries + 1 if before is not None and before.value == value else 0
        again = number + (1 if waits and not tries else 2**tries + 1)
        self._entries[name] = _Entry(value, reason, waits, tries, again)

    def _is_bound(self, name: str, namespace: Namespace) -> bool:
        return id(namespace.get(name)) == self._entries[name].value


class _Without(Namespace):
    """A namespace without some of its names."""

    def __init__(self, namespace: Namespace, names: dict[str, Any]) -> None:
        super().__init__(namespace.dict)
        self.modules = namespace.modules
        self._whole = namespace
        self._names = names

    def state(self) -> dict[str, Any]:
        return {n: v for n, v in self._whole.state().items() if n not in self._names}
