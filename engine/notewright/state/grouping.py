"""Which variables must be saved together: those that share something that can change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

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


def groups(memos: Mapping[str, Mapping[int, tuple[int, Any]]]) -> list[tuple[str, ...]]:
    """Return the variables in groups that share at least one changeable object.

    Parameters
    ----------
    memos : mapping
        For each variable, the pickler's memo: id -> (position, object). The
        memos must be alive together, so that no id stands for two objects.
    """
    leader = {name: name for name in memos}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    owner: dict[int, str] = {}
    for name, memo in memos.items():
        for key, (_, value) in memo.items():
            if _ties(value):
                first = owner.setdefault(key, name)
                leader[find(name)] = find(first)
    found: dict[str, list[str]] = {}
    for name in memos:
        found.setdefault(find(name), []).append(name)
    return [tuple(names) for names in found.values()]


def _ties(value: Any) -> bool:
    if isinstance(value, _CONSTANT):
        return False
    if isinstance(value, tuple):
        return False  # its changeable members are in the memo by themselves
    if isinstance(value, type):
        return value.__module__ == "__main__"
    if isinstance(value, FunctionType):
        return value.__module__ == "__main__"
    return True


def names_with(chosen: Iterable[str], grouped: Iterable[tuple[str, ...]]) -> set[str]:
    """Return `chosen` and every name in a group with one of them."""
    wanted = set(chosen)
    return set().union(*(set(group) for group in grouped if wanted & set(group)))
