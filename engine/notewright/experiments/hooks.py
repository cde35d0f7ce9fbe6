"""Hooks on the functions of sklearn.metrics and on fits, for the length of a recording.

scikit-learn wraps each public metric in a function whose closure holds the
real one. Swapping that closure cell reaches the metric under every name it
was ever imported by, touches no module attribute and no class, and is undone
by putting the cell back. While installed, a hook does nothing but call the
real function unless the current context is being recorded, so other threads
see no difference.
"""

from __future__ import annotations

import functools
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from notewright.experiments import booster_hooks, warned
from notewright.experiments.fit_hooks import fit_cells
from notewright.experiments.observers import observer

__all__ = ["install", "metric_cells", "observer", "uninstall"]

_lock = threading.Lock()
_installed: list[tuple[types.CellType, Callable[..., Any], Callable[..., Any]]] = []
_undo: list[Callable[[], None]] = []
_users = 0


def install() -> bool:
    """Put the hooks in place, or count one more user of them; tell whether they are new."""
    global _users
    with _lock:
        _users += 1
        if _users == 1:
            metrics = [(cell, function, _hook(function)) for cell, function in metric_cells()]
            for cell, function, hook in (*metrics, *fit_cells()):
                _installed.append((cell, function, hook))
                cell.cell_contents = hook
            _undo.append(warned.put_in_place())
            _undo.append(booster_hooks.put_in_place())
        return _users == 1


def uninstall() -> None:
    """Count one user less; the last one puts everything back as it was."""
    global _users
    with _lock:
        _users -= 1
        if _users == 0:
            for cell, function, hook in _installed:
                # Leave alone what somebody else has put there since.
                if cell.cell_contents is hook:
                    cell.cell_contents = function
            _installed.clear()
            while _undo:
                _undo.pop()()


def metric_cells() -> list[tuple[types.CellType, Callable[..., Any]]]:
    """Return the closure cell and the function inside, for every public metric."""
    import sklearn.metrics

    found = []
    for name in sklearn.metrics.__all__:
        wrapper = getattr(sklearn.metrics, name, None)
        if not isinstance(wrapper, types.FunctionType) or wrapper.__closure__ is None:
            continue
        inside = dict(zip(wrapper.__code__.co_freevars, wrapper.__closure__, strict=True))
        cell = inside.get("func")
        if cell is not None and _scores(function := cell.cell_contents):
            found.append((cell, function))
    return found


def _scores(function: Any) -> bool:
    """Tell whether `function` compares predictions, or judges clusters."""
    module = str(getattr(function, "__module__", ""))
    kinds = ("._classification", "._ranking", "._regression", "._supervised", "._unsupervised")
    return isinstance(function, types.FunctionType) and module.endswith(kinds)


def _hook(function: Callable[..., Any]) -> Callable[..., Any]:
    trampoline: Callable[..., Any] | None = None

    @functools.wraps(function)
    def hook(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        nonlocal trampoline
        watching = observer.get()
        if trampoline is None:
            trampoline = _trampoline(function, sys._getframe(1))
        if watching is None or getattr(watching.busy, "now", False):
            return trampoline(*args, **kwargs)
        watching.busy.now = True
        try:
            result = trampoline(*args, **kwargs)
        finally:
            watching.busy.now = False
        # Frame 1 is scikit-learn's wrapper; whoever called the metric is behind it.
        wrapper = sys._getframe(1)
        watching.observe(function, (args, kwargs), result, wrapper.f_back)
        return result

    return hook


def _trampoline(function: Callable[..., Any], wrapper: types.FrameType) -> Callable[..., Any]:
    """Return a function that calls `function` and looks like scikit-learn's wrapper.

    Warnings that a metric attributes to its caller thus name the same file and
    line as without a recording.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    code = call.__code__.replace(
        co_filename=wrapper.f_code.co_filename,
        co_name=wrapper.f_code.co_name,
        # The call is on the line after the `def`.
        co_firstlineno=wrapper.f_lineno - 1,
    )
    return types.FunctionType(code, wrapper.f_globals, closure=call.__closure__)
