"""How two objects differ that are of no special kind: attribute by attribute."""

from __future__ import annotations

import copyreg
import types
from typing import TYPE_CHECKING, Any

from notewright.state.describing.details import Detail, Example
from notewright.state.describing.parts import compare_common
from notewright.state.describing.shown import shown

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk

_EXAMPLES = 4


def objects(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two objects differ: their attributes, or else the parts they reduce to."""
    if not attributes(walk, old, new, where) and not _is_bare(old):
        _reduced(walk, old, new, where)
    if type(old).__module__ == "__main__" and walk.class_changed(type(old), type(new)):
        walk.add(Detail("present", where, note=f"its class {type(old).__name__} changed"))


def _is_bare(value: Any) -> bool:
    """Tell whether an object is nothing besides an instance of its class."""
    kind: Any = type(value)
    own_way = any("__reduce_ex__" in vars(k) or "__reduce__" in vars(k) for k in kind.__mro__[:-1])
    # Room for a dictionary, and for references to it.
    return not own_way and kind.__basicsize__ <= object.__basicsize__ + 16


def attributes(walk: Walk, old: Any, new: Any, where: str) -> bool:
    """Note how the attributes of two objects differ; return whether there are any."""
    return named(walk, attributes_of(old), attributes_of(new), where)


def named(walk: Walk, before: dict[str, Any], after: dict[str, Any], where: str) -> bool:
    """Note how attributes differ that are told by their names; return whether there are any."""
    if not before and not after:
        return False
    for kind, here, there in (
        ("attributes added", after, before),
        ("attributes removed", before, after),
    ):
        if only := [name for name in here if name not in there]:
            texts = [(name, shown(here[name])) for name in only[:_EXAMPLES]]
            examples = tuple(
                Example(name, new=text) if here is after else Example(name, old=text)
                for name, text in texts
            )
            walk.add(Detail(kind, where, count=len(only), examples=examples))
    compare_common(walk, before, after, where)
    return True


def attributes_of(value: Any) -> dict[str, Any]:
    """Return the attributes an object holds, in its dictionary and slots; runs none of its code."""
    found: dict[str, Any] = {}
    for kind in type(value).__mro__:
        own = type.__getattribute__(kind, "__dict__")
        if "__slots__" not in own:
            continue
        for name, member in own.items():
            if isinstance(member, types.MemberDescriptorType):
                try:
                    found[name] = member.__get__(value)
                except AttributeError:
                    continue  # declared, and not set
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return found
    if type(held) is dict:
        found.update((name, item) for name, item in held.items() if type(name) is str)
    return found


def of_base_types(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two instances of classes made of `str`, `int` and the like differ."""
    base = next(b for b in (str, bytes, int, float, complex) if issubclass(type(old), b))
    # The base's own way to a plain value; the class may have changed `str()` or `int()`.
    plain: Any = {
        str: lambda v: str.__str__(v)[:],
        bytes: lambda v: bytes.__add__(v, b""),
        int: lambda v: int.__add__(v, 0),
        float: lambda v: float.__add__(v, 0.0),
        complex: lambda v: complex.__add__(v, 0),
    }[base]
    walk.compare(plain(old), plain(new), where)
    attributes(walk, old, new, where)


def random_states(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note whether two generators of random numbers stand at different places."""

    def state(generator: Any) -> Any:
        if hasattr(generator, "get_state"):
            return generator.get_state(legacy=False)
        return getattr(generator, "bit_generator", generator).state

    before, after = state(old), state(new)
    if before["bit_generator"] != after["bit_generator"]:
        kinds = (before["bit_generator"], after["bit_generator"])
        walk.add(Detail("value", where, "generator", *kinds))
    elif not walk.same(walk.keep(before), walk.keep(after)):
        walk.add(Detail("present", where, note="it stands at another place: numbers were drawn"))


def _reduced(walk: Walk, old: Any, new: Any, where: str) -> None:
    before, after = walk.keep(_reduce(old)), walk.keep(_reduce(new))
    if isinstance(before, str) or isinstance(after, str):
        walk.compare(before, after, where)
        return
    for name, was, now in zip(
        ("class", "arguments", "state", "items", "pairs"), before, after, strict=True
    ):
        if name == "state" and type(was) is dict and type(now) is dict:
            compare_common(walk, was, now, where)
            if set(was) != set(now):
                walk.compare(sorted(map(str, was)), sorted(map(str, now)), f"{where}.state")
        elif name == "items":
            walk.compare(was, now, where)
        else:
            walk.compare(was, now, f"{where}.{name}")


def _reduce(value: Any) -> Any:
    """Return what pickling takes `value` apart into, filled up to five parts."""
    registered = copyreg.dispatch_table.get(type(value))
    reduced = value.__reduce_ex__(4) if registered is None else registered(value)
    if isinstance(reduced, str):
        return reduced
    constructor, arguments, *rest = reduced
    state, items, pairs = (*rest, None, None, None)[:3]
    return (constructor, arguments, state, list(items or ()), list(pairs or ()))
