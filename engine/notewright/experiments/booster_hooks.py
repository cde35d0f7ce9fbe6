"""Hooks that see XGBoost and LightGBM train, and what their matrices are made of.

XGBoost wraps its functions as scikit-learn does, in one whose closure holds the
real function; swapping that cell reaches it under every name. LightGBM's `train`
is replaced in the modules that have it. Whoever calls `fit` of an estimator gets
to the same `train`: there the estimator and its arguments are in the frames between.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import threading
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notewright.experiments import matrices
from notewright.experiments.fit_hooks import inside_a_library
from notewright.experiments.given import Given, Trained
from notewright.experiments.observers import Observer, observer
from notewright.experiments.on_import import OnImport
from notewright.experiments.sources import package_of

Function = Callable[..., Any]
_lock = threading.Lock()


def put_in_place() -> Callable[[], None]:
    """Begin to tell the observer of boosters; return what undoes it."""
    undo: list[Callable[[], None]] = []
    over = threading.Event()

    def once(place: Callable[[], Iterator[Callable[[], None]]]) -> Callable[[], None]:
        def act() -> None:
            with _lock:
                if not over.is_set():
                    undo.extend(place())

        return act

    watch = OnImport({"xgboost": once(_in_xgboost), "lightgbm": once(_in_lightgbm)})

    def take_out() -> None:
        watch.take_out()
        with _lock:
            over.set()
            while undo:
                undo.pop()()

    watch.put_in_place()
    return take_out


def _in_xgboost() -> Iterator[Callable[[], None]]:
    xgboost: Any = sys.modules["xgboost"]
    yield from _swapped(getattr(xgboost, "train", None), _train_hook)
    for name in ("DMatrix", "QuantileDMatrix"):
        kind = getattr(xgboost, name, None)
        yield from _swapped(getattr(kind, "__init__", None), _matrix_hook)


def _in_lightgbm() -> Iterator[Callable[[], None]]:
    function: Any = getattr(sys.modules["lightgbm"], "train", None)
    if not isinstance(function, types.FunctionType):
        return
    hook = _train_hook(function)
    for name in ("lightgbm", "lightgbm.engine", "lightgbm.sklearn"):
        module = sys.modules.get(name)
        if module is not None and vars(module).get("train") == function:
            yield _replaced(module, function, hook)


def _replaced(module: types.ModuleType, function: Function, hook: Function) -> Callable[[], None]:
    def undo() -> None:
        # Leave alone what somebody else has put there since.
        if getattr(module, "train", None) is hook:
            vars(module)["train"] = function

    vars(module)["train"] = hook
    return undo


def _swapped(wrapper: Any, make: Callable[[Function], Function]) -> Iterator[Callable[[], None]]:
    names = getattr(getattr(wrapper, "__code__", None), "co_freevars", ())
    if "func" not in names:
        return
    cell = wrapper.__closure__[names.index("func")]
    function = cell.cell_contents
    hook = make(function)

    def undo() -> None:
        if cell.cell_contents is hook:
            cell.cell_contents = function

    cell.cell_contents = hook
    yield undo


def _matrix_hook(function: Function) -> Function:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def hook(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        result = function(*args, **kwargs)
        if observer.get() is not None:
            given = signature.bind(*args, **kwargs).arguments
            matrices.remember(given["self"], given.get("data"), given.get("label"))
        return result

    return hook


def _train_hook(function: Function) -> Function:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def hook(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        watching = observer.get()
        caller = None
        if watching is not None and not getattr(watching.busy, "now", False):
            caller = _caller(function, sys._getframe(1))
        if watching is None or caller is None:
            return function(*args, **kwargs)
        if caller.estimator is not None:
            with _fitting(watching, caller):
                return function(*args, **kwargs)
        # Matrices of LightGBM let go of their data while they are trained on.
        rows = watching.given(
            "rows of a training", lambda: _rows(signature.bind(*args, **kwargs).arguments)
        )
        booster = function(*args, **kwargs)
        watching.begins(booster, rows)
        watching.ended(booster, failed=False)
        return booster

    return hook


@contextlib.contextmanager
def _fitting(watching: Observer, caller: _Caller) -> Iterator[None]:
    """Tell of a fit of an estimator that goes on inside."""
    estimator, local = caller.estimator, caller.local
    name = type(estimator).__name__
    watching.begins(estimator, watching.given(f"rows of a fit of {name}", lambda: _of_fit(local)))
    failed = True
    try:
        yield
        failed = False
    finally:
        watching.ended(estimator, failed=failed)


@dataclass(frozen=True, eq=False)
class _Caller:
    """Who called `train` for the user's code.

    Parameters
    ----------
    estimator : object or None
        None where the user's code did itself: the model is what `train` returns.
    local : mapping
        What the estimator's `fit` was given.
    """

    estimator: Any
    local: Mapping[str, Any]


def _caller(function: Function, frame: types.FrameType | None) -> _Caller | None:
    """Return who called `function` from `frame`; None where another library did for itself."""
    library = function.__module__.partition(".")[0]
    found = _Caller(None, {})
    while frame is not None and package_of(frame) == library:
        local = frame.f_locals
        if frame.f_code.co_name == "fit" and hasattr(type(local.get("self")), "fit"):
            found = _Caller(local["self"], local)
        frame = frame.f_back
    nobody = object()
    estimator = nobody if found.estimator is None else found.estimator
    return None if inside_a_library(frame, estimator) else found


def _of_fit(local: Mapping[str, Any]) -> Trained:
    """Return the rows that the `fit` of an estimator was given."""
    X = local.get("X")
    others = [pair for pair in _evaluated(local) if len(pair) >= 2 and pair[0] is not X]
    return Trained(Given.of(X, local.get("y")), Given.of(*others[-1][:2]) if others else None)


def _evaluated(local: Mapping[str, Any]) -> Sequence[Any]:
    """Return the pairs of features and target that a fit is evaluated on meanwhile."""
    tried, X, y = (local.get(name) for name in ("eval_set", "eval_X", "eval_y"))
    if tried is None and X is not None:
        return list(zip(X, y or (), strict=False)) if isinstance(X, tuple) else [(X, y)]
    return [tried] if isinstance(tried, tuple) else tried or ()


def _rows(given: Mapping[str, Any]) -> Trained:
    """Return the rows that `train` was given: XGBoost's or LightGBM's."""
    matrix = given["dtrain"] if "dtrain" in given else given["train_set"]
    tried = given.get("evals") or given.get("valid_sets") or ()
    sets = [tried] if matrices.is_matrix(tried) else list(tried)
    plain = [each[0] if isinstance(each, tuple) else each for each in sets]
    others = [each for each in plain if each is not matrix]
    return Trained(matrices.rows_in(matrix), matrices.rows_in(others[-1]) if others else None)
