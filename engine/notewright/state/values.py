"""A hash that is equal for equal values: across processes, restores and memory layouts.

Change detection asks "are these the same bytes?"; replay and review ask "is
this the same model?". Estimators count by type, parameters and fitted
attributes; frames and arrays by their exact values; dictionaries and sets
without regard to order of insertion. What objects only remember does not count.
"""

from __future__ import annotations

import copyreg
import struct
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import blake3
import numpy as np

from notewright.state.pickling.caches import has_cache, without_cache
from notewright.state.pickling.functions import is_empty


def fingerprint(value: Any) -> str:
    """Return the hash of `value`'s value, 64 hexadecimal digits.

    Raises
    ------
    TypeError
        If the object cannot be reduced to its parts (a generator, a socket).

    Examples
    --------
    >>> fingerprint({"a": 1, "b": [2.0]}) == fingerprint({"b": [2.0], "a": 1})
    True
    >>> fingerprint([1]) == fingerprint([1.0])
    False
    """
    return _Walk().digest(value).hex()


#: What they keep besides their items is not there any more when they come back from a pickle.
_STATE_IS_LOST = frozenset({"sklearn.utils._bunch.Bunch"})
#: What scikit-learn's objects keep of the process they were fitted in: an address, seconds.
_OF_THE_PROCESS = frozenset({"_stop_words_id", "refit_time_"})


