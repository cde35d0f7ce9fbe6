"""Which reducer a type has."""

from __future__ import annotations

import enum
import functools
import io
import itertools
import types
import typing
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from notewright.state.pickling import (
    arrays,
    arrow,
    builtins_,
    caches,
    classes,
    code,
    enums,
    exceptions,
    figures,
    files,
    frames,
    functions,
    instances,
    masked,
    memmaps,
    refused,
    singletons,
    tensors,
    transforms,
    typing_things,
    ufuncs,
)

#: What reduces an object: it returns what ``__reduce__`` may return, or NotImplemented.
Reducer = Callable[[Any, Any], Any]

_PLAIN: dict[Any, Any] = {}
_ORDERED: OrderedDict[Any, Any] = OrderedDict()

_EXACT: dict[type, Reducer] = {
    np.ndarray: arrays.reduce_array,
    types.FunctionType: functions.reduce_function,
    types.CellType: functions.reduce_cell,
    types.CodeType: code.reduce_code,
    type(functools.lru_cache(int)): functions.reduce_cached,
    functools.cached_property: functions.reduce_cached_property,
    types.ModuleType: refused.reduce_module,
    types.MappingProxyType: builtins_.reduce_proxy,
    types.TracebackType: exceptions.reduce_traceback,
    itertools.count: builtins_.reduce_count,
    super: builtins_.reduce_super,
    memoryview: builtins_.reduce_memoryview,
    np.ma.MaskedArray: masked.reduce_masked,
    np.memmap: memmaps.reduce_memmap,
    np.ufunc: ufuncs.reduce_ufunc,
    np.void: arrays.reduce_record,
    np.record: arrays.reduce_record,
    typing.NewType: typing_things.reduce_new_type,
    typing.TypeVar: typing_things.reduce_variable,
    typing.ParamSpec: typing_things.reduce_variable,
    typing.TypeVarTuple: typing_things.reduce_variable,
}
_EXACT.update(
    dict.fromkeys((io.TextIOWrapper, io.BufferedReader, io.BufferedWriter), files.reduce_file)
)
_EXACT.update(dict.fromkeys((io.BufferedRandom, io.FileIO), files.reduce_file))
_EXACT.update(
    (type(view), builtins_.reduce_dict_view)
    for view in (_PLAIN.keys(), _PLAIN.values(), _PLAIN.items(), _ORDERED.keys(), _ORDERED.values())
)
_EXACT[type(_ORDERED.items())] = builtins_.reduce_dict_view

#: Families of types, the first that fits counts.
_FAMILIES: tuple[tuple[Callable[[type], bool], Reducer], ...] = (
    (lambda kind: issubclass(kind, type), classes.reduce_class),
    (refused.is_refused, refused.refuse),
    (singletons.is_known, singletons.reduce_known),
    (lambda kind: issubclass(kind, enum.Enum), enums.reduce_member),
    (lambda kind: issubclass(kind, BaseException), exceptions.reduce_exception),
    (lambda kind: issubclass(kind, types.ModuleType), refused.reduce_module),
    (lambda kind: issubclass(kind, np.dtype), arrays.reduce_dtype),
    (tensors.is_tensor, tensors.reduce_tensor),
    (tensors.is_storage, tensors.reduce_storage),
    (transforms.is_transform, transforms.reduce_transform),
    (figures.is_line, figures.reduce_line),
    (figures.is_registry, figures.reduce_registry),
    (figures.is_figure, figures.reduce_figure),
    (arrow.is_buffer, arrow.reduce_buffer),
    (frames.is_table, frames.reduce_table),
    (frames.is_block, frames.reduce_block),
    (frames.is_manager, frames.reduce_manager),
    (frames.is_references, frames.reduce_references),
    (frames.is_index, frames.reduce_index),
    (caches.has_cache, instances.reduce_caching),
    (lambda kind: _reduces_as_array(kind), arrays.reduce_array),
    (instances.wants_care, instances.reduce_instance),
    (instances.has_hash, instances.reduce_hashed),
    (instances.has_dictionary, instances.reduce_with_dictionary),
)


#: What has been decided about types that cells cannot change.
_decided: dict[type, Reducer | None] = {}

#: More types than any library has: beyond it they are made while the program runs.
_MANY = 10_000


def reducer_for(kind: type) -> Reducer | None:
    """Return the reducer of a type; None leaves its objects to pickle."""
    if exact := _EXACT.get(kind):
        return exact
    if kind in _decided:
        return _decided[kind]
    found = next((reducer for fits, reducer in _FAMILIES if fits(kind)), None)
    if kind.__module__ != "__main__" and len(_decided) < _MANY:
        _decided[kind] = found
    return found


def _reduces_as_array(kind: type) -> bool:
    """Tell whether a type is an array whose class has no idea of its own how to be saved."""
    return issubclass(kind, np.ndarray) and all(
        getattr(kind, name) is getattr(np.ndarray, name)
        for name in ("__reduce__", "__reduce_ex__", "__setstate__")
    )
