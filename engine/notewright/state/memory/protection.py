"""Ask the kernel which pages were written: Linux only, elsewhere it is never known.

It write-protects pages and notes which were written (userfaultfd in asynchronous mode,
Linux 6.7); asking takes about a millisecond a gigabyte. A write to a protected page costs
its first writer about a microsecond.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

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
_PROCMAP_QUERY, _SHARED = 0xC0686611, 8
_SCAN_PROTECT, _SCAN_CHECK = 1, 2
_WRITTEN, _FILE, _PRESENT, _SWAPPED = 1 << 1, 1 << 2, 1 << 3, 1 << 4
_MOST_RANGES = 4096

#: An address and a number of bytes.
Span = tuple[int, int]


#: Where the kernel writes what it has found; used under Python's lock alone.
_ranges = (ctypes.c_uint64 * (3 * _MOST_RANGES))()


def _ioctl(handle: int, request: int, argument: Any) -> int:
    """Call the kernel without letting other threads of Python's run.

    It takes microseconds, but another thread that is given the turn keeps it for milliseconds.
    """
    return int(_libc().ioctl(handle, ctypes.c_ulong(request), ctypes.byref(argument)))


@cache
def _libc() -> ctypes.PyDLL:
    return ctypes.PyDLL(None)


@dataclass
class Protection:
    """Write-protects pages of this process and tells which were written all the same.

    Spans start and end at the bounds of pages.
    """

    _handle: int = -1
    _pagemap: int = -1
    _maps: int = -1
    #: What a page counts as written for that others can write to; asking for it takes long.
    _others: int = 0
    _tried: bool = False

    @property
    def works(self) -> bool:
        """Whether this system can tell written pages."""
        if not self._tried:
            self._tried = True
            with suppress(OSError, AttributeError):
                self._open()
        return self._handle >= 0

    def register(self, span: Span) -> bool:
        """Prepare a span of memory; tell whether it can be protected."""
        return self._call(_UFFDIO_REGISTER, "QQQQ", *span, _MODE_WP, 0)

    def unregister(self, span: Span) -> None:
        """Leave a span alone from now on."""
        self._call(_UFFDIO_UNREGISTER, "QQ", *span)  # it may be gone with its memory

    def protect(self, span: Span, on: bool = True) -> bool:
        """Protect a registered span, or let it be written to; tell whether that was possible."""
        return self._call(_UFFDIO_WRITEPROTECT, "QQQ", *span, int(on))

    def written(self, span: Span, *, anew: bool) -> list[Span] | None:
        """Return the parts of a span that were written or are gone; None if that is not known.

        Parameters
        ----------
        span : (int, int)
            Where to look.
        anew : bool
            Protect these parts again; then all of the span has to be registered.
        """
        flags = _SCAN_PROTECT | _SCAN_CHECK if anew else 0
        found: list[Span] = []
        start, end = span[0], span[0] + span[1]
        while start < end:
            argument = (ctypes.c_uint64 * 12)(
                96,
                flags,
                start,
                end,
                0,
                ctypes.addressof(_ranges),
                _MOST_RANGES,
                0,
                _PRESENT,  # inverted: memory that is gone has changed, too
                0,
                _WRITTEN | _PRESENT | self._others,
                _WRITTEN | _PRESENT | _SWAPPED | self._others,
            )
            count = _ioctl(self._pagemap, _PAGEMAP_SCAN, argument)
            if count < 0:
                return None
            words = _ranges[: 3 * count]
            found += [(a, b - a) for a, b in zip(words[::3], words[1::3], strict=True)]
            walked = argument[4]
            if walked <= start:
                return None
            start = walked
        return found

    def is_own(self, span: Span) -> bool:
        """Tell whether nobody else can write to a span: it is of no file, and not shared.

        Before Linux 6.11 that is not told here, and such pages count as written each time.
        """
        at, end = span[0], span[0] + span[1]
        while at < end and not self._others:
            found = self._mapping(at)
            if found is None:
                return False
            at, flags, file = found
            if flags & _SHARED or file:
                return False
        return True

    def close(self) -> None:
        """Protect nothing any more."""
        for handle in (self._handle, self._pagemap, self._maps):
            if handle >= 0:
                os.close(handle)
        self._handle = self._pagemap = self._maps = -1

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
            if not self._call(_UFFDIO_API, "QQQ", _API_VERSION, _FEATURES, 0):
                raise OSError("this kernel notes no written pages")
            self._pagemap = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
            self._try_out()
            self._maps = os.open("/proc/self/maps", os.O_RDONLY | os.O_CLOEXEC)
            self._others = 0 if self._mapping(id(self)) is not None else _FILE
        except OSError:
            os.close(self._handle)
            self._handle = -1

    def _mapping(self, address: int) -> tuple[int, int, int] | None:
        """Return the end of the mapping at an address, its flags and file; None if not known."""
        argument = (ctypes.c_uint64 * 13)(104, 0, address)
        if _ioctl(self._maps, _PROCMAP_QUERY, argument) < 0:
            return None
        return argument[4], argument[5], argument[8]

    def _try_out(self) -> None:
        """Raise OSError unless a write to a page of our own is told, and no other."""
        with mmap.mmap(-1, 16 * _PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
            memory.write(b"\1" * len(memory))
            start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            span, sixth = (start, 16 * _PAGE), (start + 5 * _PAGE, _PAGE)
            self.register(span)
            first = self.written(span, anew=True)
            memory[5 * _PAGE] = 1
            if first is None or any(
                self.written(span, anew=anew) != [sixth] for anew in (False, True)
            ):
                raise OSError("written pages are not told")

    def _call(self, request: int, layout: str, *words: int) -> bool:
        argument = ctypes.create_string_buffer(struct.pack(layout, *words))
        return _ioctl(self._handle, request, argument) >= 0
