"""Members of enumerations made in cells."""

from __future__ import annotations

import enum
import pickle
from typing import Any

from notewright.state.pickling.importable import is_importable

#: Where a class that is being made keeps its members until it is filled.
_MADE = "_notewright_members_"


def members(cls: Any) -> list[tuple[str, Any, Any]] | None:
    """Return name, member and what its plain value is made from; None if `cls` is no Enum.

    Aliases come with the class's own map; here, each member counts once. Flags
    include the combinations that were asked for so far.
    """
    if not (isinstance(cls, type) and issubclass(cls, enum.Enum)):
        return None
    found = {id(m): m for m in (*cls._member_map_.values(), *cls._value2member_map_.values())}
    return [(f"{at}", m, _plain_value(m)) for at, m in enumerate(found.values())]


def _plain_value(member: Any) -> Any:
    maker = _maker(type(member))
    if maker is object:
        return ()
    if not hasattr(maker, "__getnewargs__"):
        raise pickle.PicklingError(f"it is an Enum of {maker.__name__}")
    return maker.__getnewargs__(member)


def _maker(cls: Any) -> Any:
    """Return the builtin type that members are made by: int, str, or object."""
    return next(c for c in cls.__mro__ if not c.__flags__ & 1 << 9)


def make_members(cls: Any, named: list[tuple[str, Any]]) -> None:
    """Make the members of a class that is being made, empty."""
    maker = _maker(cls)
    made = {key: maker.__new__(cls, *arguments) for key, arguments in named}
    type.__setattr__(cls, _MADE, made)


def fill_members(cls: Any, states: list[tuple[str, dict[str, Any]]]) -> None:
    """Give the members of a class their attributes."""
    made = vars(cls)[_MADE]
    for key, state in states:
        made[key].__dict__.update(state)
    type.__delattr__(cls, _MADE)


def reduce_member(member: Any, pickler: Any) -> Any:
    """Reduce a member as the one its class has, whatever its value and constructor."""
    cls = type(member)
    if is_importable(cls):
        pickler.by_name.add(id(member))
        return NotImplemented
    for key, known, _ in members(cls) or ():
        if known is member:
            return find_member, (cls, key)
    return NotImplemented


def find_member(cls: Any, key: str) -> Any:
    """Return the member of a class with that key: the class may be half made."""
    made = vars(cls).get(_MADE)
    if made is not None:
        return made[key]
    found = {id(m): m for m in (*cls._member_map_.values(), *cls._value2member_map_.values())}
    return list(found.values())[int(key)]
