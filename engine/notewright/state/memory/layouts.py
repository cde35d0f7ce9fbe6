"""What memory a value is made of, and how that is told from the types of its parts.

Only what is written here is known; a value that has parts of any other type is
:class:`Odd`. Not all memory of an object counts: not how often it is referred to, and not
what it notes for itself (a text its hash).
"""

from __future__ import annotations

import copyreg
import gc
import sys
from abc import ABCMeta
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain
from types import ModuleType
from typing import Any

import numpy as np
from cloudpickle import cloudpickle as _cloudpickle
from numpy.lib.array_utils import byte_bounds

from notewright.state.memory import places
from notewright.state.memory.memo import object_at
from notewright.state.memory.places import Plain, has_shared_values, is_static
from notewright.state.memory.words import (
    WORD,
    Numbers,
    Runs,
    distinct,
    pointers,
    read,
    word,
    words_of,
)

#: More objects than that are not gone through.
_MOST_OBJECTS = 1 << 20
#: Nor are those that are referred to through more others.
_DEEPEST = 200
#: Py_TPFLAGS_HEAPTYPE: the type was made by a program.
_HEAP_TYPE = 1 << 9
_BASE: Any = object
_contents = vars(ModuleType)["__dict__"].__get__
_NO_RUNS = np.empty(0, np.int64), np.empty(0, np.int64)


class Odd(Exception):
    """Raised where an object is not laid out as objects of its type are, or may be anything."""


#: A class and where it is found: its module, and the names that lead to it there.
Place = tuple[str, tuple[str, ...], int]


