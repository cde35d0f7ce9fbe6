"""Store what is new of a look."""

from __future__ import annotations

from notewright.errors import CopyLost
from notewright.state.capture.bundling import Bundle
from notewright.state.capture.chunks import Buffer
from notewright.state.capture.known import Group, Kept, Known
from notewright.state.memory.protection import Span
from notewright.store.canonical import canonical
from notewright.store.packs import PackWriter


def keep(bundles: list[Bundle | Group], known: Known, writer: PackWriter, random: bytes) -> Kept:
    """Append to the pack what is new, wait for the disk, and say where everything is.

    Parameters
    ----------
    bundles : list
        What is stored already, and what is to be stored.
    known : Known
        Where everything is that was stored before.
    writer : PackWriter
        Where to append.
    random : bytes
        The random state, pickled.
    """
    writer.go_on(known.position)
    work = _Keeping(known, writer)
    groups = tuple(b if isinstance(b, Group) else work.store(b) for b in bundles)
    state = writer.put(random, known.random)
    writer.sync()
    return Kept(groups, work.chunks, state, tuple(writer.take_placed()), writer.position())


class _Keeping:
    def __init__(self, known: Known, writer: PackWriter) -> None:
        self._known = known
        self._writer = writer
        self.chunks: dict[bytes, str] = {}

    def store(self, bundle: Bundle) -> Group:
        before = self._known.groups.get(bundle.names[0])
        stream = self._writer.put(bundle.stream, None if before is None else before.stream)
        small = self._writer.put(bundle.small, None if before is None else before.small)
        spans = tuple(buffer.span for buffer, _ in bundle.buffers)
        buffers = tuple(
            self._buffer(buffer, parts, _previous(before, at, buffer.span))
            for at, (buffer, parts) in enumerate(bundle.buffers)
        )
        manifest = {
            "names": bundle.names,
            "alias": bundle.alias,
            "stream": stream,
            "small": small,
            "buffers": buffers,
            "sizes": bundle.sizes,
            "deferrable": bundle.deferrable,
        }
        address = self._writer.put(canonical(manifest), None if before is None else before.address)
        return Group(bundle.names, address, stream, small, buffers, spans)

    def _buffer(
        self, buffer: Buffer, parts: list[memoryview], before: tuple[str, ...]
    ) -> tuple[str, ...]:
        previous = before if len(before) == len(parts) else (None,) * len(parts)
        return tuple(
            self._piece(raw, hash_, address)
            for raw, hash_, address in zip(parts, buffer.hashes, previous, strict=True)
        )

    def _piece(self, raw: memoryview, hash_: bytes, before: str | None) -> str:
        address = self._known.chunks.get(hash_) or self.chunks.get(hash_)
        if address is None:
            if not raw:
                raise CopyLost("what it left out because it was stored was removed meanwhile")
            address = self.chunks[hash_] = self._writer.put(raw, before)
        return address


def _previous(group: Group | None, at: int, span: Span) -> tuple[str, ...]:
    """Return the pieces of what this buffer was before: in the same place, or of the same rank."""
    if group is None:
        return ()
    if span in group.spans:
        return group.buffers[group.spans.index(span)]
    if at < len(group.spans) and group.spans[at][1] == span[1]:
        return group.buffers[at]
    return ()
