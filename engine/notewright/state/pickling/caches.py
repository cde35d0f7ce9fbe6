"""What objects of libraries remember for themselves, which is no part of a value.

Whatever shows a frame makes its parts work things out that they keep; so does a sparse matrix
that is added up, and scikit-learn's trees count how often they were searched. The value is the
same after it, and so must be what is saved of it.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

#: Where pandas keeps it,
_CACHE = "_cache"
#: and where sparse matrices do.
_FLAGS = frozenset(("_has_canonical_format", "_has_sorted_indices"))
#: Of the 13 parts of a search tree, the counts.
_COUNTS = range(7, 11)


def has_cache(kind: type) -> bool:
    """Tell whether instances of a type remember what they once worked out."""
    return (
        _is_sparse(kind)
        or _is_tree(kind)
        or any(
            _is_remembered(value)
            for each in kind.__mro__
            if each.__module__.partition(".")[0] == "pandas"
            for value in vars(each).values()
        )
    )


def without_cache(kind: type, state: Any) -> Any:
    """Return the state of an instance without what it only remembers."""
    if type(state) is tuple and _is_tree(kind):
        known = len(state) == 13 and all(type(state[at]) is int for at in _COUNTS)
        return tuple(0 if known and at in _COUNTS else part for at, part in enumerate(state))
    if type(state) is tuple and state:
        *others, last = (without_cache(kind, part) for part in state)
        if last is not None or state[-1] is None:
            return (*others, last)
        # What is last, Python's slots or the attributes of Cython's, is there only if it is any.
        return others[0] if len(others) == 1 else tuple(others)
    if type(state) is dict and _is_sparse(kind):
        return {name: value for name, value in state.items() if name not in _FLAGS}
    if type(state) is not dict or type(state.get(_CACHE)) is not dict:
        return state
    own = {
        name: value
        for name, value in state[_CACHE].items()
        if not _is_remembered(inspect.getattr_static(kind, name, None))
    }
    rest = {name: value for name, value in state.items() if name != _CACHE}
    return ({**rest, _CACHE: own} if own else rest) or None


def _is_sparse(kind: type) -> bool:
    return any(each.__module__ == "scipy.sparse._compressed" for each in kind.__mro__)


def _is_tree(kind: type) -> bool:
    return kind.__module__ in ("sklearn.neighbors._ball_tree", "sklearn.neighbors._kd_tree")


def _is_remembered(attribute: Any) -> bool:
    """Tell whether something that a class has is worked out once, and there from then on."""
    properties = sys.modules.get("pandas._libs.properties")
    return properties is not None and type(attribute) is properties.CachedProperty
