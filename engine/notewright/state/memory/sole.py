"""Which objects nobody but some names holds, told as Python's own collector tells it.

Of every object that can be reached from the names, the references that come
from the others are taken off its count. What then has some left is held from
elsewhere, and so is all that can be reached from it. References that cannot be
traced (of memory that C code holds, of functions, of running frames) are taken
off nothing, so what is not certain counts as held from elsewhere.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    ModuleType,
)
from typing import Any

import numpy as np

#: What is not looked into: it belongs to more than these names, or goes on running when it dies.
_CLOSED = (
    type,
    ModuleType,
    FunctionType,
    BuiltinFunctionType,
    CodeType,
    FrameType,
    GeneratorType,
    CoroutineType,
    AsyncGeneratorType,
)
_HAS_TRAVERSE = 1 << 14  # Py_TPFLAGS_HAVE_GC
#: More objects than this are not gone through.
_MOST = 20_000


def held_alone(roots: Sequence[Any], known: Mapping[int, int]) -> list[Any]:
    """Return the objects that live only as long as the names that stand for `roots` do.

    Parameters
    ----------
    roots : sequence
        The values of the names, which hold no other references to them.
    known : mapping
        By the id of each root, how many references to it the names are, and
        the caller's own, `roots` not counted.

    Returns
    -------
    list
        Empty where there are too many objects to tell.

    Examples
    --------
    >>> names = {"a": [[1], [2]]}
    >>> kept = names["a"][1]
    >>> [each for each in held_alone([names["a"]], {id(names["a"]): 1})]
    [[[1], [2]], [1]]
    """
    found = _reached(roots)
    if found is None:
        return []
    objects, inner = found
    del found
    for key, given in Counter(map(id, roots)).items():
        inner[key] = inner.get(key, 0) + known.get(key, 0) + given
    outer = _outer(objects, inner)
    held = {id(each) for each in outer}
    while outer:  # all that they reach
        reached = [each for each in _referents(outer) if id(each) in inner]
        outer = list({id(each): each for each in reached if id(each) not in held}.values())
        held.update(id(each) for each in outer)
    return [each for each in objects[1:] if id(each) not in held]


def _reached(roots: Sequence[Any]) -> tuple[list[Any], dict[int, int]] | None:
    """Return what the roots reach, and by id how often each is referred to by the others.

    The first object is one that nothing else refers to.
    """
    objects: list[Any] = [object()]
    inner: dict[int, int] = {}
    front: list[Any] = []
    for root in roots:
        if id(root) not in inner and not _is_closed(root):
            inner[id(root)] = 0
            objects.append(root)
            front.append(root)
    while front:
        referred = _referents(front)
        front = []
        for each in referred:
            if id(each) in inner:
                inner[id(each)] += 1
            elif not _is_closed(each):
                inner[id(each)] = 1
                objects.append(each)
                front.append(each)
        if len(objects) > _MOST:
            return None
    return objects, inner


def _referents(objects: list[Any]) -> list[Any]:
    """Return what the objects refer to, once for each reference that can be traced."""
    found: list[Any] = gc.get_referents(*objects)
    if not np.ndarray.__flags__ & _HAS_TRAVERSE:  # the collector does not see what a view is of
        found += [o.base for o in objects if type(o) is np.ndarray and o.base is not None]
    return found


def _is_closed(value: Any) -> bool:
    return isinstance(value, _CLOSED) or hasattr(type(value), "__del__")


def _outer(objects: list[Any], inner: Mapping[int, int]) -> list[Any]:
    """Return the objects that something else refers to, too."""
    counts = [sys.getrefcount(each) for each in objects]
    own = counts[0]  # of one that only the list has: what counting itself adds
    return [
        each
        for each, count in zip(objects[1:], counts[1:], strict=True)
        if count - own > inner[id(each)]
    ]
