"""Which variables must be saved together: those that share something that can change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from notewright.state.memory.memo import object_at

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


def groups_of(members: Mapping[str, npt.NDArray[np.uint64]]) -> list[tuple[str, ...]]:
    """Return the variables in groups that share at least one changeable object.

    Parameters
    ----------
    members : mapping
        For each variable, the ids of the objects it is made of. The objects
        must be alive together, so that no id stands for two of them.
    """
    names = list(members)
    leader = list(range(len(names)))

    def find(at: int) -> int:
        while leader[at] != at:
            leader[at] = leader[leader[at]]
            at = leader[at]
        return at

    for shared in _shared(list(members.values())):
        for other in shared[1:]:
            leader[find(other)] = find(shared[0])
    found: dict[int, list[str]] = {}
    for at, name in enumerate(names):
        found.setdefault(find(at), []).append(name)
    return [tuple(group) for group in found.values()]


def _shared(members: list[npt.NDArray[np.uint64]]) -> Iterable[list[int]]:
    """Yield for each changeable object in several variables the positions of those."""
    if len(members) < 2:
        return
    ids = np.concatenate(members)
    owners = np.repeat(np.arange(len(members)), [len(each) for each in members])
    order = np.argsort(ids)
    ids, owners = ids[order], owners[order]
    starts = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]]) if len(ids) else np.array([], int)
    ends = np.r_[starts[1:], len(ids)]
    several = np.flatnonzero(ends - starts > 1)
    joined: set[tuple[int, ...]] = set()
    for start, end in zip(starts[several].tolist(), ends[several].tolist(), strict=True):
        owning = tuple(sorted(owners[start:end].tolist()))
        if owning not in joined and _ties(object_at(ids[start])):
            joined.add(owning)
            yield list(owning)


def _ties(value: Any) -> bool:
    if isinstance(value, _CONSTANT):
        return False
    if isinstance(value, tuple):
        return False  # its changeable members are in the memo by themselves
    if isinstance(value, type | FunctionType):
        return value.__module__ == "__main__"
    return True
