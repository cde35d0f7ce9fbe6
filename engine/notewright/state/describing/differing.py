"""One value that changed, as an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notewright.state.describing.details import Example
from notewright.state.describing.shown import shown_pair

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk


def one_changed(walk: Walk, where: str, old: Any, new: Any) -> Example:
    """Return two values that differ as an example: where they look alike, what differs in them."""
    was, now = shown_pair(old, new)
    if was != now:
        return Example(where, was, now)
    found = walk.apart(old, new)[0]
    if found.kind == "value":
        return Example(where + found.where, found.old, found.new)
    return Example(where, new=found.words)
