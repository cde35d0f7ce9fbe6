"""The pickler and the unpickler."""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import cloudpickle

from notewright.state.pickling import live, loading
from notewright.state.pickling.earlier import EarlierUnpickler
from notewright.state.pickling.memory import Memory, Overlap
from notewright.state.pickling.named import check_names
from notewright.state.pickling.reducers import Reducer, reducer_for

_UNKNOWN: Any = object()

#: How often a dump starts over because a larger owner of some memory turned up late.
_ATTEMPTS = 20


@dataclass
class Pickled:
    """A pickle and its buffers."""

    stream: bytes
    buffers: list[pickle.PickleBuffer]
    _pickler: Pickler

    @property
    def memo(self) -> dict[int, tuple[int, Any]]:
        """Every object in it that is known by identity: id -> (position, object).

        Memory that is shared without a common Python object (a tensor and an
        array) counts as an object too, under the negative of its address.
        What is saved by name (modules' singletons, the live globals) does not count.
        """
        found: dict[int, tuple[int, Any]] = self._pickler.memo.copy()
        for key in self._pickler.by_name:
            found.pop(key, None)
        found.update(self._pickler.memory.keys())
        return found

    @property
    def deferrable(self) -> list[bool]:
        """Of each buffer, whether a load may give it as `Deferred`."""
        noted = {id(buffer) for buffer in self._pickler.deferrable}
        return [id(buffer) in noted for buffer in self.buffers]

    @property
    def regions(self) -> list[tuple[int, int]]:
        """The memory its buffers lie in: (first address, address after the last)."""
        return self._pickler.memory.regions()

    @property
    def size(self) -> int:
        """Bytes, buffers included."""
        return len(self.stream) + sum(b.raw().nbytes for b in self.buffers)


def dump(
    value: Any,
    namespace: dict[str, Any],
    apart: Sequence[Any] = (),
    kind: type[Pickler] | None = None,
) -> Pickled:
    """Return `value` pickled, with functions of `namespace` bound to it by reference.

    Parameters
    ----------
    value : object
        What to pickle. It is read, never changed.
    namespace : dict
        The live globals of the user's cells.
    apart : sequence, optional
        Objects to leave out: :func:`load` is given what to put in their places.
    kind : type of Pickler, optional
        By default :class:`Pickler`.

    Raises
    ------
    Exception
        Whatever the object's own reduction raises; the caller names the variable.
    """
    memory, kind = Memory(), kind or Pickler
    for _ in range(_ATTEMPTS):
        stream = kind.file()
        stream.write(live.prelude(len(apart)))
        buffers: list[pickle.PickleBuffer] = []
        pickler = kind(stream, namespace, buffers.append, memory, apart)
        if type(value) is tuple:
            pickler.dictionaries.update(id(each) for each in value if type(each) is dict)
        try:
            pickler.dump(value)
        except Overlap as overlap:
            memory = overlap.seeded()
            continue
        except RecursionError as error:
            raise pickle.PicklingError("it is nested too deeply to save") from error
        data = stream.getvalue()
        check_names(data)
        return Pickled(data, buffers, pickler)
    raise pickle.PicklingError("it shows one piece of memory in too many overlapping ways")


def load(
    stream: bytes, buffers: Sequence[Any], namespace: dict[str, Any], apart: Sequence[Any] = ()
) -> Any:
    """Return the value that :func:`dump` pickled, its functions bound to `namespace`.

    `apart` are the objects to put where those were that `dump` left out.
    """
    prelude = live.prelude(len(apart))
    with loading.into(namespace):
        if bytes(stream[: len(prelude)]) != prelude:
            return EarlierUnpickler(io.BytesIO(stream), buffers=buffers).load()
        unpickler = _Unpickler(io.BytesIO(stream), buffers=buffers)
        unpickler.apart = apart
        unpickler.load()
        return unpickler.load()


class Pickler(pickle.Pickler):
    """The C pickler, asked about every object that is not a plain builtin.

    Attributes
    ----------
    namespace : dict
        The live globals of the user's cells.
    memory : Memory
        The pieces of memory seen so far.
    by_name : set of int
        The ids of objects that are saved as names.
    closure_cells : set of int
        The ids of closure cells whose function fills them.
    deferrable : list of PickleBuffer
        Buffers whose bytes a load may put straight where they belong.
    dictionaries : set of int
        The ids of dictionaries that may be an instance's and somebody else's: of the variables
        that are saved together, and of attributes of the notebook's classes.
    """

    #: Makes what a pickle is written to.
    file: ClassVar[type[io.BytesIO]] = io.BytesIO
    # A plain dictionary is looked up in C; cloudpickle's chain of two is not.
    dispatch_table: Any

    def __init__(
        self,
        file: io.BytesIO,
        namespace: dict[str, Any],
        buffer_callback: Callable[[pickle.PickleBuffer], Any],
        memory: Memory,
        apart: Sequence[Any] = (),
    ) -> None:
        self.dispatch_table = {**copyreg.dispatch_table, **cloudpickle.Pickler._dispatch_table}
        super().__init__(file, protocol=5, buffer_callback=buffer_callback)
        self.namespace = namespace
        self.memory = memory
        self.closure_cells: set[int] = set()
        self.dictionaries: set[int] = set()
        self.deferrable: list[pickle.PickleBuffer] = []
        containers = (*live.containers(namespace), *apart)
        self.by_name = {id(container) for container in containers}
        self.memo = {id(c): (position, c) for position, c in enumerate(containers)}
        # Which reducer a type has is decided once a pickle: types can change in between.
        self._reducers: dict[type, Reducer | None] = {}

    def reducer_override(self, obj: Any) -> Any:
        """Return how to reduce `obj`, or NotImplemented to leave it to pickle."""
        kind = type(obj)
        reducer = self._reducers.get(kind, _UNKNOWN)
        if reducer is _UNKNOWN:
            reducer = self._reducers[kind] = reducer_for(kind)
            if kind.__module__ == "__main__":
                held = (value for each in kind.__mro__ for value in vars(each).values())
                self.dictionaries.update(id(value) for value in held if type(value) is dict)
        return NotImplemented if reducer is None else reducer(obj, self)


class _Unpickler(pickle.Unpickler):
    apart: Sequence[Any] = ()

    def find_class(self, module: str, name: str) -> Any:
        if module == live.MODULE:
            return live.find(name, loading.namespace(), self.apart)
        return super().find_class(module, name)
