"""Hooks that see estimators being fitted and cross-validated.

Every `fit` of scikit-learn runs inside `sklearn.config_context`, whatever class
it is of and whenever that was imported. That function is a closure around a
generator; swapping the cell, as for metrics, reaches all of them, and the frame
that asks for the context holds the estimator and what it was given.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Generator
from typing import Any

from notewright.experiments.given import Given, Trained
from notewright.experiments.observers import Observer, observer
from notewright.experiments.same_rows import given_first
from notewright.experiments.sources import FITTING, package_of

#: Frames between the generator and the wrapper of `fit`: contextlib's.
_BETWEEN = 3


def fit_cells() -> list[tuple[types.CellType, Callable[..., Any], Callable[..., Any]]]:
    """Return the closure cells to swap, what is in each, and what to put there."""
    import sklearn
    import sklearn.model_selection

    found = []
    for wrapper, make in (
        (sklearn.config_context, _context_hook),
        (sklearn.model_selection.cross_validate, _folds_hook),
    ):
        names = wrapper.__code__.co_freevars
        if "func" in names:
            cell = wrapper.__closure__[names.index("func")]
            found.append((cell, cell.cell_contents, make(cell.cell_contents)))
    return found


def is_seen(kind: type) -> bool:
    """Tell whether fits of estimators of this type are seen as they happen."""
    code = getattr(getattr(kind, "fit", None), "__code__", None)
    return code is not None and "fit_method" in code.co_freevars


def _context_hook(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def hook(*args: Any, **kwargs: Any) -> Any:
        watching = observer.get()
        if watching is not None and not getattr(watching.busy, "now", False):
            frame = _fit_frame(sys._getframe(1))
            if frame is not None:
                return _watched(function(*args, **kwargs), watching, frame)
        return function(*args, **kwargs)

    return hook


def _watched(
    context: Generator[None, None, None], watching: Observer, frame: types.FrameType
) -> Generator[None, None, None]:
    """Be the generator `context`, and tell of the fit that runs inside."""
    local = frame.f_locals
    estimator = local["estimator"]
    method = getattr(local["fit_method"], "__name__", "fit")
    look = functools.partial(_given, frame.f_back, local["args"], local["kwargs"])
    what = f"rows of a {method} of {type(estimator).__name__}"
    watching.begins(estimator, watching.given(what, look))
    del local, frame, look
    failed = True
    try:
        yield from context
        failed = False
    finally:
        watching.ended(estimator, failed=failed)


def _given(
    caller: types.FrameType | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Trained:
    """Return the rows that a fit was given."""
    X = args[0] if args else kwargs.get("X")
    y = args[1] if len(args) > 1 else kwargs.get("y")
    return Trained(Given.of(X if caller is None else given_first(caller, X), y))


def _fit_frame(frame: types.FrameType | None) -> types.FrameType | None:
    """Return the frame of the wrapper of a `fit` that the user's code called, if it is one."""
    for _ in range(_BETWEEN):
        if frame is None:
            return None
        if "fit_method" in frame.f_code.co_freevars:
            break
        frame = frame.f_back
    else:
        return None
    if frame is None or "estimator" not in frame.f_code.co_varnames:
        return None
    return None if inside_a_library(frame.f_back, frame.f_locals["estimator"]) else frame


def inside_a_library(frame: types.FrameType | None, estimator: Any) -> bool:
    """Tell whether a library fits `estimator` for itself, and not by a method of its own."""
    while frame is not None:
        if package_of(frame) in FITTING:
            local = frame.f_locals
            if all(local.get(each) is not estimator for each in ("self", "estimator")):
                return True
        frame = frame.f_back
    return False


def _folds_hook(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def hook(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        watching = observer.get()
        result = function(*args, **kwargs)
        if watching is not None:
            watching.cross_validated((args, kwargs), result)
        return result

    return hook
