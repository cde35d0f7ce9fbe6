"""Instances of Python's classes, which loading makes without running the classes' own code.

pickle sets attributes, puts items in and asks for ``__setstate__`` as any code would, and makes
some containers by calling their class. A class whose ``__getattr__``, ``__setitem__``,
``__hash__`` or constructor wants what is not there yet would be saved and could not be loaded.
"""

from __future__ import annotations

import copyreg
import enum
import types
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from notewright.state.pickling.caches import without_cache

#: What loading would ask of an instance before it has its attributes.
_ASKED = ("__getattr__", "__getattribute__")
_ASKED_OF: dict[type, tuple[str, ...]] = {dict: ("__setitem__",), list: ("append", "extend")}

#: How the builtin containers take items in, whatever their subclasses do.
_TAKE_IN: dict[type, Callable[[Any, Any], Any]] = {
    OrderedDict: lambda made, pairs: [OrderedDict.__setitem__(made, *pair) for pair in pairs],
    dict: dict.update,
    list: list.extend,
    set: set.update,
}

#: Containers that pickle makes by calling their class.
_CALLED: tuple[type, ...] = (
    OrderedDict,
    defaultdict,
    Counter,
    set,
    frozenset,
    types.SimpleNamespace,
)

#: Values whose subclasses pickle makes by calling them, and without their attributes.
_VALUES: tuple[type, ...] = (date, datetime, time, timedelta, Decimal, Fraction)

#: What a hash is made of, as a rule: it holds nothing that could lead back to its owner.
_PLAIN = frozenset((str, int, float, complex, bool, bytes, type(None), range, UUID, *_VALUES))


def wants_care(kind: type) -> bool:
    """Tell whether instances of a type must go through :func:`reduce_instance`."""
    if _makes_itself(kind):
        return True
    owner = _owner(kind, "__reduce__", "__reduce_ex__")
    if owner in _CALLED or owner in _VALUES:
        return kind is not owner
    if not _is_made_as_usual(kind):
        return False
    asked = [name for base, names in _ASKED_OF.items() if issubclass(kind, base) for name in names]
    if copyreg._slotnames(kind):  # type: ignore[attr-defined]
        asked.append("__setattr__")
    return any(_is_own(kind, name) for name in (*_ASKED, *asked))


def has_hash(kind: type) -> bool:
    """Tell whether instances of a type must go through :func:`reduce_hashed`."""
    return _is_made_as_usual(kind) and _is_own(kind, "__hash__")


def reduce_hashed(instance: Any, pickler: Any) -> Any:
    """Reduce an instance with care if it may be a key in something that leads back to it."""
    for held in _parts(object.__getstate__(instance)):
        if held is not None and not _PLAIN.issuperset(map(type, dict.values(held))):
            return reduce_instance(instance, pickler)
    if not type(instance).__dictoffset__:
        return NotImplemented
    return reduce_with_dictionary(instance, pickler)


def has_dictionary(kind: type) -> bool:
    """Tell whether instances of a type must go through :func:`reduce_with_dictionary`."""
    return bool(kind.__dictoffset__) and _is_made_as_usual(kind)


def reduce_with_dictionary(instance: Any, pickler: Any) -> Any:
    """Reduce an instance with care if others have its dictionary, as ``vars`` gives it."""
    held = object.__getattribute__(instance, "__dict__")
    if type(held) is dict and id(held) not in pickler.dictionaries:
        return NotImplemented
    return reduce_instance(instance, pickler)


def reduce_caching(instance: Any, pickler: Any) -> Any:
    """Reduce an instance in the same way, without what it only remembers."""
    return reduce_instance(instance, pickler, without_cache)


def reduce_instance(
    instance: Any, pickler: Any, own: Callable[[type, Any], Any] | None = None
) -> Any:
    """Reduce an instance so that it is made by Python, not by its class.

    With `own`, only what that returns of its state is saved.
    """
    kind = type(instance)
    if kind in pickler.dispatch_table:
        return NotImplemented
    owner = _owner(kind, "__reduce__", "__reduce_ex__")
    if owner in _CALLED:
        return _reduce_container(instance)
    reduced = instance.__reduce_ex__(5)
    if own is not None and isinstance(reduced, tuple) and len(reduced) > 2:
        reduced = (*reduced[:2], own(kind, reduced[2]), *reduced[3:])
    if owner in _VALUES:
        state = object.__getstate__(instance)
        return _make_value, (owner, kind, *reduced[1]), (state, None), None, None, _fill
    if not isinstance(reduced, tuple) or reduced[0] is not copyreg.__newobj__:  # type: ignore[attr-defined]
        return reduced
    make, arguments, state, items, pairs = (*reduced, None, None)[:5]
    if owner is object and _makes_itself(kind) and not _names_arguments(kind):
        make = _make_bare
    if _owner(kind, "__setstate__") is not None or not _is_usual(state):
        return make, arguments, state, items, pairs
    state = _apart(instance, state)
    if early := _early(instance, state):
        make, arguments = _make_known, (make, arguments, *early)
    taken = items if items is not None else pairs
    return make, arguments, (state, taken and list(taken)), None, None, _fill


def _apart(instance: Any, state: Any) -> Any:
    """Return a state whose dictionary the instance may take: its own, or one nobody else has."""
    attributes, slots = _parts(state)
    if attributes is None or attributes is object.__getattribute__(instance, "__dict__"):
        return state
    own = dict(attributes)
    return (own, slots) if type(state) is tuple else own


