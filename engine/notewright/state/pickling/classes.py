"""Classes made in cells: made anew when loaded, running none of the user's hooks."""

from __future__ import annotations

import abc
import ctypes
import operator
from types import MemberDescriptorType
from typing import Any

from cloudpickle import cloudpickle as _cloudpickle

from notewright.state.pickling import enums
from notewright.state.pickling.functions import interned
from notewright.state.pickling.importable import is_importable
from notewright.state.pickling.words import fresh, module_mark, module_name, word

_HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE

#: Attributes that Python keeps in a class for itself and makes anew.
_OWN = frozenset(
    {
        "__dict__",
        "__weakref__",
        "__module__",
        "__qualname__",
        "__slotnames__",  # noted by copyreg when an instance is pickled first
        "_abc_impl",
        "__annotate_func__",
        "__annotations_cache__",
    }
)

_MADE_EARLY = (b"__doc__", b"__abstractmethods__", b"__slots__", b"__annotations__")


def reduce_class(cls: Any, pickler: Any) -> Any:
    """Reduce a class: by reference if it can be imported, else by its parts."""
    if cls is type(None) or cls is type(Ellipsis) or cls is type(NotImplemented):
        return _cloudpickle._class_reduce(cls)
    if cls in _cloudpickle._BUILTIN_TYPE_NAMES:
        pickler.by_name.add(id(cls))
        return _cloudpickle._class_reduce(cls)
    if is_importable(cls):
        pickler.by_name.add(id(cls))
        return NotImplemented
    if isinstance(cls, type(ctypes.Array)) and cls.__base__ is ctypes.Array:
        return operator.mul, (cls._type_, cls._length_)  # made where it is used: c_int * 3
    own = vars(cls)
    members = enums.members(cls)
    made_from = None if members is None else [(key, new) for key, _, new in members]
    filled = None if members is None else [(key, dict(m.__dict__)) for key, m, _ in members]
    arguments = (
        type(cls),
        fresh(cls.__name__),
        fresh(cls.__qualname__),
        module_mark(own.get("__module__")),
        cls.__bases__,
        own.get("__slots__"),
        made_from,
    )
    attributes = [(fresh(k), v) for k, v in own.items() if k not in _OWN and not _is_slot(v, cls)]
    # Some are put into a class at another place when it is made anew.
    attributes.sort(key=lambda pair: pair[0] in _MADE_EARLY)
    state = (attributes, _registered(cls), filled)
    return _make_class, arguments, state, None, None, _fill_class


def _is_slot(value: Any, cls: type) -> bool:
    return isinstance(value, MemberDescriptorType) and value.__objclass__ is cls


def _registered(cls: Any) -> list[type] | None:
    """Return the classes registered with an abstract class."""
    if not isinstance(cls, abc.ABCMeta):
        return None
    registry = abc._get_dump(cls)[0]  # type: ignore[attr-defined]
    found = [registered for reference in registry if (registered := reference()) is not None]
    return sorted(found, key=lambda registered: (registered.__module__, registered.__qualname__))


# -- making ------------------------------------------------------------------------


class _Quiet:
    """Stands first among the bases while a class is made, so that no hook of theirs runs."""

    __slots__ = ()

    def __init_subclass__(cls, **_: Any) -> None:
        pass


class _QuietWithDict:
    def __init_subclass__(cls, **_: Any) -> None:
        pass


def _make_class(
    metaclass: type,
    name: bytes,
    qualname: bytes,
    module: Any,
    bases: tuple[type, ...],
    slots: Any,
    members: list[tuple[str, Any]] | None,
) -> Any:
    contents: dict[str, Any] = {"__qualname__": word(qualname)}
    if module is not None:
        contents["__module__"] = module_name(module)
    if slots is not None:
        contents["__slots__"] = slots
    cls = _new(metaclass, word(name), bases, contents)
    if isinstance(cls, abc.ABCMeta):
        abc._abc_init(cls)  # type: ignore[attr-defined]
    if members is not None:
        enums.make_members(cls, members)
    return cls


def _new(metaclass: type, name: str, bases: tuple[type, ...], contents: dict[str, Any]) -> Any:
    # Python's own part of making a class; a metaclass's __new__ and __init__ have run before.
    maker = next(m for m in metaclass.__mro__ if not is_made_in_python(m))
    if _has_hook(bases):
        for quiet in (_QuietWithDict, _Quiet):
            try:
                cls: Any = maker.__new__(metaclass, name, (quiet, *bases), dict(contents))
                type.__setattr__(cls, "__bases__", bases)
            except TypeError:
                continue
            return cls
    try:
        return maker.__new__(metaclass, name, bases, contents)
    except TypeError:
        return metaclass(name, bases, contents)  # a metaclass written in C


def is_made_in_python(cls: type) -> bool:
    """Tell whether a class was made by a class statement."""
    return bool(cls.__flags__ & _HEAP)


def _has_hook(bases: tuple[type, ...]) -> bool:
    plain = object.__init_subclass__.__qualname__
    return any(getattr(b.__init_subclass__, "__qualname__", "") != plain for b in bases)


def _fill_class(cls: Any, state: Any) -> None:
    attributes, registered, members = state
    if members is not None:
        enums.fill_members(cls, members)
    # Setting any attribute deletes the line number that Python 3.13 notes: it comes last.
    late = (b"__firstlineno__",)
    for name, value in [*attributes, *(pair for pair in attributes if pair[0] in late)]:
        if name == b"__annotations__":
            interned(value)
        if name != b"__slots__":
            _set(cls, word(name), value)
    for other in registered or ():
        abc._abc_register(cls, other)  # type: ignore[attr-defined]


def _set(cls: Any, name: str, value: Any) -> None:
    # Past the metaclass: its __setattr__ may be the user's, or refuse.
    try:
        type.__setattr__(cls, name, value)
    except TypeError:
        setattr(cls, name, value)
