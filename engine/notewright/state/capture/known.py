"""What is known of a namespace after a look: digests, groups, where each piece is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from notewright.state.capture.chunks import CHUNK, Buffer
from notewright.state.capture.looking import Seen, Unsaveable
from notewright.state.memory.protection import Span
from notewright.store.packs import Placed

#: Buffers from this size on have their pages watched.
WATCHED = 4 * CHUNK


@dataclass(frozen=True)
class Group:
    """Variables that were stored together, as their manifest says it.

    Parameters
    ----------
    names : tuple of str
        The variables.
    address, stream, small : str
        Addresses of the manifest, of the pickle, and of its small buffers.
    buffers : tuple of tuple of str
        Addresses of the pieces of each large buffer.
    spans : tuple
        Where each large buffer lay.
    """

    names: tuple[str, ...]
    address: str
    stream: str
    small: str
    buffers: tuple[tuple[str, ...], ...]
    spans: tuple[Span, ...]

    def needs(self) -> Iterator[str]:
        """Yield the address of every object that it is made of."""
        yield from (self.address, self.stream, self.small)
        for pieces in self.buffers:
            yield from pieces


@dataclass(frozen=True)
class Removed:
    """That objects were removed from the store, and where to append from now on."""

    addresses: frozenset[str]
    position: tuple[str, int]


@dataclass(frozen=True)
class Kept:
    """What was stored of a look."""

    groups: tuple[Group, ...]
    chunks: dict[bytes, str]
    random: str
    placed: tuple[Placed, ...]
    position: tuple[str, int]


@dataclass(frozen=True)
class Outcome:
    """What a look found, and what was stored of it if that was asked for.

    Parameters
    ----------
    seen, unsaveable : dict
        The variables.
    digests : dict
        Of all variables, in the namespace's order.
    sharing : list
        The variables in groups that share something that can change.
    observed : object
        What the caller's own observation returned.
    modules : tuple of str
        The user's own modules that were imported.
    kept : Kept, optional
        What was stored.
    """

    seen: dict[str, Seen]
    unsaveable: dict[str, Unsaveable]
    digests: dict[str, str]
    sharing: list[tuple[str, ...]]
    observed: Any = None
    modules: tuple[str, ...] = ()
    kept: Kept | None = None


@dataclass
class Known:
    """The sum of all outcomes so far."""

    digests: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    sharing: list[tuple[str, ...]] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    #: What was stored for each variable: its digest then, and which objects it was made of.
    stored: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: Address by hash of every piece stored by this process.
    chunks: dict[bytes, str] = field(default_factory=dict)
    random: str | None = None
    position: tuple[str, int] = ("", 0)
    #: Buffers large enough to have their pages watched, and whether all of each is stored.
    large: dict[Span, tuple[Buffer, bool]] = field(default_factory=dict)
    #: The variables that have such buffers.
    large_names: frozenset[str] = frozenset()

    def apply(self, outcome: Outcome) -> None:
        """Take in an outcome; in the order of the looks."""
        self.digests = outcome.digests
        self.seen = outcome.seen
        self.sharing = outcome.sharing
        if (kept := outcome.kept) is not None:
            self.groups = {name: group for group in kept.groups for name in group.names}
            self.stored = {n: (s.digest, s.identity) for n, s in outcome.seen.items()}
            self.chunks.update(kept.chunks)
            self.random = kept.random
            self.position = kept.position
        self.large_names = frozenset(
            n for n, s in outcome.seen.items() if any(b.span[1] >= WATCHED for b in s.buffers)
        )
        self.large = {
            b.span: (b, self.holds(b))
            for seen in outcome.seen.values()
            for b in seen.buffers
            if b.span[1] >= WATCHED
        }

    def forget(self, removed: Removed) -> None:
        """Take in that objects were removed from the store."""
        gone = removed.addresses
        self.chunks = {h: address for h, address in self.chunks.items() if address not in gone}
        for name in [n for n, group in self.groups.items() if not gone.isdisjoint(group.needs())]:
            del self.groups[name], self.stored[name]
        if self.random in gone:
            self.random = None
        self.large = {span: (b, self.holds(b)) for span, (b, _) in self.large.items()}
        self.position = removed.position

    def holds(self, buffer: Buffer) -> bool:
        """Tell whether every piece of a buffer is stored."""
        return all(h in self.chunks for h in buffer.hashes)

    def buffers(self) -> dict[Span, Buffer]:
        """Return the buffers of the last look by where they lie."""
        return {b.span: b for seen in self.seen.values() for b in seen.buffers}

    def group(self, names: tuple[str, ...], seen: dict[str, Seen]) -> Group | None:
        """Return what is stored of these variables if they are as they were then."""
        group = self.groups.get(names[0])
        if group is None or group.names != names:
            return None
        for name in names:
            digest, identity = self.stored[name]
            if digest != seen[name].digest:
                return None
            if len(names) > 1 and identity != seen[name].identity:
                return None  # the same values, perhaps not shared as they were
        return group
