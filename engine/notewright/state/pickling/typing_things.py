"""What typing makes and reduces to a name: TypeVar, ParamSpec and NewType from cells."""

from __future__ import annotations

import sys
import typing
from typing import Any

from notewright.state.pickling.words import fresh, module_mark, module_name, word

_FLAGS = ("__bound__", "__covariant__", "__contravariant__", "__infer_variance__", "__default__")


def reduce_variable(variable: Any, pickler: Any) -> Any:
    """Reduce a TypeVar, ParamSpec or TypeVarTuple."""
    if _is_importable(variable):
        pickler.by_name.add(id(variable))
        return getattr, (sys.modules[variable.__module__], variable.__name__)
    keywords = {
        key.strip("_"): value
        for key in _FLAGS
        if (value := getattr(variable, key, None)) is not None
        and value is not False
        and value is not getattr(typing, "NoDefault", None)
    }
    constraints = getattr(variable, "__constraints__", ())
    mark = module_mark(variable.__module__)
    return _make_variable, (type(variable), fresh(variable.__name__), constraints, keywords, mark)


def _make_variable(
    kind: Any, name: bytes, constraints: Any, keywords: dict[str, Any], module: Any
) -> Any:
    made = kind(word(name), *constraints, **keywords)
    made.__module__ = module_name(module)
    return made


def reduce_new_type(new_type: Any, pickler: Any) -> Any:
    """Reduce a NewType."""
    if _is_importable(new_type):
        pickler.by_name.add(id(new_type))
        return NotImplemented
    name = getattr(new_type, "__qualname__", new_type.__name__)
    mark = module_mark(new_type.__module__)
    return _make_new_type, (fresh(name), new_type.__supertype__, mark)


def _make_new_type(name: bytes, supertype: Any, module: Any) -> Any:
    make: Any = typing.NewType  # a type checker wants a literal
    made = make(word(name), supertype)
    made.__module__ = module_name(module)
    return made


def _is_importable(thing: Any) -> bool:
    module = sys.modules.get(thing.__module__)
    return (
        module is not None
        and thing.__module__ != "__main__"
        and getattr(module, thing.__name__, None) is thing
    )
