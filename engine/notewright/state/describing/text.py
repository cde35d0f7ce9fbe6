"""How texts, numbers and bytes differ."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import numpy as np

from notewright.state.describing.details import Detail
from notewright.state.describing.shown import LONGEST, shortened, shown, shown_pair

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk

#: The most lines of a difference that are kept.
MOST_LINES = 30
_LONGEST_LINE = 160
#: Looking for what is common takes time in proportion to the product of both lengths.
_MOST_COMPARED = 2000
_AROUND = 20


def scalars(old: Any, new: Any, where: str) -> list[Detail]:
    """Return how two unequal values of one primitive type differ."""
    if type(old) is str:
        return [texts(old, new, where)]
    if type(old) is bytes:
        return [_bytes(old, new, where)]
    was, now = shown_pair(old, new)
    return [Detail("value", where, old=was, new=now)]


def texts(old: str, new: str, where: str) -> Detail:
    """Return how two unequal texts differ."""
    if max(len(old), len(new)) < LONGEST:
        return Detail("value", where, old=shown(old), new=shown(new))
    if "\n" in old or "\n" in new:
        lines, count = unified(old, new)
        if lines:
            return Detail("text", where, lines=lines, count=count)
    start = _common(old, new)
    left = max(0, start - _AROUND)
    was, now = (shown(text[left : start + 2 * _AROUND]) for text in (old, new))
    return Detail("value", where, old=was, new=now, note=f"from character {start:,} on")


def unified(old: str, new: str, context: int = 1) -> tuple[tuple[str, ...], int]:
    """Return the lines of a unified difference, without headings, and how many there are in all."""
    before, after = old.splitlines(), new.splitlines()
    first = _common(before, after)
    last = _common(before[first:][::-1], after[first:][::-1])
    # What is common at both ends needs no search.
    skipped, kept = max(0, first - context), max(0, last - context)
    before, after = before[skipped : len(before) - kept], after[skipped : len(after) - kept]
    if max(len(before), len(after)) > _MOST_COMPARED:
        found = ["-" + line for line in before] + ["+" + line for line in after]
    else:
        diff = difflib.unified_diff(before, after, lineterm="", n=context)
        found = [line for line in list(diff)[2:] if not line.startswith("@@")]
    shortest = tuple(shortened(line.replace("\t", "    "), _LONGEST_LINE) for line in found)
    return shortest[:MOST_LINES], len(found)


def buffers(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two writable buffers differ."""
    before, after = bytes(old), bytes(new)
    if before != after:
        walk.add(_bytes(before, after, where))


def _bytes(old: bytes, new: bytes, where: str) -> Detail:
    if max(len(old), len(new)) < 20:
        return Detail("value", where, old=shown(old), new=shown(new))
    both = min(len(old), len(new))
    one, other = (np.frombuffer(data, np.uint8, both) for data in (old, new))
    at = np.flatnonzero(one != other)
    start = int(at[0]) if len(at) else both
    note = f"{len(at):,} bytes differ, from byte {start:,} on" if len(at) else "the start is equal"
    lengths = (f"{len(old):,}", f"{len(new):,} bytes")
    return Detail("bytes", where, "length", *lengths, count=len(at), note=note)


def _common(old: Any, new: Any) -> int:
    """Return how long the common start of two sequences is."""
    low, high = 0, min(len(old), len(new))
    while low < high:  # halving, because comparing slices is fast and a loop is not
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