class _Walk:
    def __init__(self) -> None:
        self._open: dict[int, int] = {}
        self._done: dict[int, bytes] = {}
        # Keeps temporary parts alive, so that no id is used twice.
        self._alive: list[Any] = []
        self._remember: dict[type, bool] = {}

    def digest(self, value: Any) -> bytes:
        hasher = blake3.blake3()
        self._add(hasher, value)
        return hasher.digest()

    def _add(self, h: Any, value: Any) -> None:
        kind = type(value)
        if value is None or kind is bool or kind is int:
            h.update(f"{kind.__name__}:{value};".encode())
        elif kind is float:
            h.update(b"float:" + struct.pack("<d", value))
        elif kind is str or kind is bytes:
            data = value.encode("utf-8", "surrogatepass") if kind is str else value
            h.update(f"{kind.__name__}:{len(data)}:".encode() + data)
        elif kind in (list, tuple):
            self._once(h, value, self._sequence)
        elif kind is dict:
            self._once(h, value, self._mapping)
        elif kind in (set, frozenset):
            h.update(b"set:" + b"".join(sorted(self.digest(item) for item in value)))
        elif isinstance(value, np.ndarray):
            self._array(h, value)
        elif isinstance(value, np.random.BitGenerator):
            # What it will give next; the seed it once had is kept by some formats only.
            self._parts(h, "generator", _qualified(type(value)), value.state)
        elif isinstance(value, np.dtype):
            h.update(f"dtype:{value.str}:{value.descr if value.names else ''}".encode())
        elif isinstance(value, type | ModuleType | BuiltinFunctionType):
            h.update(f"ref:{_qualified(value)};".encode())
        elif isinstance(value, FunctionType):
            self._once(h, value, self._function)
        elif isinstance(value, MethodType):
            self._once(h, value, lambda h, m: self._parts(h, "method", m.__func__, m.__self__))
        elif isinstance(value, CodeType):
            self._code(h, value)
        elif kind.__module__.partition(".")[0] == "pandas" and hasattr(value, "iloc"):
            self._once(h, value, self._frame)
        else:
            self._once(h, value, self._object)

    def _once(self, h: Any, value: Any, add: Any) -> None:
        """Hash a compound by itself, once: shared parts cost nothing twice."""
        key = id(value)
        if key in self._done:
            h.update(self._done[key])
        elif key in self._open:
            h.update(f"cycle:{len(self._open) - self._open[key]};".encode())
        else:
            self._open[key] = len(self._open)
            inner = blake3.blake3()
            add(inner, value)
            del self._open[key]
            self._done[key] = inner.digest()
            self._alive.append(value)
            h.update(self._done[key])

    def _parts(self, h: Any, tag: str, *parts: Any) -> None:
        h.update(f"{tag}:{len(parts)}:".encode())
        for part in parts:
            self._add(h, part)

    def _sequence(self, h: Any, value: Any) -> None:
        self._parts(h, type(value).__name__, *value)

    def _mapping(self, h: Any, value: dict[Any, Any]) -> None:
        pairs = sorted(self.digest(key) + self.digest(item) for key, item in value.items())
        h.update(f"dict:{len(pairs)}:".encode() + b"".join(pairs))

    def _array(self, h: Any, array: np.ndarray[Any, Any]) -> None:
        h.update(f"array:{_qualified(type(array))}:{array.dtype.str}:{array.shape};".encode())
        if array.dtype.names:  # field by field: the padding between fields is noise
            for name in array.dtype.names:
                self._array(h, np.asarray(array[name]))
        elif array.dtype.hasobject:
            for item in array.ravel():
                self._add(h, item)
        elif isinstance(array, np.ma.MaskedArray):
            self._parts(h, "masked", array.filled(), np.ma.getmaskarray(array))
        else:
            h.update(np.ascontiguousarray(array).view(np.uint8).data if array.size else b"")

    def _frame(self, h: Any, value: Any) -> None:
        """Hash a pandas object column by column, whatever its blocks look like."""
        h.update(f"pandas:{_qualified(type(value))};".encode())
        columns = getattr(value, "columns", None)
        if columns is not None:
            self._parts(h, "columns", list(columns), list(columns.names), value.index)
            for position in range(len(columns)):
                column = value.iloc[:, position]
                self._parts(h, "column", str(column.dtype), column.array)
            return
        names = list(getattr(value, "names", [value.name]))
        index = getattr(value, "index", None)
        self._parts(h, "values", str(value.dtypes), names, value.array)
        if index is not None:
            self._add(h, index)

    def _function(self, h: Any, function: FunctionType) -> None:
        if function.__module__ != "__main__" and "<" not in function.__qualname__:
            h.update(f"ref:{_qualified(function)};".encode())
            return
        cells = [c.cell_contents for c in function.__closure__ or () if not is_empty(c)]
        self._parts(h, "function", function.__code__, function.__defaults__, cells)

    def _code(self, h: Any, code: CodeType) -> None:
        self._parts(h, "code", code.co_code, list(code.co_consts), code.co_names, code.co_varnames)

    def _object(self, h: Any, value: Any) -> None:
        registered = copyreg.dispatch_table.get(type(value))
        reduced = value.__reduce_ex__(4) if registered is None else registered(value)
        h.update(f"object:{_qualified(type(value))};".encode())
        if isinstance(reduced, str):
            h.update(f"ref:{reduced};".encode())
            return
        constructor, arguments, *rest = reduced
        state, items, pairs = (*rest, None, None, None)[:3]
        if self._remembers(type(value)):
            state = without_cache(type(value), state)
        if _qualified(type(value)) in _STATE_IS_LOST:
            state = None
        elif isinstance(state, dict) and "_sklearn_version" in state:
            state = _of_the_model(state)
        self._parts(h, "reduced", _qualified(constructor), arguments, state)
        self._parts(h, "items", list(items or ()), list(pairs or ()))

    def _remembers(self, kind: type) -> bool:
        if kind not in self._remember:
            self._remember[kind] = has_cache(kind)
        return self._remember[kind]


def _of_the_model(state: dict[str, Any]) -> dict[str, Any]:
    """Return what an object of scikit-learn's has learned, without what each process makes anew."""
    found = {name: value for name, value in state.items() if name not in _OF_THE_PROCESS}
    tried = found.get("cv_results_")
    if isinstance(tried, dict):
        found["cv_results_"] = {k: v for k, v in tried.items() if not k.endswith("_time")}
    return found


def _qualified(value: Any) -> str:
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', value.__class__)}"
