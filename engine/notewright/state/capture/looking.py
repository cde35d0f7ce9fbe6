"""Find out what a namespace holds: every variable pickled and hashed, nothing copied.

That sees every change to anything reachable from a variable, through an alias,
a method call or C code, and needs no cooperation from the user's objects.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import xxhash

from notewright.state.capture.chunks import LARGE, Buffer, address_of, hashed, row_of
from notewright.state.capture.constants import Constants
from notewright.state.describe import summary, type_name
from notewright.state.grouping import groups_of, identity, members
from notewright.state.memory.footprint import Footprint
from notewright.state.memory.protection import Span
from notewright.state.memory.words import Numbers, distinct, places_in
from notewright.state.namespace import Namespace
from notewright.state.pickling.live import containers
from notewright.state.pickling.memory import lent
from notewright.state.pickling.pickler import Pickled, Pickler, dump

_NOTHING: npt.NDArray[np.uint64] = np.empty(0, np.uint64)
#: What the digest of a variable begins with that cannot be pickled: it says which object it is.
UNPICKLABLE = "unpicklable:"


@dataclass(frozen=True)
class Seen:
    """One variable as a look found it.

    Parameters
    ----------
    name, type, summary : str
        As in a snapshot's record.
    digest : str
        Hash of the value; differs whenever the value differs.
    identity : str
        Hash of which objects it is made of.
    size : int
        Bytes as pickled.
    buffers : tuple of Buffer
        Its large buffers, in the order of the pickle.
    """

    name: str
    type: str
    summary: str
    digest: str
    identity: str
    size: int
    buffers: tuple[Buffer, ...] = ()


@dataclass(frozen=True)
class Unsaveable:
    """A variable that cannot be pickled, and why; its digest says which object it is."""

    name: str
    type: str
    reason: str
    digest: str


@dataclass(frozen=True)
class Print:
    """A large value as a look found it, and how to tell soon that it has not changed.

    Parameters
    ----------
    seen : Seen
        What was found.
    root : int
        The value's id.
    footprint : Footprint
        The memory it is made of.
    regions : ndarray of int64, shape (n, 2)
        Where memory begins and ends that others may show without a common object.
    elsewhere : ndarray of int64
        Ids of the objects in it that are in another large value, too, ascending.
    """

    seen: Seen
    root: int
    footprint: Footprint
    regions: Numbers
    elsewhere: Numbers = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass
class Memory:
    """What is known of the namespace's values, and what was written since.

    Parameters
    ----------
    buffers : dict
        Large ones, by where they lie.
    written : dict
        For spans whose pages are watched, what may have been written.
    unchanged : dict
        Values that are as they were, by their ids.
    constants : Constants
        Values that cannot change.
    """

    buffers: dict[Span, Buffer] = field(default_factory=dict)
    written: dict[Span, list[Span]] = field(default_factory=dict)
    unchanged: Mapping[int, Print] = field(default_factory=dict)
    constants: Constants[Seen] = field(default_factory=Constants)

    def hashed(self, buffer: Any) -> Buffer:
        """Return the buffer's hashes, computing only those that may differ."""
        span, row = address_of(buffer), row_of(buffer)
        before, written = self.buffers.get(span), self.written.get(span)
        if before is not None and before.row == row and written is not None and not written:
            return before
        return self.hashed_anew(buffer, span, row)

    def hashed_anew(self, buffer: Any, span: Span, row: int) -> Buffer:
        """Return the hashes of a buffer that may not be what it was."""
        return hashed(buffer, span, row, self.buffers.get(span), self.written.get(span))


class Before(Protocol):
    """What an earlier look found."""

    seen: dict[str, Seen]
    sharing: list[tuple[str, ...]]


@dataclass
class Look:
    """Everything a namespace holds at one moment.

    `pickles` and `values` live only where the look was taken.
    """

    seen: dict[str, Seen]
    unsaveable: dict[str, Unsaveable]
    groups: list[tuple[str, ...]]
    values: dict[str, Any]
    pickles: dict[str, Pickled]
    #: The user's own modules that were imported.
    modules: tuple[str, ...] = ()

    def digests(self) -> dict[str, str]:
        """Return the digest of every variable, saveable or not, in the namespace's order."""
        return {name: (self.seen.get(name) or self.unsaveable[name]).digest for name in self.values}


