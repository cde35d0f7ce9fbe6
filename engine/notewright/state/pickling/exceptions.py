"""Exceptions with what raised them: causes, contexts, and where it happened."""

from __future__ import annotations

import types
from typing import Any


def reduce_exception(error: BaseException, pickler: Any) -> Any:
    """Reduce an exception with its cause, context and traceback, which pickle drops."""
    reduced = error.__reduce_ex__(5)
    if isinstance(reduced, str) or len(reduced) > 3:
        return reduced
    cls = type(error)
    builtin = _builtin(cls)
    if reduced[0] is cls and cls.__reduce__ is builtin.__reduce__ and cls is not builtin:
        # Its own __init__ may want other arguments than those it handed on.
        make = (_make_exception, (cls, reduced[1]))
    else:
        make = reduced[:2]
    state = reduced[2] if len(reduced) == 3 else None
    extra = (error.__cause__, error.__context__, error.__suppress_context__, error.__traceback__)
    return *make, (state, extra), None, None, _fill_exception


def _builtin(cls: Any) -> Any:
    return next(c for c in cls.__mro__ if not c.__flags__ & 1 << 9)


def _make_exception(cls: Any, arguments: tuple[Any, ...]) -> Any:
    builtin = _builtin(cls)
    error = builtin.__new__(cls, *arguments)
    builtin.__init__(error, *arguments)
    return error


def _fill_exception(error: BaseException, state: Any) -> None:
    own, (cause, context, suppress, traceback) = state
    if own is not None:
        error.__setstate__(own)
    error.__cause__, error.__context__ = cause, context
    error.__suppress_context__ = suppress
    error.__traceback__ = traceback


def reduce_traceback(traceback: types.TracebackType, pickler: Any) -> Any:
    """Reduce a traceback to its places: the variables of its frames cannot be saved."""
    places = []
    at: types.TracebackType | None = traceback
    while at is not None:
        code = at.tb_frame.f_code
        places.append((code.co_filename, code.co_name, code.co_firstlineno, at.tb_lineno))
        at = at.tb_next
    return _make_traceback, (places,)


def _make_traceback(places: list[tuple[str, str, int, int]]) -> types.TracebackType | None:
    made: types.TracebackType | None = None
    for filename, name, first, line in reversed(places):
        frame = _frame(filename, name, first)
        made = types.TracebackType(made, frame, -1, line)  # -1: go by the line
    return made


def _frame(filename: str, name: str, first: int) -> types.FrameType:
    """Return a frame of that name, left by a function that raised at once."""
    code = compile("raise LookupError", filename, "exec")
    code = code.replace(co_name=name, co_firstlineno=first)
    try:
        exec(code, {"__name__": name, "__builtins__": {"LookupError": LookupError}})  # noqa: S102
    except LookupError as error:
        traceback = error.__traceback__
    assert traceback is not None
    assert traceback.tb_next is not None
    return traceback.tb_next.tb_frame
