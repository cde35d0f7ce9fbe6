"""Goes through two values side by side and hands each pair to what knows its kind."""

from __future__ import annotations

import functools
import time
import types
import warnings
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np

from notewright.state.describe import type_name
from notewright.state.describing import (
    arrays,
    code,
    containers,
    figures,
    frames,
    models,
    objects,
    tensors,
    text,
)
from notewright.state.describing.details import Detail
from notewright.state.describing.shown import PRIMITIVE, shortened, shown, told_by_repr

#: Gives the source of a function or class, where it is known.
Source = Callable[[Any], str | None]

#: The most details of one variable; more are counted.
MOST = 12
_DEEPEST = 60
_SECONDS = 10.0
#: Once everything that is shown has been found, the rest is counted for so long.
_SECONDS_TO_COUNT = 1.0


def difference(
    old: Any,
    new: Any,
    old_source: Source = lambda value: None,
    new_source: Source = lambda value: None,
) -> tuple[Detail, ...]:
    """Return how `new` differs from `old`; never raises for what the values are.

    Neither value is changed, and none of their own `__eq__` or `__repr__` is called.

    Parameters
    ----------
    old, new : object
        The values, which share nothing.
    old_source, new_source : callable
        Give the source of a function or class in `old` and `new`, or None.

    Examples
    --------
    >>> [detail.words for detail in difference({"a": [1, 2]}, {"a": [1, 3], "b": 0})]
    ["1 key added: 'b' (0)", "['a'][1]: 2 → 3"]
    """
    walk = Walk(old_source, new_source)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        walk.compare(old, new)
    return walk.result()


class _Differs(Exception):
    """What a probe ends with at the first difference."""


class Walk:
    """One comparison of two values."""

    def __init__(self, old_source: Source, new_source: Source) -> None:
        self.old_source, self.new_source = old_source, new_source
        self.details: list[Detail] = []
        self._beyond = 0
        self._ends = time.monotonic() + _SECONDS
        self._unfinished = ""
        self._too_deep = False
        self._depth = 0
        self._probing = 0
        self._seen: set[tuple[int, int]] = set()
        self._classes: dict[tuple[type, type], bool] = {}
        # Parts that were made for the comparison must live as long as their ids are in `_seen`.
        self._alive: list[Any] = []

    def result(self) -> tuple[Detail, ...]:
        """Return the details found."""
        found = list(self.details)
        if self._beyond:
            least = "at least " if self._unfinished else ""
            noun = "difference" if self._beyond == 1 else "differences"
            note = f"and {least}{self._beyond:,} more {noun}"
            found.append(Detail("unfinished", count=self._beyond, note=note))
        elif self._unfinished:
            found.append(Detail("unfinished", note=self._unfinished))
        if self._too_deep:
            note = "not everything was compared: it is nested too deep"
            found.append(Detail("unfinished", note=note))
        if not found:
            note = "equal by value; its layout in memory, its order or what it shares differs"
            found.append(Detail("equal", note=note))
        return tuple(found)

    def add(self, *details: Detail) -> None:
        """Note what differs."""
        if self._probing and details:
            raise _Differs
        for detail in details:
            if len(self.details) < MOST:
                self.details.append(detail)
                continue
            if not self._beyond:
                self._ends = min(self._ends, time.monotonic() + _SECONDS_TO_COUNT)
            self._beyond += 1

    def compare(self, old: Any, new: Any, where: str = "") -> None:
        """Note how `new` differs from `old`, which are found at the path `where`."""
        if old is new or self._stops():
            return
        kind = type(old)
        if kind is type(new) and kind in PRIMITIVE:
            if not _equal(old, new):
                self.add(*text.scalars(old, new, where))
            return
        self._depth += 1
        try:
            self._compare_compound(old, new, where)
        except _Differs:
            raise
        except Exception as error:
            if self._probing:
                raise
            note = f"changed (its difference could not be told: {reason(error)})"
            self.add(Detail("unknown", where, note=note))
        finally:
            self._depth -= 1

    def same(self, old: Any, new: Any) -> bool:
        """Tell whether two values are equal: type, structure, and NaN like NaN."""
        if old is new:
            return True
        kind = type(old)
        if kind is type(new) and kind in PRIMITIVE:
            return _equal(old, new)
        # What was found to differ elsewhere must not count as seen, and so as equal, here.
        seen, self._seen = self._seen, set()
        self._probing += 1
        try:
            self.compare(old, new)
        except _Differs:
            return False
        finally:
            self._probing -= 1
            self._seen = seen
        return True

    def class_changed(self, old: type, new: type) -> bool:
        """Tell whether a class of the notebook is not what it was."""
        if (old, new) not in self._classes:
            self._classes[old, new] = False  # while it is looked at
            self._classes[old, new] = not self.same(old, new)
        return self._classes[old, new]

    def apart(self, old: Any, new: Any) -> tuple[Detail, ...]:
        """Return how two parts differ, without noting it."""
        walk = Walk(self.old_source, self.new_source)
        walk._ends, walk._depth = self._ends, self._depth
        walk.compare(old, new)
        return walk.result()

    def keep(self, value: Any) -> Any:
        """Keep a part alive that was made for the comparison, and return it."""
        self._alive.append(value)
        return value

    def _stops(self) -> bool:
        if self._unfinished:
            return True
        if time.monotonic() > self._ends:
            self._unfinished = "not everything was compared: it is too large"
        elif self._depth > _DEEPEST:
            self._too_deep = True
        return bool(self._unfinished) or self._depth > _DEEPEST

    def _compare_compound(self, old: Any, new: Any, where: str) -> None:
        pair = (id(old), id(new))
        if pair in self._seen:
            return
        self._seen.add(pair)
        if type_name(old) == type_name(new):
            _teller(old)(self, old, new, where)
            return
        teller = _teller(old)
        akin = teller in _AKIN and teller is _teller(new)
        if not akin or teller not in _SAID_BY_TELLER:
            self.add(Detail("type", where, "", *_type_words(old, new, akin)))
        if akin:
            teller(self, old, new, where)


