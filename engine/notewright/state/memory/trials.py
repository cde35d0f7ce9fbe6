"""Whether this interpreter's objects are laid out as is written in `places` and `layouts`."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from notewright.state.memory import places
from notewright.state.memory.layouts import dicts, ints, texts
from notewright.state.memory.words import PAGE, WORD, read, word, words

_ALL_BITS = (1 << 64) - 1


@cache
def is_as_expected() -> bool:
    """Tell whether this interpreter's objects are laid out as is written above."""
    if ctypes.sizeof(ctypes.c_void_p) != WORD or os.sysconf("SC_PAGESIZE") != PAGE:
        return False
    if not Path("/proc/self/maps").exists():
        return False
    one, other = object(), object()
    a_list, a_tuple = [one, other], (one, other)
    a_set, array = set(range(1000, 1100)), np.zeros((2, 3, 5))
    dictionaries: list[dict[Any, Any]] = [{"a key": one}, {1: one, "b": other}, _large_dict()]
    raw = b"bytes of their own"
    samples: list[object] = [a_list, {}, raw, 1.5, "text"]
    hashed = hash(raw) & _ALL_BITS  # which is noted now
    return (
        list.__basicsize__ == 5 * WORD
        and set.__basicsize__ == places.SET_WORDS * WORD
        and dict.__basicsize__ == places.DICT_WORDS * WORD
        and words(word(a_list, places.LIST_ITEMS), 2) == [id(one), id(other)]
        and word(a_list, places.LENGTH) == word(a_tuple, places.LENGTH) == 2
        and words(id(a_tuple) + places.TUPLE_ITEMS * WORD, 2) == [id(one), id(other)]
        and all(map(_is_dict_as_expected, dictionaries))
        and _holds(word(a_set, places.SET_TABLE), (a_set.__sizeof__() - set.__basicsize__) // WORD)
        and all(map(_is_text_as_expected, ("a", "a text", "\xe9t\xe9", "\u20ac", "\U0001f600" * 3)))
        and word(raw, places.HASH) == hashed
        and word(raw, places.LENGTH) == len(raw)
        and all(map(_is_int_as_expected, (1 << 10, -(1 << 40), 1 << 200, -5000)))
        and word(array, places.ARRAY_SIDES) & 0xFFFFFFFF == 3
        and words(word(array, places.ARRAY_SHAPE), 3) == [2, 3, 5]
        and words(word(array, places.ARRAY_STRIDES), 3) == list(array.strides)
        and all(word(each, 1) == id(type(each)) for each in samples)
        and (1.5).__sizeof__() == 3 * WORD
        and 1j.__sizeof__() == 4 * WORD
    )


def _large_dict() -> dict[str, int]:
    return {f"key {number}": number for number in range(1000)}


def _is_dict_as_expected(tried: dict[Any, Any]) -> bool:
    """Tell whether a table is as large as it says, and refers to what it should."""
    at = np.array([id(tried) // WORD], np.int64)
    if not words(word(tried, places.DICT_KEYS), 1) or word(tried, places.DICT_VALUES):
        return False
    keys = read(at + places.DICT_KEYS) // WORD
    sizes = int(read(keys + places.KEYS_SIZES)[0])
    if sizes & 0xFF > 32 or sizes >> 8 & 0xFF > 32:
        return False
    room = int((read(keys + places.KEYS_FREE) + read(keys + places.KEYS_USED))[0])
    entry = 2 if sizes >> 16 & 0xFF else 3
    size = places.KEYS_WORDS + (1 << (sizes >> 8 & 0xFF)) // WORD + room * entry
    if size * WORD != tried.__sizeof__() - dict.__basicsize__:
        return False
    (*_, (start, count)), (parts, _) = dicts(at)
    held = [id(each) for pair in tried.items() for each in pair]
    return bool(parts.tolist() == held and start[0] == keys[0] and count[0] <= size)


def _is_text_as_expected(text: str) -> bool:
    runs, _ = texts(np.array([id(text) // WORD], np.int64))
    if not len(runs[0][0]):
        return True  # the interpreter's own
    end = int((runs[2][0] + runs[2][1])[0]) * WORD - id(text)
    hashed = hash(text) & _ALL_BITS
    size = -(-text.__sizeof__() // WORD) * WORD
    # What it has in other encodings, once asked for, lies elsewhere.
    return (
        word(text, places.LENGTH) == len(text) and word(text, places.HASH) == hashed and end == size
    )


def _is_int_as_expected(number: int) -> bool:
    ((start, count),), _ = ints(np.array([id(number) // WORD], np.int64))
    return int((start + count)[0]) * WORD - id(number) == -(-number.__sizeof__() // WORD) * WORD


def _holds(address: int, count: int) -> bool:
    return 1050 in words(address, count)  # an int is its own hash
