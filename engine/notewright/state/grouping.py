"""Which variables must be saved together: those that share something that can change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from notewright.state.memory.memo import fingerprint, identities_in_no_order, object_at
from notewright.state.pickling.pickler import Pickled

_ALL_BITS = (1 << 64) - 1
#: Above this are no ids of objects, only marks of shared memory.
_MARKS = 1 << 63

#: So few ids are gone through one by one.
_FEW = 3000
#: The lowest bits of an object's address, which are the same for all.
_UNUSED = np.uint64(4)

#: Values of these types cannot change, so sharing them ties nothing together.
_CONSTANT = (
    str,
    bytes,
    int,
    float,
    complex,
    bool,
    type(None),
    frozenset,
    ModuleType,
    BuiltinFunctionType,
    CodeType,
    np.dtype,
    np.generic,
    range,
    slice,
)


def members(pickled: Pickled) -> npt.NDArray[np.uint64]:
    """Return what a variable is made of: the ids of objects, and marks for shared memory.

    Memory that is shared without a common object (a tensor and an array) is
    marked by the negative of its address, which no id is.
    """
    return np.concatenate([identities_in_no_order(pickled._pickler), _marks(pickled)])


def identity(pickled: Pickled) -> str:
    """Return a hash of what a variable is made of, which is sooner told than all of it."""
    return xxhash.xxh3_128_hexdigest(
        fingerprint(pickled._pickler).encode() + _marks(pickled).tobytes()
    )


def _marks(pickled: Pickled) -> npt.NDArray[np.uint64]:
    marks = pickled._pickler.memory.keys()
    return np.array([key & _ALL_BITS for key in marks], np.uint64)


def groups_of(
    members: Mapping[str, npt.NDArray[np.uint64]], by_name: Set[int]
) -> list[tuple[str, ...]]:
    """Return the variables in groups that share at least one changeable object.

    Parameters
    ----------
    members : mapping
        For each variable, the ids of the objects it is made of. The objects
        must be alive together, so that no id stands for two of them.
    by_name : set of int
        Ids of objects that are saved by name: sharing them ties nothing.
    """
    names = list(members)
    leader = list(range(len(names)))

    def find(at: int) -> int:
        while leader[at] != at:
            leader[at] = leader[leader[at]]
            at = leader[at]
        return at

    for one, other in _sharing(list(members.values()), by_name):
        leader[find(other)] = find(one)
    found: dict[int, list[str]] = {}
    for at, name in enumerate(names):
        found.setdefault(find(at), []).append(name)
    return [tuple(group) for group in found.values()]


def _sharing(members: list[npt.NDArray[np.uint64]], by_name: Set[int]) -> Iterator[tuple[int, int]]:
    """Yield pairs of positions that have a changeable object in common, enough to join all."""
    if len(members) < 2:
        return
    if sum(map(len, members)) < _FEW:
        yield from _sharing_of_few(members, by_name)
        return
    members = perhaps_shared(members)
    ids = np.concatenate(members)
    owners = np.repeat(np.arange(len(members)), [len(each) for each in members])
    order = np.argsort(ids)
    ids, owners = ids[order], owners[order]
    same = np.flatnonzero(ids[1:] == ids[:-1])
    pairs = np.sort(np.stack([owners[same], owners[same + 1]], axis=1), axis=1)
    # One object is enough to join two variables, and most that are shared are changeable.
    kinds, which = np.unique(pairs[:, 0] * len(members) + pairs[:, 1], return_inverse=True)
    for at, kind in enumerate(kinds.tolist()):
        common = (int(identity) for identity in ids[same[which == at]])
        if any(i not in by_name and (i > _MARKS or can_change(object_at(i))) for i in common):
            yield divmod(kind, len(members))


def _sharing_of_few(
    members: list[npt.NDArray[np.uint64]], by_name: Set[int]
) -> Iterator[tuple[int, int]]:
    """Do the same where NumPy would take longer to begin than Python to be done."""
    owner: dict[int, int] = {}
    joined: set[tuple[int, int]] = set()
    for at, own in enumerate(members):
        for each in own.tolist():
            first = owner.setdefault(each, at)
            if first == at or (first, at) in joined or each in by_name:
                continue
            if each > _MARKS or can_change(object_at(each)):
                joined.add((first, at))
                yield first, at


def perhaps_shared(members: list[npt.NDArray[np.uint64]]) -> list[npt.NDArray[np.uint64]]:
    """Return the ids of each without nearly all that only one has.

    Sorting all of them takes long where one variable is made of a million objects.
    """
    total = 1 << (4 * sum(len(each) for each in members)).bit_length()
    met, again = np.zeros(total, bool), np.zeros(total, bool)
    slots = [(each >> _UNUSED).astype(np.intp) & (total - 1) for each in members]
    for own in slots:
        again[own[met[own]]] = True
        met[own] = True
    return [each[again[own]] for each, own in zip(members, slots, strict=True)]


def can_change(value: Any) -> bool:
    """Tell whether sharing this object can be noticed: whether it, and no name, can change."""
    if isinstance(value, _CONSTANT):
        return False
    if isinstance(value, tuple):
        return False  # its changeable members are in the memo by themselves
    if isinstance(value, type | FunctionType):
        return value.__module__ == "__main__"
    return True