def _equal(old: Any, new: Any) -> bool:
    return bool(old == new or (old != old and new != new))


def _type_words(old: Any, new: Any, akin: bool) -> tuple[str, str]:
    names = [type(value).__name__ for value in (old, new)]
    if names[0] == names[1]:
        return type_name(old), type_name(new)
    if akin:
        return names[0], names[1]
    texts = [shown(value, 40) for value in (old, new)]
    was, now = (
        text if text.startswith(name) else f"{name} {text}"
        for name, text in zip(names, texts, strict=True)
    )
    return was, now


def reason(error: BaseException) -> str:
    """Return what an error says, shortened; never raises."""
    try:
        words = str(error)
    except Exception:  # noqa: BLE001  an error of the user's own making
        words = ""
    return shortened(": ".join(filter(None, [type(error).__name__, words])), 120)


Teller = Callable[[Walk, Any, Any, str], None]


def _by_repr(walk: Walk, old: Any, new: Any, where: str) -> None:
    if repr(old) != repr(new):
        walk.add(Detail("value", where, old=shown(old), new=shown(new)))


def _enums(walk: Walk, old: Any, new: Any, where: str) -> None:
    if shown(old) != shown(new):
        walk.add(Detail("value", where, old=shown(old), new=shown(new)))


def _modules(walk: Walk, old: Any, new: Any, where: str) -> None:
    if old.__name__ != new.__name__:
        walk.add(Detail("value", where, old=shown(old), new=shown(new)))


#: What tells the difference between two instances of built-in types, or of classes made of them.
_BY_BASE: tuple[tuple[Any, Teller], ...] = (
    (Enum, _enums),
    (type, code.classes),
    (types.FunctionType, code.functions),
    (types.MethodType, code.methods),
    (types.CodeType, code.codes),
    ((staticmethod, classmethod, property, functools.cached_property), code.wrappers),
    ((types.ModuleType, types.BuiltinFunctionType), _modules),
    (dict, containers.mappings),
    ((list, tuple, deque), containers.sequences),
    ((set, frozenset), containers.sets),
    ((str, bytes, int, float, complex), objects.of_base_types),
    ((bytearray, memoryview), text.buffers),
    (np.ma.MaskedArray, arrays.masked),
    (np.ndarray, arrays.arrays),
    (np.generic, arrays.arrays),
)

#: The same by the names of a library's class, so that no library has to be imported.
_BY_NAME: dict[tuple[str, str], Teller] = {
    ("pandas", "DataFrame"): frames.frames,
    ("pandas", "Series"): frames.series,
    ("pandas", "Index"): frames.indexes,
    ("pandas", "ExtensionArray"): frames.columns,
    ("polars", "DataFrame"): frames.polars_frames,
    ("polars", "Series"): frames.polars_series,
    ("pyarrow", "Table"): frames.arrow_tables,
    ("pyarrow", "RecordBatch"): frames.arrow_tables,
    ("pyarrow", "Array"): frames.arrow_arrays,
    ("pyarrow", "ChunkedArray"): frames.arrow_arrays,
    ("scipy", "_spbase"): arrays.sparse,
    ("torch", "Module"): tensors.modules,
    ("torch", "Optimizer"): tensors.optimizers,
    ("torch", "Tensor"): tensors.tensors,
    ("xgboost", "Booster"): models.boosters,
    ("lightgbm", "Booster"): models.boosters,
    ("matplotlib", "Figure"): figures.figures,
    ("matplotlib", "Axes"): figures.axes,
    ("numpy", "BitGenerator"): objects.random_states,
    ("numpy", "Generator"): objects.random_states,
    ("numpy", "RandomState"): objects.random_states,
}

#: Told in the same way though they are of two classes: a frame and a frame with geometry, ….
_AKIN = frozenset(
    {frames.frames, frames.series, frames.indexes, arrays.sparse, tensors.tensors, frames.columns}
)
#: These say themselves what matters of the type: a sparse format, the dtype of an index.
_SAID_BY_TELLER = frozenset({frames.indexes, frames.columns, arrays.sparse})


def _teller(value: Any) -> Teller:
    """Return what tells the difference between two values of the type of `value`."""
    kind = type(value)
    if told_by_repr(value):
        return _by_repr
    for each in kind.__mro__:
        library = each.__module__.partition(".")[0]
        if teller := _BY_NAME.get((library, each.__name__)):
            return teller
    for bases, teller in _BY_BASE:
        if issubclass(kind, bases):
            return teller
    if callable(getattr(kind, "get_params", None)) and callable(getattr(kind, "set_params", None)):
        return models.estimators
    return objects.objects