def all_runs(value: Any) -> tuple[Runs, Numbers, set[type]]:
    """Return all memory that a value is made of, and what there is in it.

    Returns
    -------
    tuple of runs, ndarray of int64, and set of type
        The memory; the ids of what can change; the classes of libraries that it is made of.
    """
    held = [_NO_RUNS[0]]
    classes: set[type] = set()
    runs: list[Runs] = [_NO_RUNS]
    met = ids = np.array([id(value)], np.int64)
    for _ in range(_DEEPEST):
        if not len(ids):
            starts, counts = (np.concatenate(each) for each in zip(*runs, strict=True))
            mutable = np.sort(np.concatenate(held))
            return (starts[counts > 0], counts[counts > 0]), mutable, classes
        kinds = read(ids // WORD + places.TYPE)
        parts = [ids[:0]]
        while len(ids):
            own = kinds == kinds[0]
            found, refers_to = _of_kind(int(kinds[0]), ids[own])
            runs += found
            parts += refers_to
            classes.update(_classes_of(int(kinds[0]), ids[own]))
            if int(kinds[0]) not in _constant():
                held.append(ids[own])
            ids, kinds = ids[~own], kinds[~own]
        ids = distinct(np.concatenate(parts))
        ids = ids[met[np.minimum(np.searchsorted(met, ids), len(met) - 1)] != ids]
        met = np.sort(np.concatenate([met, ids]), kind="stable")
        if len(met) > _MOST_OBJECTS:
            break
    raise Odd


def how_saved(classes: set[type]) -> tuple[Runs, tuple[Place, ...]]:
    """Return the memory that says how objects of some classes are saved, and where those are found.

    Of a class and those that it is made of: the name, the dictionary, and which they are; not
    what is in the dictionary, whose version tells. Besides, what anybody has registered.
    """
    runs: list[Runs] = []
    found: list[Place] = []
    for kind in classes:
        if kind.__flags__ & _HEAP_TYPE:
            found.append((kind.__module__, tuple(kind.__qualname__.split(".")), id(kind)))
    if not all(map(is_there, found)):
        raise Odd
    own = {each for kind in classes for each in kind.__mro__ if each.__flags__ & _HEAP_TYPE}
    parts = places.parts_of_classes()
    if own and not parts:
        raise Odd
    for each in own:
        at = _at(each)
        runs += [(at + part, np.ones_like(at)) for part in parts]
        runs += texts(_at(each.__qualname__))[0] + _tuples(_at(each.__mro__))[0]
        runs += dicts(_at(places.dictionary_of(each)))[0]
    registered = _cloudpickle._PICKLE_BY_VALUE_MODULES
    runs += dicts(_at(copyreg.dispatch_table))[0] + _sets([registered], _at(registered))[0]
    starts, counts = (np.concatenate(each) for each in zip(*runs, strict=True))
    return (starts[counts > 0], counts[counts > 0]), tuple(found)


def is_there(place: Place) -> bool:
    """Tell whether a class is still found where it was."""
    module, names, identity = place
    found: Any = sys.modules.get(module)
    for name in names:
        if isinstance(found, ModuleType):
            found = _contents(found).get(name)
        else:
            found = found.__dict__.get(name) if isinstance(found, type) else None
    return id(found) == identity


def _classes_of(kind: int, ids: Numbers) -> Iterable[type]:
    """Return the class of some objects, or, where they are classes themselves, those."""
    if kind in _simple():
        return ()
    its = object_at(kind)
    return map(object_at, ids.tolist()) if issubclass(its, type) else (its,)


def _at(value: Any) -> Numbers:
    return np.array([id(value) // WORD], np.int64)


def _of_kind(kind: int, ids: Numbers) -> tuple[list[Runs], list[Numbers]]:
    """Return for objects of one type the memory that counts, and the objects they refer to."""
    at = ids // WORD
    if (simple := _simple().get(kind)) is not None:
        return simple(at)
    objects = [object_at(each) for each in ids.tolist()]
    layout = _layout_of(type(objects[0]))
    if layout is None:
        raise Odd
    runs, parts = layout(objects, at)
    return runs, [np.fromiter(map(id, parts), np.int64)]


#: Of the kinds that there may be many of: by where the objects are, in words.
Simple = Callable[[Numbers], tuple[list[Runs], list[Numbers]]]
#: Of others: by the objects, and where they are; what they refer to may be an iterator.
Layout = Callable[[list[Any], Numbers], tuple[list[Runs], Iterable[Any]]]


@cache
def _simple() -> dict[int, Simple]:
    return {
        id(list): _lists,
        id(dict): dicts,
        id(tuple): _tuples,
        id(int): ints,
        id(float): _floats,
        id(str): texts,
        id(bytes): _bytes,
        id(complex): _complexes,
        id(bool): _nothing,
        id(type(None)): _nothing,
        id(type(...)): _nothing,
    }


@cache
def _constant() -> frozenset[int]:
    kinds = (int, float, complex, str, bytes, bool, type(None), type(...))
    return frozenset(map(id, kinds))


def _lists(at: Numbers) -> tuple[list[Runs], list[Numbers]]:
    items = read(at + places.LIST_ITEMS) // WORD, read(at + places.LENGTH)
    return [(at + 1, np.full_like(at, 4)), items], [pointers(items)]


def _tuples(at: Numbers) -> tuple[list[Runs], list[Numbers]]:
    at = at[~is_static(at)]
    items = at + places.TUPLE_ITEMS, read(at + places.LENGTH)
    return [(at + 1, items[1] + places.TUPLE_ITEMS - 1)], [pointers(items)]


def dicts(at: Numbers) -> tuple[list[Runs], list[Numbers]]:
    """Tell of dictionaries: themselves, their tables, or the values that share their names."""
    own = at + 1, np.full_like(at, places.DICT_WORDS - 1)
    keys, values = read(at + places.DICT_KEYS) // WORD, read(at + places.DICT_VALUES) // WORD
    shares = values != 0
    order, shared = _values(values[shares])
    keys = keys[~shares]
    # Two bytes that tell sizes, and one that tells whether all keys are texts.
    sizes = read(keys + places.KEYS_SIZES)
    used = read(keys + places.KEYS_USED)
    # A table without room is the one that all empty dictionaries have.
    there = (used > 0) | (read(keys + places.KEYS_FREE) > 0)
    keys, sizes, used = keys[there], sizes[there], used[there]
    index = (1 << (sizes >> 8 & 0xFF)) // WORD
    entry = np.where(sizes >> 16 & 0xFF == 0, 3, 2)
    entries = keys + places.KEYS_WORDS + index
    table = keys, places.KEYS_WORDS + index + used * entry
    # Of three words, the first is a hash.
    pairs = words_of((entries, used * entry))
    hashes = np.repeat(entry == 3, used * entry)
    if hashes.any():
        starts = np.repeat(entries, used * entry)
        pairs = pairs[~(hashes & ((pairs - starts) % 3 == 0))]
    found = read(pairs)
    return [own, order, shared, table], [found[found != 0], pointers(shared)]


def _values(values: Numbers) -> tuple[Runs, Runs]:
    """Return where the values lie of attributes whose names all objects of a class share.

    First the bytes before that tell which there are, in which order. The names do not count:
    others are only added to them.
    """
    if len(values) and not has_shared_values():
        raise Odd
    # Backwards from the first value: the number of these bytes, of values, and which they are.
    order, many = _byte_before(values, 1) // WORD, _byte_before(values, 2)
    last = np.full_like(values, -1)
    for at in range(int(many.max(initial=0))):
        last = np.where(at < many, np.maximum(last, _byte_before(values, 3 + at)), last)
    return (values - order, order), (values, last + 1)


def _byte_before(at: Numbers, back: int) -> Numbers:
    return read(at - 1 - (back - 1) // WORD) >> 8 * (WORD - 1 - (back - 1) % WORD) & 0xFF


def ints(at: Numbers) -> tuple[list[Runs], list[Numbers]]:
    """Tell of integers of any size."""
    at = at[~is_static(at)]
    length = read(at + places.LENGTH)
    digits = np.abs(length) if word(1, places.LENGTH) == 1 else length >> 3
    return [(at + 1, 2 + -(-digits // 2))], []


def _floats(at: Numbers) -> tuple[list[Runs], list[Numbers]]:
    return [(at + 1, np.full_like(at, 2))], []


def _complexes(at: Numbers) -> tuple[list[Runs], list[Numbers]]:
    return [(at + 1, np.full_like(at, 3))], []


def texts(at: Numbers) -> tuple[list[Runs], list[Numbers]]:
    """Tell of texts, whose characters follow their heads."""
    at = at[~is_static(at)]
    state = read(at + places.TEXT_STATE)
    if not (state >> 5 & 1).all():
        raise Odd
    width, plain = state >> 2 & 7, state >> 6 & 1
    # What it is in UTF-8 is noted in the head once it is asked for.
    head = np.where(plain, "".__sizeof__() - 1, "\xe9".__sizeof__() - 2) // WORD
    size = -(-(read(at + places.LENGTH) + 1) * width // WORD)
    own = at + 1, np.full_like(at, places.HASH - 1)
    return [own, (at + places.TEXT_STATE, np.ones_like(at)), (at + head, size)], []


def _bytes(at: Numbers) -> tuple[list[Runs], list[Numbers]]:
    at = at[~is_static(at)]
    size = b"".__sizeof__() + read(at + places.LENGTH)
    own = at + 1, np.full_like(at, places.HASH - 1)
    return [own, (at + places.HASH + 1, -(-size // WORD) - places.HASH - 1)], []


def _nothing(at: Numbers) -> tuple[list[Runs], list[Numbers]]:
    return [], []


def _sets(objects: list[Any], at: Numbers) -> tuple[list[Runs], Iterable[Any]]:
    words = np.fromiter((-(-each.__sizeof__() // WORD) for each in objects), np.int64)
    runs = [
        (at + 1, np.full_like(at, places.SET_HASH - 1)),
        (at + places.SET_SMALL_TABLE, np.full_like(at, places.SET_SMALL_TABLE_WORDS)),
        (read(at + places.SET_TABLE) // WORD, words - places.SET_WORDS),
    ]
    return runs, chain.from_iterable(objects)


def _arrays(objects: list[Any], at: Numbers) -> tuple[list[Runs], Iterable[Any]]:
    if not all(each.dtype.isbuiltin == 1 for each in objects):
        raise Odd
    sides = read(at + places.ARRAY_SIDES) & 0xFFFFFFFF
    runs = [
        (at + 1, np.full_like(at, np.ndarray.__basicsize__ // WORD - 1)),
        (read(at + places.ARRAY_SHAPE) // WORD, sides),
        (read(at + places.ARRAY_STRIDES) // WORD, sides),
        _whole_words([byte_bounds(each) for each in objects]),
    ]
    parts = [each.base for each in objects if each.base is not None]
    return runs, chain(parts, *(each.flat for each in objects if each.dtype.hasobject))


def _trees(objects: list[Any], at: Numbers) -> tuple[list[Runs], Iterable[Any]]:
    """Tell of scikit-learn's decision trees: numbers, and two arrays that each allocates."""
    states = [each.__getstate__() for each in objects]
    arrays = [state[name] for state in states for name in ("nodes", "values")]
    own = at + 1, np.full_like(at, type(objects[0]).__basicsize__ // WORD - 1)
    return [own, _whole_words([byte_bounds(each) for each in arrays])], ()


def _instances(objects: list[Any], at: Numbers) -> tuple[list[Runs], Iterable[Any]]:
    attributes = read(at + places.ATTRIBUTES)
    if not has_shared_values() or (attributes & 1).any():
        raise Odd
    values = read(at[attributes == 0] + places.ATTRIBUTES_VALUES) // WORD
    if not values.all():
        raise Odd
    kind = type(objects[0])
    runs = [
        (at + 1, np.full_like(at, kind.__basicsize__ // WORD - 1)),
        (at + places.ATTRIBUTES_VALUES, np.full_like(at, 2)),
        *_values(values),
    ]
    return runs, (each for each in gc.get_referents(*objects) if each is not kind)


def _values_of_numpy(objects: list[Any], at: Numbers) -> tuple[list[Runs], Iterable[Any]]:
    return [(at + 1, np.full_like(at, type(objects[0]).__basicsize__ // WORD - 1))], ()


def _classes(objects: list[Any], at: Numbers) -> tuple[list[Runs], Iterable[Any]]:
    if not all(map(_is_plain, objects)):
        raise Odd
    return [], ()  # saved by name


def _whole_words(bounds: list[tuple[int, int]]) -> Runs:
    first, end = np.array(bounds, np.int64).reshape(-1, 2).T
    return first // WORD, -(-end // WORD) - first // WORD


def _layout_of(kind: type) -> Layout | None:
    if kind in (set, frozenset):
        return _sets
    if kind is np.ndarray:
        return _arrays
    if issubclass(kind, type):
        return _classes
    if issubclass(kind, np.number | np.bool_) and kind.__module__ == "numpy":
        return _values_of_numpy
    if kind.__module__ == "sklearn.tree._tree" and kind.__name__ == "Tree":
        return _trees
    return _instances if _is_plain(kind) else None


def _is_plain(kind: type) -> bool:
    """Tell whether all that a library's class keeps of an object is in its dictionary.

    And whether that is what is saved: neither the class nor its own class has a say in it.
    """
    known = all(
        each is object or each.__dict__.get("__module__") not in (None, "__main__", "builtins")
        for each in kind.__mro__
    )
    its: Any = kind
    return (
        known
        and type(kind) in (type, ABCMeta)
        and its.__getattribute__ is _BASE.__getattribute__
        and bool(kind.__flags__ & _HEAP_TYPE)
        and kind.__basicsize__ <= Plain.__basicsize__
        and kind.__dictoffset__ == Plain.__dictoffset__
        and not any(each.__dict__.get("__slots__") for each in kind.__mro__)
        and kind not in copyreg.dispatch_table
        and its.__reduce_ex__ is object.__reduce_ex__
        and its.__reduce__ is object.__reduce__
        and all(map(_leaves_state_alone, kind.__mro__))
        and not hasattr(kind, "__getnewargs_ex__")
        and not hasattr(kind, "__getnewargs__")
    )


def _leaves_state_alone(kind: type) -> bool:
    """Tell whether a class adds nothing of its own to what is saved of its objects."""
    its = kind.__dict__.get("__getstate__")
    return its is None or kind is object or its.__module__ == "sklearn.base"
