"""Functions and closures: bound to the live globals, sharing their cells."""

from __future__ import annotations

import functools
import sys
from types import CellType, FunctionType
from typing import Any

from cloudpickle import cloudpickle as _cloudpickle

from notewright.state.pickling import loading
from notewright.state.pickling.importable import is_importable
from notewright.state.pickling.words import fresh, module_mark, module_name, word


def reduce_function(function: FunctionType, pickler: Any) -> Any:
    """Reduce a function: by reference if it can be imported, else by its parts."""
    globals_ = function.__globals__
    if globals_ is not pickler.namespace and is_importable(function):
        pickler.by_name.add(id(function))
        return NotImplemented
    cells = function.__closure__ or ()
    pickler.closure_cells.update(id(cell) for cell in cells)
    state = (
        [(fresh(name), value) for name, value in function.__dict__.items()],
        fresh(function.__name__),
        fresh(function.__qualname__),
        module_mark(function.__module__),
        fresh(function.__doc__) if type(function.__doc__) is str else function.__doc__,
        function.__defaults__,
        function.__kwdefaults__,
        function.__annotations__,
        [(cell, cell.cell_contents) for cell in cells if not is_empty(cell)],
        getattr(function, "__type_params__", None) or None,
    )
    arguments = (function.__code__, cells or None, *_globals(globals_, pickler))
    return _make_function, arguments, state, None, None, _fill_function


def _globals(globals_: dict[str, Any], pickler: Any) -> tuple[Any, ...]:
    """Return what says which globals a function sees: nothing, a module's name, or a dictionary."""
    if globals_ is pickler.namespace:
        return ()
    name = globals_.get("__name__")
    name = name if isinstance(name, str) else ""
    module = sys.modules.get(name)
    if module is not None and getattr(module, "__dict__", None) is globals_:
        # What dataclasses generate sees the globals of the class's module.
        return () if name == "__main__" else (fresh(name),)
    # A dictionary that exec() ran in: the same one for all its functions, and for its variable.
    return (globals_,)


def _make_function(code: Any, closure: Any, where: Any = None) -> FunctionType:
    if where is None:
        globals_ = loading.namespace()
    elif isinstance(where, bytes):
        globals_ = _cloudpickle.subimport(word(where)).__dict__
    else:
        globals_ = where
    return FunctionType(code, globals_, code.co_name, None, closure)


def _fill_function(function: FunctionType, state: Any) -> None:
    attributes, name, qualname, module, doc, defaults, keywords, annotations, cells, params = state
    for key, value in attributes:
        function.__dict__[word(key)] = value
    function.__name__ = word(name)
    function.__qualname__ = word(qualname)
    function.__module__ = module_name(module)
    function.__doc__ = doc.decode("utf-8", "surrogatepass") if type(doc) is bytes else doc
    function.__defaults__ = defaults
    function.__kwdefaults__ = interned(keywords)
    function.__annotations__ = interned(annotations)
    if params:
        function.__type_params__ = params  # type: ignore[attr-defined]  # Python 3.12
    for cell, contents in cells:
        cell.cell_contents = contents


def interned(named: Any) -> Any:
    """Give a dictionary the names that code objects use; it stays the dictionary it is."""
    if type(named) is dict:
        items = [(sys.intern(k) if type(k) is str else k, v) for k, v in named.items()]
        named.clear()
        named.update(items)
    return named


# -- cells -----------------------------------------------------------------------


def reduce_cell(cell: CellType, pickler: Any) -> Any:
    """Reduce a closure's cell."""
    # The function that owns a cell sets its contents: a cell's contents
    # may be the very function that is being pickled.
    if id(cell) in pickler.closure_cells or is_empty(cell):
        return CellType, ()
    return CellType, (), cell.cell_contents, None, None, _fill_cell


def _fill_cell(cell: CellType, contents: Any) -> None:
    cell.cell_contents = contents


def is_empty(cell: CellType) -> bool:
    """Tell whether a closure's cell holds nothing yet."""
    try:
        cell.cell_contents  # noqa: B018 - reading raises when empty
    except ValueError:
        return True
    return False


# -- what functools makes of functions -------------------------------------------


def reduce_cached(cached: Any, pickler: Any) -> Any:
    """Reduce a function under ``lru_cache``: it comes back with an empty cache."""
    wrapped = cached.__wrapped__
    if is_importable(wrapped) or _is_attribute(cached):
        pickler.by_name.add(id(cached))
        return NotImplemented
    settings = cached.cache_parameters()
    attributes = {k: v for k, v in cached.__dict__.items() if k != "cache_parameters"}
    state = [(fresh(k), module_mark(v) if k == "__module__" else v) for k, v in attributes.items()]
    return _make_cached, (settings["maxsize"], settings["typed"], wrapped), state, *_FILL


def _is_attribute(cached: Any) -> bool:
    """Tell whether an object is what its module has under its qualified name."""
    module = sys.modules.get(cached.__module__)
    if module is None or cached.__module__ == "__main__":
        return False
    found: Any = module
    for name in cached.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is cached


def _make_cached(maxsize: int | None, typed: bool, wrapped: Any) -> Any:
    return functools.lru_cache(maxsize, typed)(wrapped)


def _fill_cached(cached: Any, state: list[tuple[bytes, Any]]) -> None:
    for name, value in state:
        cached.__dict__[word(name)] = module_name(value) if name == b"__module__" else value


_FILL = (None, None, _fill_cached)


def reduce_cached_property(prop: Any, pickler: Any) -> Any:
    """Reduce a ``cached_property`` without the lock that older Pythons keep in it."""
    return _make_cached_property, (prop.func, prop.attrname, prop.__doc__)


def _make_cached_property(function: Any, name: str | None, doc: Any) -> Any:
    made = functools.cached_property(function)
    made.attrname, made.__doc__ = name, doc
    return made
