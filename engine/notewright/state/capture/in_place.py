"""A look at a namespace in the process itself, where there is little to look at.

Copying the process takes longer than pickling some small variables. Their pickles are
taken at once where all of these hold: none of the user's own code can run on the way, no
thread of the user's could change something meanwhile, and it takes a few milliseconds.
Otherwise :class:`NotHere` is raised, and a copy is made. Large values that are known to be
as they were (`prints`) are not looked at.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # without what makes it slow
import copyreg
import io
import signal
import sys
import threading
import time
import weakref
from abc import ABCMeta
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from types import (
    BuiltinFunctionType,
    FunctionType,
    MappingProxyType,
    MethodDescriptorType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, ClassVar, TypeVar

from numpy import ndarray

from notewright.state.capture.bundling import Bundle, bundles, hold
from notewright.state.capture.chunks import Buffer, due, pieces
from notewright.state.capture.known import Group, Known
from notewright.state.capture.looking import Look, Memory, Seen, look
from notewright.state.memory.protection import Span
from notewright.state.namespace import Namespace
from notewright.state.pickling.pickler import Pickler
from notewright.state.pickling.reducers import Reducer

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
#: Those whose functions may be registered with copyreg, or be methods of such types.
_REDUCERS = _LIBRARIES | {"copyreg"}
Found = TypeVar("Found")
_UNKNOWN: Any = object()

#: Signals that users handle; Ctrl-C waits.
_SIGNALS = [
    getattr(signal, f"SIG{name}")
    for name in ("ALRM", "VTALRM", "PROF", "USR1", "USR2", "HUP", "TERM", "CHLD", "IO", "WINCH")
    if hasattr(signal, f"SIG{name}")
]
#: What a name stands for that is bound to nothing.
_GONE = object()
_CODE = frozenset({FunctionType, BuiltinFunctionType, ModuleType, type, ABCMeta})
#: Types of what is called for pickling, where it is written in C.
_IN_C = frozenset({BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType, type})

# Read past the hooks of a metaclass.
_module = type.__dict__["__module__"].__get__
_flags = type.__dict__["__flags__"].__get__
#: Py_TPFLAGS_HEAPTYPE: the type was made by a program.
_HEAP_TYPE = 1 << 9
# What a metaclass would be asked for.
_hooks = attrgetter("__hash__", "__eq__", "__getattribute__")
_NO_HOOKS = _hooks(type)
#: What a class is asked for.
_asked = attrgetter("__reduce_ex__", "__reduce__", "__getstate__", "__getattribute__")
#: What the classes of libraries answered when it was found to be theirs.
_judged: weakref.WeakKeyDictionary[type, tuple[Any, ...]] = weakref.WeakKeyDictionary()


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
    #: What was decided in the look that goes on, in which nothing of the user's runs.
    decided: ClassVar[dict[type, Reducer | None]] = {}

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._reducers = self.decided

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        # A metaclass of the user's would be asked for the class's hash.
        made_by = type(kind)
        if made_by is not type and _hooks(made_by) != _NO_HOOKS:
            raise NotHere(kind)
        reducer = self._reducers.get(kind, _UNKNOWN)
        if reducer is _UNKNOWN and not _is_harmless(kind):
            raise NotHere(kind)
        if kind is ndarray and obj.size > _LONGEST_PICKLE >> 4 and obj.dtype.hasobject:
            raise TooMuch  # a list is made of it first
        if reducer is _UNKNOWN:
            return super().reducer_override(obj)
        return NotImplemented if reducer is None else reducer(obj, self)


def _is_harmless(kind: type) -> bool:
    reducer = copyreg.dispatch_table.get(kind)
    if reducer is not None and not _is_a_librarys(reducer):
        return False
    if kind in _CODE or kind.__name__ == "cython_function_or_method":
        return True
    module = _module(kind)
    if type(module) is not str or module.partition(".")[0] not in _LIBRARIES:
        return False
    if kind is MappingProxyType:
        return False  # the keys that it shows are compared
    if not _flags(kind) & _HEAP_TYPE:
        return True
    # A class that a program made may have been given other methods since.
    asked = (*_asked(kind), getattr(kind, "__getattr__", None))
    if _judged.get(kind) != asked:
        if not all(each is None or _is_a_librarys(each) for each in asked):
            return False
        _judged[kind] = asked
    return True


def _is_a_librarys(function: Any) -> bool:
    """Tell whether something that is called for pickling is not the user's."""
    if type(function) is not FunctionType:
        return type(function) in _IN_C or type(function).__name__ == "cython_function_or_method"
    name = function.__globals__.get("__name__")
    return type(name) is str and name.partition(".")[0] in _REDUCERS


