"""Which pages of large arrays were written since the last look: Linux only, else never known.

The kernel write-protects pages and notes which were written (userfaultfd in
asynchronous mode, Linux 6.7); asking takes about a millisecond a gigabyte. A
write to a protected page costs its first writer about a microsecond. Anything
that is not certain (memory that was freed, moved or never watched) counts as
written.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

_PAGE = mmap.PAGESIZE

# linux/userfaultfd.h, linux/fs.h; numbers are the same on x86-64 and arm64.
_SYS_USERFAULTFD = {"x86_64": 323, "aarch64": 282}
_USER_MODE_ONLY = 1
_UFFDIO_API = 0xC018AA3F
_UFFDIO_REGISTER = 0xC020AA00
_UFFDIO_UNREGISTER = 0x8010AA01
_UFFDIO_WRITEPROTECT = 0xC018AA06
_API_VERSION = 0xAA
_FEATURES = (1 << 13) | (1 << 15)  # WP_UNPOPULATED, WP_ASYNC
_MODE_WP = 2
_PAGEMAP_SCAN = 0xC0606610
_SCAN_PROTECT, _SCAN_CHECK = 1, 2
_WRITTEN, _PRESENT, _SWAPPED = 1 << 1, 1 << 3, 1 << 4
_MOST_RANGES = 4096

#: An address and a number of bytes.
Span = tuple[int, int]


@dataclass
class _Region:
    start: int
    end: int
    #: Not protected now, so it counts as written: new, or about to be written to on purpose.
    open: bool = True


@dataclass
class PageWatch:
    """Watches spans of memory for writes.

    Examples
    --------
    >>> watch = PageWatch()
    >>> watch.watch([])
    """

    _handle: int = -1
    _pagemap: int = -1
    _regions: dict[Span, _Region] = field(default_factory=dict)
    _tried: bool = False

    @property
    def works(self) -> bool:
        """Whether this system can tell written pages."""
        if not self._tried:
            self._tried = True
            with suppress(OSError, AttributeError):
                self._open()
        return self._handle >= 0

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
            with suppress(OSError):  # memory that cannot be watched is hashed instead
                self._call(_UFFDIO_REGISTER, "QQQQ", start, end - start, _MODE_WP, 0)
                self._regions[span] = _Region(start, end)

    def written(self) -> dict[Span, list[Span] | None]:
        """Return what was written since the last call, and start anew.

        Returns
        -------
        dict
            For each watched span, the spans in it that were written (whole
            pages and its unwatched ends), or None if that is not known; such
            a span is not watched any more.
        """
        found: dict[Span, list[Span] | None] = {}
        for span, region in list(self._regions.items()):
            ranges = None if region.open else self._scan(region)
            if region.open:
                region.open = False
                if not self._protect(region, True):
                    self._forget(span)
            elif ranges is None:
                self._forget(span)
            else:
                ends = [(span[0], region.start - span[0])]
                ends.append((region.end, span[0] + span[1] - region.end))
                ranges += [end for end in ends if end[1]]
            found[span] = ranges
        return found

    def expect_writes(self, spans: Iterable[Span]) -> None:
        """Let these spans be written to without delay; they count as written as a whole."""
        for span in spans:
            region = self._regions.get(span)
            if region is not None and self._protect(region, False):
                region.open = True

    def close(self) -> None:
        """Watch nothing any more."""
        for span in list(self._regions):
            self._forget(span)
        for handle in (self._handle, self._pagemap):
            if handle >= 0:
                os.close(handle)
        self._handle = self._pagemap = -1

    def _open(self) -> None:
        number = _SYS_USERFAULTFD.get(os.uname().machine)
        if sys.platform != "linux" or number is None:
            return
        libc = ctypes.CDLL(None, use_errno=True)
        flags = os.O_CLOEXEC | os.O_NONBLOCK | _USER_MODE_ONLY
        self._handle = libc.syscall(number, flags)
        if self._handle < 0:
            return
        try:
            self._call(_UFFDIO_API, "QQQ", _API_VERSION, _FEATURES, 0)
            self._pagemap = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
            self._try_out()
        except OSError:
            os.close(self._handle)
            self._handle = -1

    def _try_out(self) -> None:
        """Raise OSError unless a write to a page of our own is told, and no other."""
        with mmap.mmap(-1, 16 * _PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
            memory.write(b"\1" * len(memory))
            start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            region = _Region(start, start + 16 * _PAGE)
            self._call(_UFFDIO_REGISTER, "QQQQ", start, 16 * _PAGE, _MODE_WP, 0)
            first = self._scan(region)
            memory[5 * _PAGE] = 1
            if first is None or self._scan(region) != [(start + 5 * _PAGE, _PAGE)]:
                raise OSError("written pages are not told")

    def _call(self, request: int, layout: str, *words: int) -> None:
        fcntl.ioctl(self._handle, request, bytearray(struct.pack(layout, *words)))

    def _protect(self, region: _Region, on: bool) -> bool:
        try:
            length = region.end - region.start
            self._call(_UFFDIO_WRITEPROTECT, "QQQ", region.start, length, int(on))
        except OSError:
            return False
        return True

    def _forget(self, span: Span) -> None:
        region = self._regions.pop(span)
        with suppress(OSError):  # gone with its memory
            self._call(_UFFDIO_UNREGISTER, "QQ", region.start, region.end - region.start)

    def _scan(self, region: _Region) -> list[Span] | None:
        """Return the written spans of a region and protect it again; None if not known."""
        ranges = (ctypes.c_uint64 * (3 * _MOST_RANGES))()
        found: list[Span] = []
        start = region.start
        while start < region.end:
            argument = bytearray(
                struct.pack(
                    "12Q",
                    96,
                    _SCAN_PROTECT | _SCAN_CHECK,
                    start,
                    region.end,
                    0,
                    ctypes.addressof(ranges),
                    _MOST_RANGES,
                    0,
                    _PRESENT,  # inverted: memory that is gone has changed, too
                    0,
                    _WRITTEN | _PRESENT,
                    _WRITTEN | _PRESENT | _SWAPPED,
                )
            )
            try:
                count = fcntl.ioctl(self._pagemap, _PAGEMAP_SCAN, argument)
            except OSError:
                return None
            found += [(ranges[3 * i], ranges[3 * i + 1] - ranges[3 * i]) for i in range(count)]
            walked = struct.unpack("12Q", argument)[4]
            if walked <= start:
                return None
            start = walked
        return found
