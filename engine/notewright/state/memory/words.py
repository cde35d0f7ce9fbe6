"""Memory of the process itself, read as words by the thousand, where it is certain to be there."""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

PAGE = 4096
#: Bytes of a word, and words of a page.
WORD = 8
WORDS = PAGE // WORD

#: For madvise (linux/mman.h): a copy of the process has zeros there.
_WIPEONFORK = 18

#: So many pieces of memory the kernel reads at once (IOV_MAX).
_MOST_RUNS = 1024

#: Addresses, or numbers of words or pages: addresses by their sizes.
Numbers = npt.NDArray[np.int64]
#: Where runs of words start, and how many words each has.
Runs = tuple[Numbers, Numbers]

_rooms = threading.local()


def read(at: Numbers) -> Numbers:
    """Return words by their numbers: addresses by the size of a word."""
    found: Numbers = _memory()[at - WORDS]
    return found


def words_on(numbers: Numbers) -> Numbers:
    """Return the words on pages, by the numbers of those; a row for each."""
    first = (numbers - 1) * WORDS
    found: Numbers = _memory()[first[:, None] + np.arange(WORDS)]
    return found


def places_in(numbers: Numbers, among: Numbers) -> Numbers:
    """Return where in `among` those of `numbers` are that are there; both ascend."""
    if not len(among):
        return among
    at = np.searchsorted(among, numbers)
    at[at == len(among)] = 0
    there: Numbers = at[among[at] == numbers]
    return there


def words_of(runs: Runs) -> Numbers:
    """Return the numbers of all words of runs, in order."""
    starts, counts = runs
    firsts: Numbers = np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return firsts + np.arange(len(firsts))


def pointers(runs: Runs) -> Numbers:
    """Return what the words of runs refer to."""
    found = read(words_of(runs))
    there: Numbers = found[found != 0]
    return there


def joined(starts: Numbers, counts: Numbers) -> Runs:
    """Return runs in order, those that have words in common as one."""
    order = np.argsort(starts)
    starts, ends = starts[order], np.maximum.accumulate((starts + counts)[order])
    begins = np.append(True, starts[1:] > ends[:-1])
    lasts = np.append(np.flatnonzero(begins)[1:] - 1, len(starts) - 1)
    return starts[begins], ends[lasts] - starts[begins]


def distinct(numbers: Numbers) -> Numbers:
    """Return each once, ascending; NumPy's own way takes long where all end in the same bits."""
    found: Numbers = np.sort(numbers)
    first: Numbers = found[np.diff(found, prepend=-1) != 0]
    return first


def runs_of(numbers: Numbers, gap: int = 1) -> Numbers:
    """Return where pages lie, and how many bytes: a row for each piece of memory.

    Parameters
    ----------
    numbers : ndarray of int64
        The pages, ascending.
    gap : int, default 1
        Pieces are at least so many pages apart.
    """
    apart = np.ones(len(numbers), bool)
    apart[1:] = np.diff(numbers) > gap
    begins = np.flatnonzero(apart)
    ends = np.append(begins[1:], len(numbers))[: len(begins)] - 1
    firsts = numbers[begins]
    return np.stack([firsts * PAGE, (numbers[ends] + 1 - firsts) * PAGE], axis=1)


def words_in(spans: Numbers) -> Numbers | None:
    """Return the words that lie in pieces of memory, in order, or None if any of them is gone.

    They are in this thread's own room, and there until it reads memory again.

    Parameters
    ----------
    spans : ndarray of int64, shape (n, 2)
        Addresses and numbers of bytes.
    """
    found = bytes_in(spans)
    return None if found is None else found.view(np.int64)


def bytes_in(spans: Numbers) -> npt.NDArray[np.uint8] | None:
    """Return the bytes that lie in pieces of memory, as :func:`words_in` does the words.

    Without letting other threads of Python's run: it takes microseconds, but another thread that
    is given the turn keeps it for milliseconds.
    """
    total = int(spans[:, 1].sum())
    found = _room(-(-total // WORD)).view(np.uint8)[:total]
    at = 0
    for first in range(0, len(spans), _MOST_RUNS):
        some = spans[first : first + _MOST_RUNS]
        size = int(some[:, 1].sum())
        own = (ctypes.c_uint64 * 2)(found.ctypes.data + at, size)
        there = some.ctypes.data_as(ctypes.c_void_p)
        if _libc().process_vm_readv(os.getpid(), own, 1, there, len(some), 0) != size:
            return None
        at += size
    return found


def _room(count: int) -> Numbers:
    """Return room for some words.

    Memory that is made anew each time, or that copies of the process have as well, is given to
    the process page by page while it is written, which takes longer than writing it.
    """
    room: Numbers | None = getattr(_rooms, "words", None)
    if room is None or len(room) < count:
        pages = -(-count // WORDS) + 1
        memory = mmap.mmap(-1, pages * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        with suppress(OSError):  # a Linux that does not know it copies the room as well
            memory.madvise(_WIPEONFORK)
        room = _rooms.words = np.frombuffer(memory, np.int64)
    return room[:count]


@cache
def _libc() -> ctypes.PyDLL:
    libc = ctypes.PyDLL(None)
    libc.process_vm_readv.restype = ctypes.c_ssize_t
    libc.process_vm_readv.argtypes = [
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_ulong,
        ctypes.c_void_p,
        ctypes.c_ulong,
        ctypes.c_ulong,
    ]
    return libc


def word(value: Any, at: int) -> int:
    """Return a word of an object."""
    return ctypes.c_uint64.from_address(id(value) + at * WORD).value


def words(address: int, count: int) -> list[int]:
    """Return words by the address of the first; none where there can be none."""
    if not address or address % WORD:
        return []
    return list((ctypes.c_uint64 * count).from_address(address))


@cache
def _memory() -> Numbers:
    """Return this process's memory as words, from its second page on."""
    every = (ctypes.c_int64 * (1 << 44)).from_address(PAGE)
    return np.ctypeslib.as_array(every)
