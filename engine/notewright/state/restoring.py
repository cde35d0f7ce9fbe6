"""Putting variables of a snapshot back into a live namespace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from notewright.errors import CannotImport, NotewrightError
from notewright.state.binding import bind, import_modules, remove
from notewright.state.capture.looking import digest
from notewright.state.clearing import cleared_each
from notewright.state.loading import load_groups
from notewright.state.namespace import Namespace
from notewright.state.pickling import live as live_containers
from notewright.state.records import Snapshot
from notewright.state.reuse import Reuse, Spares
from notewright.state.sharing import shared_with_live
from notewright.state.withheld import Withheld, Withholding
from notewright.store.objects import ObjectStore


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    snapshot: Snapshot
    rebound: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    unsaved: tuple[str, ...]
    environment: tuple[str, ...]
    partial: bool
    #: Why variables could not be brought back.
    refused: tuple[str, ...] = ()
    #: Whether the state of the random generators was put back.
    random: bool = False
    #: Of variables that came back without columns, or stayed because nothing else was left of
    #: them, what was withheld.
    withheld: Mapping[str, tuple[Withheld, ...]] = field(default_factory=dict)
    #: The snapshot of what was there before, where there is one.
    left: str | None = None
    #: What was there before, could not be saved, and is gone.
    lost: tuple[str, ...] = ()


class _Digests(dict[str, str]):
    """Digests of live variables, computed when asked for where they are not known."""

    def __init__(
        self, live: Mapping[str, Any], namespace: dict[str, Any], known: Mapping[str, str]
    ) -> None:
        super().__init__(known)
        self._live = live
        self._namespace = namespace

    def __missing__(self, name: str) -> str:
        self[name] = digest(self._live[name], self._namespace)
        return self[name]


@dataclass
class Restoring:
    """One restore, step by step: import modules, load, bind, remove.

    Parameters
    ----------
    namespace : Namespace
        The live variables.
    snapshot : Snapshot
        What to go back to.
    objects : ObjectStore
        Where it is.
    chosen : dict
        The names to bring back.
    partial : bool
        Whether they were asked for by name: what cannot be brought back is then an error.
    known : mapping
        The digests of the live variables where they have just been looked at.
    withholding : Withholding
        Which columns are withheld.
    reuse : Reuse, optional
        Gives memory of what is replaced.
    """

    namespace: Namespace
    snapshot: Snapshot
    objects: ObjectStore
    chosen: dict[str, None]
    partial: bool
    known: Mapping[str, str]
    withholding: Withholding
    reuse: Reuse | None = None
    refused: list[str] = field(default_factory=list)
    withheld: dict[str, tuple[Withheld, ...]] = field(default_factory=dict)

    def import_modules(self) -> None:
        """Import the modules that what comes back belongs to; before anything else is asked."""
        for absent in import_modules(self.namespace.modules, self.snapshot, self.chosen):
            if isinstance(absent, CannotImport):
                self._refuse(absent)
            # Its code may have changed others.
            belongs = self.snapshot.module_of
            self.known = {n: d for n, d in self.known.items() if belongs(n) is None}

    def load(self) -> dict[str, Any]:
        """Return what differs, by name; a `Withheld` in the place of what is withheld wholly."""
        addresses = [v.group for v in self.snapshot.variables if v.name in self.differing]
        back: dict[str, Any] = {}
        for values in load_groups(addresses, self.namespace.dict, self.objects, self._spares):
            if isinstance(values, NotewrightError):
                self._refuse(values)
            else:
                back.update(self._of_group(values))
        return back

    def bind(self, back: Mapping[str, Any]) -> tuple[str, ...]:
        """Bind what came back, as far as it is not withheld; return the names."""
        brought = {n: v for n, v in back.items() if not isinstance(v, Withheld)}
        return tuple(bind(self.namespace, brought, self.refused))

    def remove(self) -> tuple[str, ...]:
        """Remove what came after the snapshot; return the names."""
        is_unsaved, chosen = self.snapshot.is_unsaved, self.chosen
        later = [n for n in self._live if n not in chosen and not is_unsaved(n)]
        return tuple(remove(self.namespace, self.snapshot, later, self.refused))

    def unsaved(self) -> tuple[str, ...]:
        """Return what the snapshot does not have, and a module did not make when imported."""
        return tuple(
            u.name
            for u in self.snapshot.unsaved
            if self.snapshot.module_of(u.name) is None or u.name not in self._live
        )

    @cached_property
    def differing(self) -> frozenset[str]:
        """Which variables to bring back differ from what is there."""
        return frozenset(
            v.name
            for v in self.snapshot.variables
            if v.name in self.chosen
            and (v.name not in self._live or self._digests[v.name] != v.digest)
        )

    @cached_property
    def _live(self) -> dict[str, Any]:
        return self.namespace.state()

    @cached_property
    def _digests(self) -> _Digests:
        return _Digests(self._live, self.namespace.dict, self.known)

    @cached_property
    def _saved(self) -> dict[str, str]:
        return {v.name: v.digest for v in self.snapshot.variables}

    def _refuse(self, error: NotewrightError) -> None:
        if self.partial:
            raise error
        self.refused.append(str(error))

    def _spares(self, names: list[str]) -> Spares:
        # What is withheld may leave a variable as it is.
        if self.reuse is None or self.withholding:
            return Spares()
        return self.reuse.spares([n for n in names if n in self.differing], self._live)

    def _of_group(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return what to bind of variables that were saved together."""
        less = self._less_withheld(values)
        if less is not None:
            return less
        kept = {n: self._live[n] for n in values if self._is_as_saved(n)}
        shared = None
        if kept:
            wanted = [n for n in values if n in self.differing]
            size = sum(v.size for v in self.snapshot.variables if v.name in wanted)
            shared = shared_with_live(values, wanted, kept, self.namespace.dict, size)
        # Where it cannot be told what is shared, all that were chosen come back.
        return {n: v for n, v in (shared or values).items() if n in self.chosen}

    def _is_as_saved(self, name: str) -> bool:
        return name in self._live and self._digests[name] == self._saved[name]

    def _less_withheld(self, values: dict[str, Any]) -> dict[str, Any] | None:
        """Return what is left of those that differ, None if nothing is withheld of any.

        Without what is withheld, nobody can tell any more what they share with live objects.
        """
        live = live_containers.containers(self.namespace.dict)
        each = cleared_each(values, self.withholding, live)
        if not any(found.withheld for found in each.values()):
            return None
        less = {n: found for n, found in each.items() if n in self.differing}
        self.withheld |= {n: found.withheld for n, found in less.items() if found.withheld}
        return {n: found.value for n, found in less.items()}
