"""What has to be stored of a look: the pickles of groups that are not stored as they are now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from notewright.state.capture.chunks import LARGE, Buffer, address_of, hashed, pieces, row_of
from notewright.state.capture.known import Group, Known
from notewright.state.capture.looking import Look, no_collection
from notewright.state.memory.protection import Span
from notewright.state.pickling.pickler import dump

_LET_GO = memoryview(b"")


@dataclass
class Bundle:
    """Variables to be stored together.

    Parameters
    ----------
    names : tuple of str
        The variables.
    alias : bool
        Whether they are all names of one object.
    stream : bytes
        The pickle: of that object, or of the tuple of their values.
    sizes : list of int
        The bytes of each of its buffers.
    deferrable : list of bool
        Of each, whether loading may put its bytes straight where they belong.
    small : bytes
        Those below `LARGE`, one after the other.
    buffers : list of (Buffer, list of memoryview)
        The large ones with their pieces; a piece that is stored already may be empty.
    """

    names: tuple[str, ...]
    alias: bool
    stream: bytes
    sizes: list[int]
    deferrable: list[bool]
    small: bytes
    buffers: list[tuple[Buffer, list[memoryview]]]


def bundles(look: Look, known: Known, namespace: dict[str, object]) -> list[Bundle | Group]:
    """Return for each group of variables what is stored of it, or what has to be."""
    at: dict[Span, Buffer] = {b.span: b for seen in look.seen.values() for b in seen.buffers}
    return [
        known.group(names, look.seen) or _bundle(names, look, at, namespace)
        for names in look.groups
    ]


def hold(bundles: list[Bundle | Group], known: Known) -> None:
    """Copy the pieces that have to be stored, so that they may change meanwhile.

    The others are let go: as long as somebody has a view of it, an array cannot be resized.
    """
    for bundle in bundles:
        if isinstance(bundle, Bundle):
            for buffer, parts in bundle.buffers:
                for at, hash_ in enumerate(buffer.hashes):
                    parts[at] = _LET_GO if hash_ in known.chunks else _copy(parts[at])


def _copy(piece: memoryview) -> memoryview:
    # NumPy lets other threads run where it copies much; `bytes` does not.
    return np.frombuffer(piece, np.uint8).copy().data


def _bundle(
    names: tuple[str, ...], look: Look, at: dict[Span, Buffer], namespace: dict[str, object]
) -> Bundle:
    values = tuple(look.values[name] for name in names)
    alias = all(value is values[0] for value in values)
    pickled = look.pickles.get(names[0])
    if pickled is None or not alias:
        with no_collection():
            pickled = dump(values[0] if alias else values, namespace)
    raws = [buffer.raw() for buffer in pickled.buffers]
    large = []
    for buffer, raw in zip(pickled.buffers, raws, strict=True):
        if raw.nbytes >= LARGE:
            span = address_of(buffer)
            found = at.get(span) or hashed(buffer, span, row_of(buffer), None, None)
            large.append((found, [raw[a:b] for a, b in pieces(raw.nbytes, found.row)]))
    small = b"".join(raw for raw in raws if raw.nbytes < LARGE)
    sizes = [raw.nbytes for raw in raws]
    return Bundle(names, alias, pickled.stream, sizes, pickled.deferrable, small, large)