def _early(instance: Any, state: Any) -> tuple[Any, Any] | None:
    """Return the attributes that an instance must have to be a key while the rest is made.

    The others are there in their order, as None. There are none if nothing can lead back to it.
    """
    parts = _parts(state)
    if parts[0] is instance or not _is_own(type(instance), "__hash__"):
        return None
    if all(_is_plain(value) for part in parts for value in dict.values(part or {})):
        return None
    attributes, slots = (
        {name: value if _is_plain(value) else None for name, value in dict.items(part or {})}
        for part in parts
    )
    return attributes, slots


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind in _PLAIN or issubclass(kind, (enum.Enum, type)):
        return True
    return kind in (tuple, frozenset) and all(map(_is_plain, value))


def _reduce_container(instance: Any) -> Any:
    """Reduce an instance of a builtin container's subclass: its constructor may want anything."""
    kind = type(instance)
    state = object.__getstate__(instance)
    taken = _taken(instance)
    if issubclass(kind, defaultdict):
        return _make_default, (kind, instance.default_factory), (state, taken), None, None, _fill
    if issubclass(kind, frozenset):
        return _make_bare, (kind, taken), (state, None), None, None, _fill
    return _make_bare, (kind,), (state, taken), None, None, _fill


def _taken(instance: Any) -> list[Any] | None:
    """Return what a container has taken in."""
    kind = type(instance)
    if issubclass(kind, dict):
        return list((OrderedDict if issubclass(kind, OrderedDict) else dict).items(instance))
    if issubclass(kind, (set, frozenset)):
        return list((set if issubclass(kind, set) else frozenset).__iter__(instance))
    return None


def _make_bare(cls: Any, *arguments: Any) -> Any:
    return _builtin(cls).__new__(cls, *arguments)


def _make_value(owner: Any, cls: Any, *arguments: Any) -> Any:
    return owner.__new__(cls, *arguments)


def _make_default(cls: Any, factory: Any) -> Any:
    made = defaultdict.__new__(cls)
    defaultdict.__init__(made, factory)
    return made


def _make_known(make: Any, arguments: Any, attributes: Any, slots: Any) -> Any:
    made = make(*arguments)
    if attributes:
        object.__getattribute__(made, "__dict__").update(attributes)
    _set(made, slots)
    return made


def _fill(made: Any, parts: Any) -> None:
    """Give an instance its attributes and items, past whatever its class does on the way."""
    state, taken = parts
    attributes, slots = _parts(state)
    if issubclass(type(made), types.SimpleNamespace):
        vars(made).update(attributes)
    elif attributes is not None:
        object.__setattr__(made, "__dict__", attributes)
    _set(made, slots or {})
    if taken is not None:
        next(take for kind, take in _TAKE_IN.items() if issubclass(type(made), kind))(made, taken)


def _set(made: Any, slots: dict[str, Any]) -> None:
    for name, value in slots.items():
        object.__setattr__(made, name, value)


def _parts(state: Any) -> tuple[Any, Any]:
    """Return the dictionary and the slots of what the default way takes an instance apart into."""
    return state if type(state) is tuple else (state, None)


def _is_usual(state: Any) -> bool:
    """Tell whether a state is of the form that the default way gives."""
    parts = _parts(state)
    return len(parts) == 2 and all(part is None or isinstance(part, dict) for part in parts)


def _makes_itself(kind: type) -> bool:
    """Tell whether a type has a ``__new__`` that loading must not call.

    Of a class made in a cell, it might count, or return another object. One that wants arguments
    cannot be called: what they were is not known.
    """
    new = _found(kind, "__new__")
    if not isinstance(new, staticmethod):
        return False
    if getattr(new.__func__, "__module__", None) == "__main__":
        return True
    return _wants_more(new.__func__) and not _names_arguments(kind)


def _wants_more(new: Any) -> bool:
    """Tell whether a ``__new__`` wants more than a class."""
    if not isinstance(new, types.FunctionType):
        return False
    code = new.__code__
    named = code.co_argcount - len(new.__defaults__ or ()) > 1
    return named or code.co_kwonlyargcount > len(new.__kwdefaults__ or ())


def _is_made_as_usual(kind: type) -> bool:
    """Tell whether instances of a type are taken apart and made as Python does by itself."""
    return (
        bool(kind.__flags__ & _HEAP)
        and _owner(kind, "__reduce__", "__reduce_ex__") is object
        and _owner(kind, "__setstate__") is None
    )


def _is_own(kind: type, name: str) -> bool:
    return isinstance(_found(kind, name), types.FunctionType)


def _names_arguments(kind: type) -> bool:
    """Tell whether a class says itself what its ``__new__`` is to be given."""
    wanted = getattr(kind, "__getnewargs__", None)
    return wanted is not getattr(_builtin(kind), "__getnewargs__", None)


def _owner(kind: type, *names: str) -> type | None:
    """Return the class that a type has one of these attributes from."""
    return next((c for c in kind.__mro__ if any(name in vars(c) for name in names)), None)


def _found(kind: type, name: str) -> Any:
    return next((vars(c)[name] for c in kind.__mro__ if name in vars(c)), None)


#: The flag of types that are made while Python runs.
_HEAP = 1 << 9


def _builtin(cls: Any) -> Any:
    """Return the builtin type that a class is made of."""
    return next(c for c in cls.__mro__ if not c.__flags__ & _HEAP)
