"""What pandas knows of blocks that share memory, so that a write still copies first.

A frame made from another shows its memory until one of them is written to. The
views come back (see arrays); without the note of who shares what, a write to
one would reach the other.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


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


def reduce_block(block: Any, pickler: Any) -> Any:
    """Reduce a block with its note of sharing, where it shares."""
    references = block.refs
    if not references.has_reference():
        return NotImplemented
    arguments = (type(block), block.values, block.mgr_locs.indexer, block.ndim, references)
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
    if references is None or not references.has_reference():
        return NotImplemented
    return (*index.__reduce__()[:2], references, None, None, _fill_index)


def _fill_index(index: Any, references: Any) -> None:
    index._references = references
    references.add_index_reference(index)
