"""matplotlib's transforms: who depends on whom is rebuilt, and what drawing computed is left out.

A transform notes its parents, the transforms that are made of it, under their
addresses, and every drawing adds some that live no longer than it. A parent
knows its children, so the notes are made again when the parent is loaded.
Everything that is computed on demand is marked as not computed yet.
"""

from __future__ import annotations

import sys
from typing import Any

#: What these classes compute on demand, and what stands there before.
_COMPUTED: dict[str, tuple[str, ...]] = {
    "TransformedBbox": ("_points",),
    "BboxTransform": ("_mtx", "_inverted"),
    "BboxTransformTo": ("_mtx", "_inverted"),
    "BboxTransformFrom": ("_mtx", "_inverted"),
    "ScaledTranslation": ("_mtx", "_inverted"),
    "CompositeAffine2D": ("_mtx", "_inverted"),
    "BlendedAffine2D": ("_mtx", "_inverted"),
    "BlendedGenericTransform": ("_affine",),
    "Affine2D": ("_inverted",),
    "TransformedPath": ("_transformed_path", "_transformed_points"),
    "TransformedPatchPath": ("_transformed_path", "_transformed_points"),
}


def is_transform(kind: type) -> bool:
    """Tell whether a type is a node of matplotlib's transforms."""
    module = sys.modules.get("matplotlib.transforms")
    return module is not None and issubclass(kind, module.TransformNode)


def reduce_transform(node: Any, pickler: Any) -> Any:
    """Reduce a transform with its children and without what it has computed."""
    reduced = node.__reduce_ex__(5)
    kind = type(node)
    if any(reduced[3:]) or not isinstance(reduced[2], dict) or "_parents" not in reduced[2]:
        return reduced  # it has an idea of its own
    state = {key: value for key, value in reduced[2].items() if key != "_parents"}
    if kind.__module__ == "matplotlib.transforms":
        for name in _COMPUTED.get(kind.__name__, ()):
            if name in state:
                state[name] = None
        if "_invalid" in state:
            state["_invalid"] = getattr(kind, "_INVALID_FULL", getattr(kind, "INVALID", 3))
    parents = [p for found in node._parents.values() if (p := found()) is not None]
    unknown = [parent for parent in parents if not _knows(parent, node)]
    children = [child for child in vars(node).values() if _is_child(child, node)]
    return reduced[0], reduced[1], (state, children, unknown), None, None, _fill_transform


def _knows(parent: Any, child: Any) -> bool:
    return any(value is child for value in vars(parent).values())


def _is_child(value: Any, parent: Any) -> bool:
    return is_transform(type(value)) and id(parent) in value._parents


def _fill_transform(node: Any, state: Any) -> None:
    own, children, unknown = state
    # Parents may have come first, and noted themselves already.
    noted = dict(vars(node).get("_parents", ()))
    node.__setstate__({**own, "_parents": {}})
    node._parents = {**noted, **getattr(node, "_parents", {})}
    for child in children:
        vars(child).setdefault("_parents", {})
    node.set_children(*children)
    for parent in unknown:
        parent.set_children(node)
