"""A look at a namespace in the process itself, where there is little to look at.

Copying the process takes longer than pickling some small variables. Their pickles are
taken at once where all of these hold: none of the user's own code can run on the way, no
thread of the user's could change something meanwhile, and it takes a few milliseconds.
Otherwise :class:`NotHere` is raised, and a copy is made. Large values that are known to be
as they were (`prints`) are not looked at.
"""

from __future__ import annotations

import copyreg
import io
import sys
import threading
import time
from abc import ABCMeta
from collections.abc import Callable
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, TypeVar

from notewright.state.capture.bundling import Bundle, bundles, hold
from notewright.state.capture.chunks import Buffer, address_of, due, pieces, row_of
from notewright.state.capture.known import Group, Known
from notewright.state.capture.looking import Look, Memory, look
from notewright.state.namespace import Namespace
from notewright.state.pickling.pickler import Pickler

#: Seconds that a look here may take before it is given up,
_LONGEST = 0.006
#: the bytes of one pickle, without its large buffers,
_LONGEST_PICKLE = 1 << 17
#: those that may be hashed, and those that may be copied to be stored.
_MOST_BYTES = 1 << 23
#: After a look that was given up, so many views are left to copies; twice as many each time.
_FIRST_PAUSE, _LONGEST_PAUSE = 1, 64

#: Types of these libraries run no code of the user's when they are pickled, and change nothing.
_LIBRARIES = frozenset({"builtins", "numpy", "pandas", "scipy", "sklearn", "pyarrow"})
_LIBRARIES |= {"collections", "datetime", "decimal", "fractions", "uuid", "zoneinfo", "pathlib"}
Found = TypeVar("Found")

_CODE = frozenset({FunctionType, BuiltinFunctionType, ModuleType, type, ABCMeta})


class NotHere(Exception):
    """Raised where a look is to be left to a copy of the process."""


class TooMuch(NotHere):
    """Raised where that is because there is much to look at."""


class _Short(io.BytesIO):
    """A file for a short pickle."""

    def write(self, data: Any, /) -> int:
        if self.tell() + len(data) > _LONGEST_PICKLE:
            raise TooMuch
        return super().write(data)


class _HarmlessPickler(Pickler):
    """Pickles what runs none of the user's own code."""

    file = _Short

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind not in self._reducers and not _is_harmless(kind):
            raise NotHere(kind)
        return super().reducer_override(obj)


def _is_harmless(kind: type) -> bool:
    module = type.__dict__["__module__"].__get__(kind)
    reducer = copyreg.dispatch_table.get(kind)
    if reducer is not None and getattr(reducer, "__module__", None) == "__main__":
        return False
    if kind in _CODE or kind.__name__ == "cython_function_or_method":
        return True
    return isinstance(module, str) and module.partition(".")[0] in _LIBRARIES


@dataclass
class _LittleMemory(Memory):
    """What is known of large buffers; gives up where much would have to be hashed."""

    left: int = _MOST_BYTES

    def hashed(self, buffer: Any) -> Buffer:
        span, row = address_of(buffer), row_of(buffer)
        parts = pieces(span[1], row)
        which = due(span, row, self.buffers.get(span), self.written.get(span))
        self.left -= sum(parts[at][1] - parts[at][0] for at in which)
        if self.left < 0:
            raise TooMuch
        return super().hashed(buffer)


class InPlace:
    """Decides when to look in the process itself."""

    def __init__(self) -> None:
        #: The threads that were there before the user's cells could start one.
        self._threads = set(sys._current_frames())
        self._again = 0
        self._pause = _FIRST_PAUSE
        #: The view after which there was too much to look at.
        self._too_much_after = -1

    def try_again(self) -> None:
        """Take in that there is less to look at now."""
        self._again, self._pause, self._too_much_after = 0, _FIRST_PAUSE, -1

    def tried(self, look: Callable[[], Found], number: int, known: int) -> Found | None:
        """Return what a look in the process itself finds; None if that is left to a copy.

        Parameters
        ----------
        look : callable
            Looks.
        number : int
            The view's.
        known : int
            The number of the latest view of which it is known what it has found.
        """
        if number < self._again or known == self._too_much_after:
            return None
        try:
            found = look()
        except Exception as error:  # noqa: BLE001 - a copy finds out what it is, and tells it
            if known < number - 1 and isinstance(error, TooMuch):
                self._too_much_after = known  # there may be less once more is known
            else:
                self._again = number + 1 + self._pause
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            return None
        self._pause = _FIRST_PAUSE
        return found

    def is_alone(self, own: int | None) -> bool:
        """Tell whether nobody else can change something now: no thread of the user's runs.

        Parameters
        ----------
        own : int, optional
            The thread that is Notewright's own.
        """
        if threading.current_thread() is not threading.main_thread():
            return False
        running = set(sys._current_frames())
        self._threads &= running
        return running <= self._threads | {own}


def look_here(
    namespace: Namespace, known: Known, memory: Memory, *, save: bool
) -> tuple[Look, list[Bundle | Group]]:
    """Return what the namespace holds now, and what has to be stored of it.

    Parameters
    ----------
    namespace : Namespace
        Read, never changed.
    known : Known
        What the latest finished look has found.
    memory : Memory
        What is known of the memory.
    save : bool
        Whether what is new is to be stored.

    Raises
    ------
    NotHere
        If that is to be left to a copy.
    Exception
        Whatever a variable raises that cannot be pickled.
    """
    clock = time.perf_counter()

    def comes_to(_: str) -> None:
        if time.perf_counter() - clock > _LONGEST:
            raise TooMuch

    little = _LittleMemory(memory.buffers, memory.written, memory.unchanged)
    found = look(namespace, little, known, comes_to, _HarmlessPickler)
    return found, _held(found, known, namespace) if save else []


def _held(found: Look, known: Known, namespace: Namespace) -> list[Bundle | Group]:
    """Return what has to be stored, apart from what the next cell may change."""
    for names in found.groups:
        if not found.pickles.keys() >= set(names) and known.group(names, found.seen) is None:
            raise TooMuch  # what is not looked at is too large to be pickled here
    new = bundles(found, known, namespace.dict)
    copied = sum(
        len(part)
        for bundle in new
        if isinstance(bundle, Bundle)
        for buffer, parts in bundle.buffers
        for part, hash_ in zip(parts, buffer.hashes, strict=True)
        if hash_ not in known.chunks
    )
    if copied > _MOST_BYTES:
        raise TooMuch
    hold(new, known)
    return new
