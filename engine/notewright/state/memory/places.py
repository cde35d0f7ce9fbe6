"""Where CPython's objects keep what they are made of, in words from where they are.

:mod:`trials` tries out whether this interpreter's do.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from notewright.state.memory.words import WORD, Numbers, word, words

TYPE = 1
LENGTH = 2
TUPLE_ITEMS = 3
LIST_ITEMS = 3
DICT_KEYS, DICT_VALUES, DICT_WORDS = 4, 5, 6
#: Of the table of a dictionary: its sizes, how many more fit in, how many are in it.
KEYS_SIZES, KEYS_FREE, KEYS_USED, KEYS_WORDS = 1, 2, 3, 4
#: After the hash comes where the last removal has looked; at the end, who refers to it weakly.
SET_TABLE, SET_HASH, SET_SMALL_TABLE, SET_SMALL_TABLE_WORDS, SET_WORDS = 5, 6, 8, 16, 25
ARRAY_SIDES, ARRAY_SHAPE, ARRAY_STRIDES = 3, 4, 5
#: Of a text and of bytes.
HASH = 3
TEXT_STATE = 4
#: Where an object of a class has the dictionary of its attributes; or their values, if it has none.
ATTRIBUTES, ATTRIBUTES_VALUES = -3, -4


def is_static(at: Numbers) -> npt.NDArray[np.bool_]:
    """Tell of constants whether they are part of the interpreter itself, and so always there."""
    found = np.zeros(len(at), bool)
    for start, end in _static():
        found |= (at >= start // WORD) & (at < end // WORD)
    return found


class Plain:
    """A class that adds nothing to its objects but attributes."""


@cache
def has_shared_values() -> bool:
    """Tell whether objects keep the values of their attributes, and their order, as expected."""
    one, bare, tried = object(), Plain(), Plain()
    for each in (bare, tried):
        each.first, each.second = one, 2  # type: ignore[attr-defined]
    attributes = tried.__dict__
    values = word(attributes, DICT_VALUES)
    if word(tried, ATTRIBUTES) != id(attributes) or words(values, 1) != [id(one)]:
        return False
    if word(bare, ATTRIBUTES) or words(word(bare, ATTRIBUTES_VALUES), 1) != [id(one)]:
        return False
    before = [ctypes.c_uint8.from_address(values - back).value for back in range(1, 5)]
    return before[0] in range(8, 72, 8) and before[1:] == [2, 0, 1]


@cache
def parts_of_classes() -> tuple[int, ...]:
    """Return where a class keeps its name, its dictionary, and which classes it is made of."""

    class Tried:
        pass

    parts = (Tried.__qualname__, Tried.__mro__, Tried.__bases__, dictionary_of(Tried))
    size: Any = type.__basicsize__
    found = [[at for at in range(size // WORD) if word(Tried, at) == id(part)] for part in parts]
    return tuple(sorted({at for each in found for at in each})) if all(found) else ()


def dictionary_of(kind: type) -> Any:
    """Return the dictionary of a class itself, of which Python shows a view."""
    (found,) = gc.get_referents(kind.__dict__)
    return found


@cache
def _static() -> tuple[tuple[int, int], ...]:
    """Return where the interpreter keeps its own small numbers, letters and names."""
    own: Iterable[object] = (0, "a", b"a", (), "", b"", None)
    found = set()
    for line in Path("/proc/self/maps").read_text().splitlines():
        where, _, _, _, number = line.split(maxsplit=5)[:5]
        start, end = (int(part, 16) for part in where.split("-"))
        if number != "0" and any(start <= id(each) < end for each in own):
            found.add((start, end))
    return tuple(found)
