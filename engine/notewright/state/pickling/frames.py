"""What pandas' own way of saving leaves out.

Attributes that were set on a frame or series, by the user or by a library, and the name of a
series whose class has metadata of its own.

What pandas knows of blocks that share memory, so that a write still copies first. A frame made
from another shows its memory until one of them is written to. The views come back (see arrays);
without the note of who shares what, a write to one would reach the other. The note is saved
whether or not somebody shares now: that is no part of the value, and an output that shows the head
of a frame changes nothing in the frame.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import Any


def is_table(kind: type) -> bool:
    """Tell whether a type is a frame's or series', and saved as pandas does it."""
    generic = sys.modules.get("pandas.core.generic")
    return (
        generic is not None
        and issubclass(kind, generic.NDFrame)
        and all(
            getattr(kind, name) is getattr(generic.NDFrame, name)
            for name in ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__")
        )
    )


def is_block(kind: type) -> bool:
    """Tell whether a type is one of pandas' blocks."""
    internals = sys.modules.get("pandas._libs.internals")
    return internals is not None and issubclass(kind, internals.Block)


def is_manager(kind: type) -> bool:
    """Tell whether a type is what holds the block of a series."""
    managers = sys.modules.get("pandas.core.internals.managers")
    return managers is not None and kind is managers.SingleBlockManager


def is_references(kind: type) -> bool:
    """Tell whether a type is pandas' note of who shares a block."""
    internals = sys.modules.get("pandas._libs.internals")
    return internals is not None and kind is internals.BlockValuesRefs


def is_index(kind: type) -> bool:
    """Tell whether a type is one of pandas' indexes."""
    base = sys.modules.get("pandas.core.indexes.base")
    return base is not None and issubclass(kind, base.Index)


def reduce_table(table: Any, pickler: Any) -> Any:
    """Reduce a frame or series with all attributes that were set on it."""
    more = own_attributes(table)
    if more.keys() <= set(table._metadata):
        return NotImplemented
    make, arguments, state, *rest = table.__reduce_ex__(5)
    return make, arguments, {**state, **more}, *rest


def own_attributes(table: Any) -> dict[str, Any]:
    """Return the attributes that a frame or series has besides those that pandas sets itself.

    The name of a series is one of them. What an accessor keeps there is none.
    """
    kind = type(table)
    return {
        # The text that names it elsewhere too, whoever set it: pickle tells one text from two.
        sys.intern(name) if type(name) is str else name: value
        for name, value in vars(table).items()
        if (name == "_name" or not (name in _PANDAS or name in kind._internal_names_set))
        and not hasattr(inspect.getattr_static(kind, name, None), "_accessor")
        # statsmodels leaves patsy's descriptions there, which refuse, and makes them anew.
        and not type(value).__module__.startswith("patsy.")
    }


#: What every frame has, in one version of pandas or another.
_PANDAS = frozenset(
    ("_mgr", "_attrs", "_flags", "_typ", "_cacher", "_item_cache", "_cache", "_is_copy")
)


def reduce_block(block: Any, pickler: Any) -> Any:
    """Reduce a block with its note of sharing."""
    arguments = (type(block), block.values, block.mgr_locs.indexer, block.ndim, block.refs)
    return _make_block, arguments


def _make_block(kind: Any, values: Any, places: Any, ndim: int, references: Any) -> Any:
    internals = importlib.import_module("pandas._libs.internals")
    return kind(values, internals.BlockPlacement(places), ndim, refs=references)


def reduce_manager(manager: Any, pickler: Any) -> Any:
    """Reduce the manager of a series with its block: pandas would save the values only."""
    return type(manager), (manager.blocks[0], manager.axes[0])


def reduce_references(references: Any, pickler: Any) -> Any:
    """Reduce a note of sharing: those who share add themselves when they are made."""
    return type(references), ()


def reduce_index(index: Any, pickler: Any) -> Any:
    """Reduce an index with its note of sharing."""
    references = vars(index).get("_references")
    if references is None:
        return NotImplemented
    return (*index.__reduce__()[:2], references, None, None, _fill_index)


def _fill_index(index: Any, references: Any) -> None:
    index._references = references
    references.add_index_reference(index)
