"""How dictionaries, lists, tuples and sets differ, down to nested values."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from enum import Enum
from typing import TYPE_CHECKING, Any

from notewright.state.describing import objects
from notewright.state.describing.details import Detail, Example
from notewright.state.describing.parts import compare_many
from notewright.state.describing.shown import PRIMITIVE, shown, told_by_repr
from notewright.state.values import fingerprint

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk

_EXAMPLES = 4


def mappings(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note which keys were added or removed, and which values changed."""
    # The methods of `dict` itself: a subclass may have made anything of its own.
    before = {key_of(key): (key, value) for key, value in dict.items(old)}
    after = {key_of(key): (key, value) for key, value in dict.items(new)}
    walk.keep((old, new))
    added = [after[k] for k in after if k not in before]
    removed = [before[k] for k in before if k not in after]
    _note_keys(walk, "keys added", added, where, new=True)
    _note_keys(walk, "keys removed", removed, where, new=False)
    common = [k for k in before if k in after]
    compare_many(
        walk,
        [before[k][1] for k in common],
        [after[k][1] for k in common],
        where,
        lambda at: f"[{shown(before[common[at]][0], 40)}]",
    )
    objects.attributes(walk, old, new, where)
    if not walk.details and common != [k for k in after if k in before]:
        walk.add(Detail("order", where, note="its keys are in another order"))


def sequences(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note which items were added, removed or changed."""
    base = next(b for b in (list, tuple, deque) if issubclass(type(old), b))
    before, after = list(base.__iter__(old)), list(base.__iter__(new))
    fields = getattr(type(old), "_fields", None) if base is tuple else None

    def path(at: int) -> str:
        return f".{fields[at]}" if fields and at < len(fields) else f"[{at}]"

    if len(before) == len(after):
        compare_many(walk, before, after, where, path)
    else:
        _of_other_length(walk, before, after, where)
    objects.attributes(walk, old, new, where)


def sets(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note which members were added or removed."""
    base = set if issubclass(type(old), set) else frozenset
    before = {key_of(item): item for item in base.__iter__(old)}
    after = {key_of(item): item for item in base.__iter__(new)}
    _note_items(walk, "items added", [after[k] for k in after if k not in before], where)
    _note_items(walk, "items removed", [before[k] for k in before if k not in after], where)
    objects.attributes(walk, old, new, where)


def key_of(value: Any) -> Hashable:
    """Return what stands for a key or member: equal for equal values, without their `__eq__`."""
    kind = type(value)
    if kind in PRIMITIVE:
        return (kind, value) if value == value else (kind, repr(value))
    if kind is tuple or kind is frozenset:
        items = [key_of(item) for item in value]
        return (kind, tuple(items) if kind is tuple else frozenset(items))
    if told_by_repr(value):
        return (kind, repr(value))
    if issubclass(kind, Enum):
        return (kind.__module__, kind.__qualname__, shown(value))
    try:
        return fingerprint(value)
    except Exception:  # noqa: BLE001  an object that cannot be taken apart is only itself
        return (kind, id(value))


def _of_other_length(walk: Walk, before: list[Any], after: list[Any], where: str) -> None:
    """Tell an insertion or removal from changes by what is equal at both ends."""
    shorter = min(len(before), len(after))
    start = 0
    while start < shorter and walk.same(before[start], after[start]):
        start += 1
    end = 0
    while end < shorter - start and walk.same(before[-1 - end], after[-1 - end]):
        end += 1
    was, now = before[start : len(before) - end], after[start : len(after) - end]
    both = min(len(was), len(now))
    kind, rest = ("items added", now) if len(now) > both else ("items removed", was)
    first = start + both
    examples = tuple(
        _item(f"[{first + i}]", value, kind) for i, value in enumerate(rest[both:][:_EXAMPLES])
    )
    walk.add(Detail(kind, where, count=len(rest) - both, examples=examples))
    compare_many(walk, was[:both], now[:both], where, lambda at: f"[{start + at}]")


def _item(where: str, value: Any, kind: str) -> Example:
    text = shown(value)
    return Example(where, new=text) if kind.endswith("added") else Example(where, old=text)


def _note_keys(walk: Walk, kind: str, pairs: list[tuple[Any, Any]], where: str, new: bool) -> None:
    if pairs:
        examples = tuple(
            _item(shown(key, 40), value, kind if new else "") for key, value in pairs[:_EXAMPLES]
        )
        walk.add(Detail(kind, where, count=len(pairs), examples=examples))


def _note_items(walk: Walk, kind: str, items: list[Any], where: str) -> None:
    if items:
        # Sets have no order of their own, and a stable one is easier to read.
        texts = sorted(shown(item) for item in items[:1000])[:_EXAMPLES]
        examples = tuple(Example(text) for text in texts)
        walk.add(Detail(kind, where, count=len(items), examples=examples))
