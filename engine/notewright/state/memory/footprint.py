"""The memory that a value is made of, word for word, so that it is soon told whether it changed.

Pickling a dictionary of a hundred thousand objects takes long, and tells nothing where
nothing was written to them. A footprint knows all the memory that such a value is made of:
of each object its type, its length and what it refers to, and of what cannot be changed the
bytes, since it may be gone and another in its place. Not how often an object is referred to,
which changes all the time. Where the words are as they were, so is the value: what an
unchanged container refers to is alive, and where it was. How the value is saved belongs to it:
what its classes say, and what is registered with copyreg.

That needs to be known of each type: where its objects keep what they are made of. It is
tried out on this interpreter; where that is otherwise, and for values that have parts of any
other type, there is no footprint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from notewright.state.memory.layouts import Odd, Place, all_runs, how_saved, is_there
from notewright.state.memory.trials import is_as_expected
from notewright.state.memory.words import (
    WORD,
    WORDS,
    Numbers,
    joined,
    runs_of,
    words_in,
    words_of,
    words_on,
)

#: So many pages are hashed at once.
_STEP = 256

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Footprint:
    """Which words of which pages a value is made of, and what they were.

    Parameters
    ----------
    pages : ndarray of int64, shape (n,)
        Numbers of the pages, ascending: addresses by the size of a page.
    masks : ndarray of uint8, shape (n, 64)
        For each page, a bit for each word that counts.
    hashes : ndarray of uint64, shape (n,)
        Of each page, of the words that count.
    objects : ndarray of int64, shape (m,)
        Ids of all objects in it that can change, ascending.
    classes : tuple
        Where the classes of its objects are found.
    how, how_words : ndarray of int64, shapes (k, 2) and (l,)
        Addresses and bytes of the memory that says how its objects are saved, and what it said.
    """

    pages: Numbers
    masks: npt.NDArray[np.uint8]
    hashes: Hashes
    objects: Numbers
    classes: tuple[Place, ...]
    how: Numbers
    how_words: Numbers

    def is_saved_otherwise(self) -> bool:
        """Tell whether its objects are not saved as they were; they themselves may be the same."""
        words = words_in(self.how)
        if words is None or not np.array_equal(words, self.how_words):
            return True
        return not all(map(is_there, self.classes))

    def differs(self, which: npt.NDArray[np.intp]) -> bool:
        """Tell whether any of some pages, by their positions, is not as it was, or is gone."""
        return any(part.differs() for part in self.parts(which))

    def parts(self, which: npt.NDArray[np.intp]) -> Iterator[Part]:
        """Yield some pages, by their positions, in parts."""
        for first in range(0, len(which), _STEP):
            some = which[first : first + _STEP]
            uncounted = np.unpackbits(~self.masks[some], axis=1).view(bool)
            yield Part(runs_of(self.pages[some]), uncounted, self.hashes[some])


@dataclass(frozen=True)
class Part:
    """Some pages of a footprint, made ready to be compared again and again.

    Parameters
    ----------
    spans : ndarray of int64, shape (k, 2)
        Where they lie: addresses and bytes.
    uncounted : ndarray of bool, shape (n, 512)
        For each page, the words that do not count.
    hashes : ndarray of uint64, shape (n,)
        What they were.
    """

    spans: Numbers
    uncounted: npt.NDArray[np.bool_]
    hashes: Hashes

    def differs(self) -> bool:
        """Tell whether any of them is not as it was, or is gone."""
        words = words_in(self.spans)
        if words is None:
            return True
        return not np.array_equal(_hashes(words.reshape(-1, WORDS), self.uncounted), self.hashes)


def footprint(value: Any) -> Footprint | None:
    """Return the footprint of a value, or None where that cannot be told.

    To be called where nothing changes meanwhile.

    Examples
    --------
    >>> footprint(object()) is None
    True
    """
    if not is_as_expected():
        return None
    try:
        own, objects, classes = all_runs(value)
        if not len(own[0]):
            return None
        others, places = how_saved(classes)
        how = np.stack(joined(*others), axis=1) * WORD
        words = words_in(how)
        if words is None:
            return None
        return Footprint(*_printed(*own), objects, places, how, words.copy())
    except Odd:
        return None


def _printed(starts: Numbers, counts: Numbers) -> tuple[Numbers, npt.NDArray[np.uint8], Hashes]:
    """Return the pages of runs of words, with masks and hashes."""
    starts, counts = joined(starts, counts)
    first, last = starts // WORDS, (starts + counts - 1) // WORDS
    many = last - first + 1
    every = words_of((first, many))
    pages = every[np.diff(every, prepend=-1) != 0]
    # Where the words of a run begin counts one more, and where they end one less.
    begins = np.searchsorted(pages, first) * WORDS + starts % WORDS
    change = np.zeros(len(pages) * WORDS + 1, np.int8)
    change[begins] += 1
    change[begins + counts] -= 1
    counted = np.cumsum(change[:-1], dtype=np.int8).astype(bool).reshape(-1, WORDS)
    masks = np.packbits(counted, axis=1)
    steps = (slice(at, at + _STEP) for at in range(0, len(pages), _STEP))
    hashes = [_hashes(words_on(pages[step]), ~counted[step]) for step in steps]
    return pages, masks, np.concatenate(hashes)


def _hashes(words: Numbers, uncounted: npt.NDArray[np.bool_]) -> Hashes:
    """Return the hash of each row of words, of those that count; the others are set to zero."""
    np.copyto(words, 0, where=uncounted)
    return np.fromiter(map(xxhash.xxh3_64_intdigest, words), np.uint64, len(words))