@dataclass
class _LittleMemory(Memory):
    """What is known of large buffers; gives up where much would have to be hashed."""

    left: int = _MOST_BYTES

    def hashed_anew(self, buffer: Any, span: Span, row: int) -> Buffer:
        parts = pieces(span[1], row)
        which = due(span, row, self.buffers.get(span), self.written.get(span))
        self.left -= sum(parts[at][1] - parts[at][0] for at in which)
        if self.left < 0:
            raise TooMuch
        return super().hashed_anew(buffer, span, row)


class InPlace:
    """Decides when to look in the process itself."""

    def __init__(self) -> None:
        #: The threads that were there before the user's cells could start one.
        self._threads = set(sys._current_frames())
        self._handlers = _handlers()
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
        clock = time.perf_counter()
        try:
            found = look()
        except Exception as error:  # noqa: BLE001 - a copy finds out what it is, and tells it
            if known < number - 1 and isinstance(error, TooMuch):
                self._too_much_after = known  # there may be less once more is known
            else:
                self._wait(number)
            return None
        # The first of all makes much ready; another that took longer than it may is not repeated.
        if number > 1 and time.perf_counter() - clock > _LONGEST:
            self._wait(number)
        else:
            self._pause = _FIRST_PAUSE
        return found

    def _wait(self, number: int) -> None:
        self._again = number + 1 + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def is_alone(self, own: int | None) -> bool:
        """Tell whether nobody else can change something now: no thread of the user's runs.

        Nor does any function of the user's that a timer or another process may call.

        Parameters
        ----------
        own : int, optional
            The thread that is Notewright's own.
        """
        if threading.current_thread() is not threading.main_thread():
            return False
        if any(map(_is_new, _handlers(), self._handlers)):
            return False
        running = set(sys._current_frames())
        self._threads &= running
        return running <= self._threads | {own}


def _handlers() -> list[Any]:
    return list(map(_signal.getsignal, _SIGNALS))


def _is_new(handler: Any, before: Any) -> bool:
    return handler is not before and callable(handler)


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
    if any(_is_long(seen) and _may_be(seen, namespace, memory) for seen in known.seen.values()):
        raise TooMuch

    def comes_to(name: str) -> None:
        value = namespace.get(name)
        if type(value) is str and len(value) > _LONGEST_PICKLE:
            raise TooMuch  # Python would keep what it is in UTF-8 beside it for good
        if time.perf_counter() - clock > _LONGEST:
            raise TooMuch

    _HarmlessPickler.decided = {}
    little = _LittleMemory(memory.buffers, memory.written, memory.unchanged, memory.constants)
    found = look(namespace, little, known, comes_to, _HarmlessPickler)
    return found, _held(found, known, namespace) if save else []


def _is_long(seen: Seen) -> bool:
    """Tell whether a variable was too long to be pickled here, without its large buffers."""
    if seen.size <= _LONGEST_PICKLE:
        return False
    return seen.size - sum(buffer.span[1] for buffer in seen.buffers) > _MOST_BYTES


def _may_be(seen: Seen, namespace: Namespace, memory: Memory) -> bool:
    """Tell whether a variable would be looked at, and may be what it was."""
    value = namespace.get(seen.name, _GONE)
    return value is not _GONE and id(value) not in memory.unchanged


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