def look(
    namespace: Namespace,
    memory: Memory,
    before: Before | None = None,
    comes_to: Callable[[str], object] = lambda name: None,
    kind: type[Pickler] | None = None,
) -> Look:
    """Return what `namespace` holds now.

    Parameters
    ----------
    namespace : Namespace
        Read, never changed.
    memory : Memory
        What is known of large buffers.
    before : Before, optional
        What the last look found.
    comes_to : callable
        Called with the name of each variable before it is pickled.
    kind : type of Pickler, optional
        Another than the usual one; with another, what it raises is raised.
    """
    values = namespace.state()
    modules = tuple(namespace.modules.found())
    seen: dict[str, Seen] = {}
    unsaveable: dict[str, Unsaveable] = {}
    pickles: dict[str, Pickled] = {}
    aliases: dict[str, list[str]] = {}
    first: dict[int, str] = {}
    constants: set[str] = set()
    with no_collection():
        for name, value in values.items():
            alias = first.setdefault(id(value), name)
            if alias in seen:
                if alias in pickles:
                    pickles[name] = pickles[alias]
                seen[name] = replace(seen[alias], name=name)
                aliases[alias].append(name)
                continue
            if (known := memory.unchanged.get(id(value))) is not None:
                seen[name] = replace(known.seen, name=name)
                aliases[name] = [name]
                continue
            if (constant := memory.constants.known(value)) is not None:
                pickles[name] = constant.pickled
                seen[name] = replace(constant.seen, name=name)
                aliases[name] = [name]
                constants.add(name)
                continue
            comes_to(name)
            try:
                pickles[name] = pickled = dump(value, namespace.dict, kind=kind)
                seen[name] = seen_as(name, value, pickled, memory)
                aliases[name] = [name]
                memory.constants.note(value, pickled, seen[name])
            except Exception as error:
                if kind is not None:
                    raise
                pickles.pop(name, None)
                digest = f"{UNPICKLABLE}{id(value)}"
                unsaveable[name] = Unsaveable(name, type_name(value), _reason(error), digest)
    memory.constants.keep(values.values())
    if before is not None and _are_same_objects(before.seen, seen):
        # The same objects are shared as they were then.
        return Look(seen, unsaveable, before.sharing, values, pickles, modules)
    # Sharing a constant ties nothing together.
    changeable = [n for n in aliases if n in pickles and n not in constants]
    live = {id(each) for each in containers(namespace.dict)}
    by_name = live.union(*(pickles[name]._pickler.by_name for name in changeable))
    made_of = dict.fromkeys(constants, _NOTHING)
    made_of |= {name: members(pickles[name]) for name in changeable}
    large = {n: memory.unchanged[id(values[n])] for n in aliases if n not in pickles}
    made_of |= _met_in(large, list(made_of.values()))
    made_of = {name: made_of[name] for name in aliases}
    groups = [
        tuple(alias for name in group for alias in aliases[name])
        for group in groups_of(made_of, by_name)
    ]
    return Look(seen, unsaveable, groups, values, pickles, modules)


def _met_in(
    known: Mapping[str, Print], others: list[npt.NDArray[np.uint64]]
) -> dict[str, npt.NDArray[np.uint64]]:
    """Return what large values are made of, as far as somebody else may be made of it, too.

    What each has alone is nearly all of it: as many ids as there are small objects.
    """
    if not known:
        return {}
    ids = [np.empty(0, np.int64), *(each.view(np.int64) for each in others)]
    met = distinct(np.concatenate(ids))
    found = {}
    for name, each in known.items():
        own = each.footprint.objects
        # A tensor or an Arrow buffer may show an array of it, too.
        marks = np.array(lent(each.regions), np.int64)
        shared = distinct(np.concatenate([marks, each.elsewhere, own[places_in(met, own)]]))
        found[name] = shared.view(np.uint64)
    return found


def _are_same_objects(before: Mapping[str, Seen], now: Mapping[str, Seen]) -> bool:
    return list(before) == list(now) and all(
        before[name].identity == seen.identity for name, seen in now.items()
    )


def digest(value: Any, namespace: dict[str, Any]) -> str:
    """Return a hash that changes whenever anything reachable from `value` does.

    What cannot be pickled is known by its identity: it counts as changed when
    the name is bound to another object.
    """
    try:
        return digest_pickled(dump(value, namespace))
    except Exception:  # noqa: BLE001 - a user's object may raise anything while being reduced
        return f"{UNPICKLABLE}{id(value)}"


def digest_pickled(pickled: Pickled) -> str:
    """Return the hash of a pickle and its buffers."""
    return _hashed(pickled, Memory())[0]


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep Python's collector, which would look at everything again and again, off inside."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def seen_as(name: str, value: Any, pickled: Pickled, memory: Memory) -> Seen:
    """Return what a look says of a variable that has been pickled."""
    digest, buffers = _hashed(pickled, memory)
    return Seen(
        name,
        type_name(value),
        summary(value),
        digest,
        identity(pickled),
        pickled.size,
        buffers,
    )


def _hashed(pickled: Pickled, memory: Memory) -> tuple[str, tuple[Buffer, ...]]:
    """Return the hash of a pickle with its buffers, and those of the large ones."""
    hasher = xxhash.xxh3_128(pickled.stream)
    large = []
    for buffer in pickled.buffers:
        raw = buffer.raw()
        hasher.update(f"{raw.nbytes}:".encode())
        if raw.nbytes < LARGE:
            hasher.update(raw)
        else:
            large.append(memory.hashed(buffer))
            hasher.update(b"".join(large[-1].hashes))
    return hasher.hexdigest(), tuple(large)


def _reason(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return words[0] if words else type(error).__name__
