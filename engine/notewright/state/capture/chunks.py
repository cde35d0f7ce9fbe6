"""Large buffers in pieces: the unit in which changes are seen and stored."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pickle import PickleBuffer

import xxhash

from notewright.state.memory.protection import Span

#: Bytes of a piece.
CHUNK = 1 << 20
#: Buffers below this many bytes are hashed and stored with the pickle they belong to.
LARGE = 256 * 1024


@dataclass(frozen=True)
class Buffer:
    """A large buffer as a look found it.

    Parameters
    ----------
    span : (int, int)
        Where it lies in memory, and its bytes.
    row : int
        Pieces start anew after every so many bytes, so that a column of a
        table keeps its pieces when another is added.
    hashes : tuple of bytes
        xxh3 of each piece.
    """

    span: Span
    row: int
    hashes: tuple[bytes, ...]


@cache
def pieces(nbytes: int, row: int) -> list[tuple[int, int]]:
    """Return where the pieces of a buffer start and end.

    Examples
    --------
    >>> pieces(2 * CHUNK + 5, 2 * CHUNK + 5) == [
    ...     (0, CHUNK), (CHUNK, 2 * CHUNK), (2 * CHUNK, 2 * CHUNK + 5)]
    True
    """
    return [
        (start, min(start + CHUNK, begin + row, nbytes))
        for begin in range(0, nbytes, row)
        for start in range(begin, min(begin + row, nbytes), CHUNK)
    ]


def row_of(buffer: PickleBuffer) -> int:
    """Return the bytes after which pieces start anew."""
    with memoryview(buffer) as view:
        rows = view.shape[0] if view.shape and view.ndim == 2 and view.c_contiguous else 1
        row = view.nbytes // rows if rows else 0
        return row if row >= CHUNK else max(view.nbytes, 1)


def hashed(
    buffer: PickleBuffer,
    span: Span,
    row: int,
    before: Buffer | None,
    written: Sequence[Span] | None,
) -> Buffer:
    """Return the buffer's pieces and their hashes.

    Parameters
    ----------
    buffer : PickleBuffer
        The memory.
    span : (int, int)
        Where that is.
    row : int
        The bytes after which pieces start anew.
    before : Buffer, optional
        What was known of this very span.
    written : sequence of spans, optional
        All that may have been written since then; None if that is not known.
    """
    raw = buffer.raw()
    parts = pieces(raw.nbytes, row)
    which = due(span, row, before, written)
    partly = before is not None and len(which) < len(parts)
    hashes = list(before.hashes) if before is not None and partly else [b""] * len(parts)
    for at in which:
        start, end = parts[at]
        hashes[at] = xxhash.xxh3_128_digest(raw[start:end])
    return Buffer(span, row, tuple(hashes))


def due(
    span: Span, row: int, before: Buffer | None, written: Sequence[Span] | None
) -> Sequence[int]:
    """Return which pieces of a buffer have to be hashed, by what :func:`hashed` is given."""
    parts = pieces(span[1], row)
    if before is None or written is None or before.row != row:
        return range(len(parts))
    return touched(span, parts, written)


def touched(span: Span, parts: list[tuple[int, int]], written: Sequence[Span]) -> list[int]:
    """Return which pieces of a buffer lie in what was written."""
    starts = [span[0] + start for start, _ in parts]
    found: set[int] = set()
    for start, size in written:
        first = max(0, bisect_right(starts, start) - 1)
        found.update(range(first, bisect_left(starts, start + size)))
    return sorted(found)


def untouched(before: Buffer, written: Sequence[Span]) -> list[Span]:
    """Return the parts of a buffer that need no new look: all pieces that were not written."""
    address, nbytes = before.span
    parts = pieces(nbytes, before.row)
    ends = [-1, *touched(before.span, parts, written), len(parts)]
    return [
        (address + parts[one + 1][0], parts[other - 1][1] - parts[one + 1][0])
        for one, other in pairwise(ends)
        if other - one > 1
    ]


def address_of(buffer: PickleBuffer) -> Span:
    """Return where a buffer lies, and its bytes."""
    import numpy as np

    flat = np.frombuffer(buffer.raw(), np.uint8)
    return int(flat.__array_interface__["data"][0]), flat.nbytes
