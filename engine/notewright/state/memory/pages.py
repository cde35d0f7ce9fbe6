"""Which pages of large arrays were written since the last look: Linux only, else never known.

Anything that is not certain (memory that was freed, moved or never watched) counts as
written.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from xxhash import xxh3_64_intdigest

from notewright.state.memory.protection import Protection, Span
from notewright.state.memory.words import bytes_in

_PAGE = mmap.PAGESIZE


@dataclass
class _Region:
    start: int
    end: int
    #: Before and after its whole pages, which alone can be protected: compared instead.
    ends: list[Span]
    #: A hash of what was there at the last look.
    at_ends: int | None = None
    #: Not protected now, so it counts as written: new, or about to be written to on purpose.
    open: bool = True

    @property
    def span(self) -> Span:
        return self.start, self.end - self.start

    def written_ends(self, *, alone: bool) -> list[Span]:
        """Return the ends, unless they are what they were when this was called last.

        Who writes to them after they were looked at, and before the copy is made, and then writes
        what was there before, would not be seen: they are compared where nobody can.
        """
        before, self.at_ends = self.at_ends, None
        found = bytes_in(np.array(self.ends, np.int64)) if alone and self.ends else None
        if found is not None:
            self.at_ends = xxh3_64_intdigest(found.data)
        return [] if found is not None and self.at_ends == before else self.ends


@dataclass
class PageWatch:
    """Watches spans of memory for writes.

    Examples
    --------
    >>> watch = PageWatch()
    >>> watch.watch([])
    """

    protection: Protection = field(default_factory=Protection)
    _regions: dict[Span, _Region] = field(default_factory=dict)

    @property
    def works(self) -> bool:
        """Whether this system can tell written pages."""
        return self.protection.works

    def watch(self, spans: Iterable[Span]) -> None:
        """Watch these spans and no others, from now on.

        A new span counts as written as a whole at the next look, since what
        happened before this call is not known.
        """
        if not self.works:
            return
        wanted = set(spans)
        for span in [span for span in self._regions if span not in wanted]:
            self._forget(span)
        for span in wanted - set(self._regions):
            start = -(-span[0] // _PAGE) * _PAGE
            end = (span[0] + span[1]) // _PAGE * _PAGE
            if end - start < 4 * _PAGE:
                continue
            # Memory that cannot be watched is hashed instead.
            if self.protection.is_own((start, end - start)) and self.protection.register(
                (start, end - start)
            ):
                ends = [(span[0], start - span[0]), (end, span[0] + span[1] - end)]
                self._regions[span] = _Region(start, end, [each for each in ends if each[1]])

    def written(self, *, alone: bool = True) -> dict[Span, list[Span] | None]:
        """Return what was written since the last call, and start anew.

        Parameters
        ----------
        alone : bool, default True
            Whether nobody writes while this is called, and until the copy is made.

        Returns
        -------
        dict
            For each watched span, the spans in it that were written (whole
            pages, and its ends), or None if that is not known; such
            a span is not watched any more.
        """
        found: dict[Span, list[Span] | None] = {}
        for span, region in list(self._regions.items()):
            ends = region.written_ends(alone=alone)
            ranges = None if region.open else self.protection.written(region.span, anew=True)
            if region.open:
                region.open = False
                if not self.protection.protect(region.span):
                    self._forget(span)
            elif ranges is None:
                self._forget(span)
            else:
                ranges += ends
            found[span] = ranges
        return found

    def expect_writes(self, spans: Iterable[Span]) -> None:
        """Let these spans be written to without delay; they count as written as a whole."""
        for span in spans:
            region = self._regions.get(span)
            if region is not None and self.protection.protect(region.span, on=False):
                region.open = True

    def close(self) -> None:
        """Watch nothing any more."""
        for span in list(self._regions):
            self._forget(span)
        self.protection.close()

    def _forget(self, span: Span) -> None:
        self.protection.unregister(self._regions.pop(span).span)
