"""matplotlib: figures that are looked at, or drawn, stay what they are."""

from __future__ import annotations

import sys
from typing import Any


def is_registry(kind: type) -> bool:
    """Tell whether a type is matplotlib's registry of callbacks."""
    cbook = sys.modules.get("matplotlib.cbook")
    return cbook is not None and issubclass(kind, cbook.CallbackRegistry)


def reduce_registry(registry: Any, pickler: Any) -> Any:
    """Reduce a registry of callbacks without drawing a number from its counter.

    Its own reduction draws one each time, so that no two looks at a figure would
    be alike. The number has only to be larger than those in use.
    """
    state = dict(vars(registry))
    kept = {
        signal: {cid: found for cid, proxy in by_id.items() if (found := _alive(cid, proxy, state))}
        for signal, by_id in registry.callbacks.items()
    }
    state["callbacks"] = {signal: by_id for signal, by_id in kept.items() if by_id}
    state["_func_cid_map"] = None
    state["_cid_gen"] = max((cid for by_id in kept.values() for cid in by_id), default=-1) + 1
    return _make_registry, (type(registry),), state


def _alive(cid: int, proxy: Any, state: dict[str, Any]) -> Any:
    """Return a callback that is kept: one matplotlib keeps, or one between parts of a figure.

    Without the latter, a colour bar that comes back would not follow its image.
    """
    function = proxy()
    owner = type(getattr(function, "__self__", None)).__module__
    part = owner.startswith("matplotlib.") and not owner.startswith("matplotlib.backend")
    return function if part or cid in state["_pickled_cids"] else None


def _make_registry(kind: Any) -> Any:
    return kind.__new__(kind)


def is_figure(kind: type) -> bool:
    """Tell whether a type is a figure's."""
    module = sys.modules.get("matplotlib.figure")
    return module is not None and issubclass(kind, module.Figure)


def reduce_figure(figure: Any, pickler: Any) -> Any:
    """Reduce a figure so that loading it opens no window and makes it nobody's current figure."""
    make, arguments, state, *rest = figure.__reduce_ex__(5)
    return make, arguments, {k: v for k, v in state.items() if k != "_restore_to_pylab"}, *rest


#: What a line computes from its data when it is drawn, and what stands there before.
_LINE = {
    "_path": None,
    "_transformed_path": None,
    "_xy": None,
    "_x": None,
    "_y": None,
    "_invalidx": True,
    "_invalidy": True,
    "_subslice": False,
    "_x_filled": None,
}


def is_line(kind: type) -> bool:
    """Tell whether a type is matplotlib's line in two dimensions."""
    module = sys.modules.get("matplotlib.lines")
    return module is not None and kind is module.Line2D


def reduce_line(line: Any, pickler: Any) -> Any:
    """Reduce a line without what it computes from its data when it is drawn."""
    make, arguments, state, *rest = line.__reduce_ex__(5)
    kept = {key: _LINE.get(key, value) for key, value in state.items()}
    return make, arguments, {**kept, "_stale": True}, *rest
