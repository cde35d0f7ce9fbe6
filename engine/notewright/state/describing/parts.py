"""The parts of two values side by side: items of containers, attributes of objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from notewright.state.describing.details import Detail, Example
from notewright.state.describing.shown import PRIMITIVE, shown_pair

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk

_EXAMPLES = 4
#: From so many on, values that changed in one container are told together.
_MANY = 6


def compare_many(
    walk: Walk,
    before: Sequence[Any],
    after: Sequence[Any],
    where: str,
    path: Callable[[int], str],
) -> None:
    """Note which of the values side by side differ; many plain ones are told together."""
    leaves: list[int] = []
    nested: list[int] = []
    for at, (old, new) in enumerate(zip(before, after, strict=True)):
        kind = type(old)
        if old is new or (kind is type(new) and kind in PRIMITIVE and old == new):
            continue
        (leaves if kind in PRIMITIVE and type(new) in PRIMITIVE else nested).append(at)
    leaves = [at for at in leaves if not walk.same(before[at], after[at])]
    if len(leaves) < _MANY:
        nested = sorted([*leaves, *nested])
    else:
        examples = tuple(
            Example(path(at), *shown_pair(before[at], after[at])) for at in leaves[:_EXAMPLES]
        )
        count, total = len(leaves), len(before)
        walk.add(Detail("values changed", where, count=count, total=total, examples=examples))
    for at in nested:
        walk.compare(before[at], after[at], where + path(at))


def compare_common(
    walk: Walk, before: Mapping[str, Any], after: Mapping[str, Any], where: str
) -> None:
    """Note which attributes that both sides have differ."""
    names = [name for name in before if name in after]
    values = [[side[name] for name in names] for side in (before, after)]
    compare_many(walk, values[0], values[1], where, lambda at: f".{names[at]}")
