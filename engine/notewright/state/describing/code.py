"""How functions and classes differ: their source where it is known."""

from __future__ import annotations

from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from notewright.state.describing import containers
from notewright.state.describing.details import Detail, Example
from notewright.state.describing.parts import compare_common
from notewright.state.describing.text import unified

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk

#: What Python itself puts into each class.
_OF_EVERY_CLASS = {
    "__dict__",
    "__weakref__",
    "__module__",
    "__qualname__",
    "__firstlineno__",
    "__static_attributes__",
    "__abstractmethods__",
    "_abc_impl",
}

#: Where what wraps one function keeps it.
_MAIN = ("__func__", "func", "fget")


def functions(walk: Walk, old: FunctionType, new: FunctionType, where: str) -> None:
    """Note how two functions differ: code, defaults, what they closed over, attributes."""
    found = _source(walk, old, new, where)
    if found is not None and found.lines:
        walk.add(found)  # the defaults and so on are on those lines too
    elif not same_code(old.__code__, new.__code__):
        walk.add(found or Detail("code", where))
    if found is None or not found.lines:
        walk.compare(old.__defaults__, new.__defaults__, f"{where}.__defaults__")
        walk.compare(old.__kwdefaults__, new.__kwdefaults__, f"{where}.__kwdefaults__")
    walk.compare(walk.keep(_closed_over(old)), walk.keep(_closed_over(new)), f"{where}.__closure__")
    walk.compare(old.__dict__, new.__dict__, f"{where}.__dict__")


def classes(walk: Walk, old: type, new: type, where: str) -> None:
    """Note how two classes differ: their source, or else which of their attributes."""
    if old.__qualname__ != new.__qualname__ or old.__module__ != new.__module__:
        walk.add(Detail("value", where, old=old.__qualname__, new=new.__qualname__))
        return
    found = _source(walk, old, new, where)
    if found is not None and found.lines:
        walk.add(found)
        return
    bases = [[base.__qualname__ for base in each.__bases__] for each in (old, new)]
    walk.compare(walk.keep(bases[0]), walk.keep(bases[1]), f"{where}.__bases__")
    before, after = (dict(type.__getattribute__(each, "__dict__")) for each in (old, new))
    for name in _OF_EVERY_CLASS:
        before.pop(name, None)
        after.pop(name, None)
    for only, other, kind in (
        (after, before, "attributes added"),
        (before, after, "attributes removed"),
    ):
        if names := [name for name in only if name not in other]:
            walk.add(Detail(kind, where, count=len(names), examples=_few(names)))
    compare_common(walk, before, after, where)


def methods(walk: Walk, old: MethodType, new: MethodType, where: str) -> None:
    """Note how two bound methods differ: the function, and what it is bound to."""
    walk.compare(old.__func__, new.__func__, where)
    walk.compare(old.__self__, new.__self__, f"{where}.__self__")


def wrappers(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how the functions inside two static methods, class methods or properties differ."""
    for name in (*_MAIN, "fset", "fdel"):
        was, now = (getattr(each, name, None) for each in (old, new))
        walk.compare(was, now, where if name in _MAIN else f"{where}.{name}")


def codes(walk: Walk, old: CodeType, new: CodeType, where: str) -> None:
    """Note whether two code objects differ."""
    if not same_code(old, new):
        walk.add(Detail("code", where))


def _source(walk: Walk, old: Any, new: Any, where: str) -> Detail | None:
    before, after = walk.old_source(old), walk.new_source(new)
    if before is None or after is None:
        return None
    lines, count = unified(before, after)
    return Detail("code", where, lines=lines, count=count)


def same_code(old: CodeType, new: CodeType) -> bool:
    """Compare what the code does; where in its cell it stands does not count."""
    if len(old.co_consts) != len(new.co_consts):
        return False
    same = all(
        getattr(old, name) == getattr(new, name)
        for name in ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars")
    )
    return same and all(
        same_code(a, b)
        if isinstance(a, CodeType) and isinstance(b, CodeType)
        else containers.key_of(a) == containers.key_of(b)
        for a, b in zip(old.co_consts, new.co_consts, strict=True)
    )


def _closed_over(function: FunctionType) -> dict[str, Any]:
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue  # nothing was bound to it yet
    return found


def _few(names: list[str]) -> tuple[Example, ...]:
    return tuple(Example(name) for name in names[:4])
