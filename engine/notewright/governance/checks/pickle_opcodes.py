"""What a pickle would import, read off its opcodes; nothing is loaded.

The opcodes are followed with a stack of texts, numbers and unknown things, so that names
which come off the memo, or are put together with ``getattr``, are found as well.
"""

from __future__ import annotations

import io
import math
import pickletools
from dataclasses import dataclass, field
from typing import IO, Any

#: So many opcodes are followed; a pickle of more is said to be too large.
_MOST_OPCODES = 30_000_000
#: So many pickles may lie inside one another.
_DEEPEST = 20
_MARK = pickletools.markobject
_SLICE = pickletools.stackslice
#: joblib puts an array's bytes right after this object.
_ARRAY_WRAPPERS = {"NumpyArrayWrapper"}


@dataclass(frozen=True)
class Named:
    """A class or function that a pickle names."""

    module: str
    name: str

    @property
    def path(self) -> str:
        """Module and name, with a dot."""
        return f"{self.module}.{self.name}"


@dataclass
class Pickled:
    """What is in a stream of pickles.

    Parameters
    ----------
    names : dict
        What it names, in order.
    inner : list of bytes
        What it gives to a function that loads pickles out of bytes.
    problem : str
        Why it could not be followed to its end; empty if it could.
    """

    names: dict[Named, None] = field(default_factory=dict)
    inner: list[bytes] = field(default_factory=list)
    problem: str = ""


class _Unknown:
    """Something on the stack that is not followed."""


@dataclass
class _Made:
    """What a named class or function was called with."""

    by: Any
    arguments: Any
    state: Any = None


_UNKNOWN = _Unknown()
_MARKED = _Unknown()
#: A name that is worked out where the pickle is loaded.
COMPUTED = Named("", "a name that is worked out while loading")
_GETATTRS = (Named("builtins", "getattr"), Named("__builtin__", "getattr"))
#: PyTorch keeps tensors in pickles of others as bytes, which are pickles again.
_LOADS_BYTES = Named("torch.storage", "_load_from_bytes")


def names_in(stream: bytes | IO[bytes], one_memo: bool = False) -> Pickled:
    r"""Return what the pickles in a stream would import.

    Parameters
    ----------
    stream : bytes or binary file
        One pickle, or several after one another.
    one_memo : bool, default False
        Whether the later ones are loaded by the same unpickler, and refer to the first.

    Examples
    --------
    >>> hostile = b"cos\nsystem\n(S'echo'\ntR."
    >>> [named.path for named in names_in(hostile).names]
    ['os.system']
    """
    file = io.BytesIO(stream) if isinstance(stream, bytes) else stream
    found = Pickled()
    budget = [_MOST_OPCODES]
    memo: dict[Any, Any] = {}
    first, known = True, 0
    try:
        while first or _left(file):
            known = len(found.names)
            _Reader(file, found, budget, memo if one_memo else {}).read()
            first = False
    except (
        ValueError, IndexError, EOFError, OverflowError, RecursionError, MemoryError, _TooLong,
    ) as error:  # fmt: skip
        # What follows a pickle and is none is no matter: nobody asks a pickle's loader for it.
        if first or one_memo or len(found.names) > known or isinstance(error, _TooLong):
            found.problem = str(error) or type(error).__name__
    return found


class _TooLong(Exception):
    """It has more opcodes, or pickles inside one another, than are followed."""


class _Reader:
    """Follows one pickle from its first opcode to its STOP."""

    def __init__(
        self,
        file: IO[bytes],
        found: Pickled,
        budget: list[int],
        memo: dict[Any, Any],
        depth: int = 0,
    ) -> None:
        self._file = file
        self._found = found
        self._budget = budget
        self._depth = depth
        self._stack: list[Any] = []
        self._memo = memo
        if depth > _DEEPEST:
            raise _TooLong("too many pickles lie inside one another")

    def read(self) -> None:
        """Follow the opcodes; the file is left after STOP."""
        for opcode, argument, _ in pickletools.genops(self._file):
            self._budget[0] -= 1
            if self._budget[0] < 0:
                raise _TooLong(f"it has more than {_MOST_OPCODES:,} opcodes")
            self._follow(opcode, argument)

    def _follow(self, opcode: pickletools.OpcodeInfo, argument: Any) -> None:
        name = opcode.name
        step = getattr(self, f"_{name.lower()}", None)
        if step is not None:
            step(argument)
        elif "PUT" in name:
            self._memo[argument] = self._top()
        elif name.endswith("GET"):
            self._stack.append(self._memo.get(argument, _UNKNOWN))
        elif opcode.arg is not None and len(opcode.stack_after) == 1 and not opcode.stack_before:
            plain = isinstance(argument, str | int | bytes)
            self._stack.append(argument if plain else _UNKNOWN)
        else:
            self._any(opcode)

    def _any(self, opcode: pickletools.OpcodeInfo) -> None:
        """Do to the stack what the table of opcodes says, with unknown results."""
        before = list(opcode.stack_before)
        if _SLICE in before:
            self._taken(self._to_mark())
            before = before[: before.index(_MARK)]
        self._taken([self._pop() for _ in before])
        self._stack += [_MARKED if kind is _MARK else _UNKNOWN for kind in opcode.stack_after]

    # -- names -------------------------------------------------------------------------

    def _global(self, argument: str) -> None:
        self._stack.append(self._name(*argument.split(" ", 1)))

    def _inst(self, argument: str) -> None:
        arguments = tuple(self._to_mark())
        self._call(self._name(*argument.split(" ", 1)), arguments)

    def _stack_global(self, _: Any) -> None:
        name, module = self._pop(), self._pop()
        if isinstance(name, str) and isinstance(module, str):
            self._stack.append(self._name(module, name))
        else:
            self._found.names[COMPUTED] = None
            self._stack.append(_UNKNOWN)

    def _ext(self, argument: int) -> None:
        # Which one it is, the loading process's own registry says.
        self._stack.append(self._name("copyreg", f"extension {argument}"))

    _ext1 = _ext2 = _ext4 = _ext

    def _persid(self, _: str) -> None:
        self._stack.append(_UNKNOWN)

    def _name(self, module: str, name: str) -> Named:
        named = Named(module, name)
        if named not in _GETATTRS:  # what it gets counts, where that can be told
            self._found.names[named] = None
        return named

    def _taken(self, values: list[Any]) -> list[Any]:
        """Note that ``getattr`` itself is handed on, so that nobody knows what it will get."""
        if any(isinstance(value, Named) and value in _GETATTRS for value in values):
            self._found.names[COMPUTED] = None
        return values

    # -- objects -----------------------------------------------------------------------

    def _reduce(self, _: Any) -> None:
        arguments, by = self._pop(), self._pop()
        self._call(by, arguments)

    def _obj(self, _: Any) -> None:
        by, *arguments = self._to_mark() or [_UNKNOWN]
        self._call(by, tuple(arguments))

    def _newobj(self, _: Any) -> None:
        arguments, by = self._pop(), self._pop()
        self._stack.append(_Made(by, arguments))

    def _call(self, by: Any, arguments: Any) -> None:
        given = arguments if isinstance(arguments, tuple) else ()
        self._taken(list(given))
        if isinstance(by, Named) and by in _GETATTRS:
            self._stack.append(self._attribute(*(*given, None, None)[:2]))
            return
        if by == _LOADS_BYTES and given and isinstance(given[0], bytes):
            self._found.inner.append(given[0])
        self._stack.append(_Made(by, arguments))

    def _attribute(self, owner: Any, name: Any) -> Any:
        if isinstance(owner, _Made):
            owner = owner.by
        if isinstance(owner, Named) and isinstance(name, str):
            return self._name(owner.module, f"{owner.name}.{name}")
        self._found.names[COMPUTED] = None
        return _UNKNOWN

    def _build(self, _: Any) -> None:
        state, built = self._pop(), self._top()
        if isinstance(built, _Made):
            built.state = state
            if isinstance(built.by, Named) and built.by.name in _ARRAY_WRAPPERS:
                self._skip_array(state)

    def _skip_array(self, state: Any) -> None:
        """Go past the bytes of an array that joblib wrote into the middle of its pickle."""
        if not isinstance(state, dict):
            return
        kind = state.get("dtype")
        code = kind.arguments[0] if isinstance(kind, _Made) and kind.arguments else ""
        shape = state.get("shape")
        if not isinstance(code, str) or not isinstance(shape, tuple):
            raise ValueError("an array in it is not described as joblib does")
        if code.startswith("O"):
            _Reader(self._file, self._found, self._budget, {}, self._depth + 1).read()
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            padding = self._file.read(1)
            self._file.read(padding[0] if padding else 0)
        wanted = math.prod(n for n in shape if isinstance(n, int)) * _itemsize(code)
        if not 0 <= wanted <= _left(self._file):
            raise ValueError("an array in it is cut off")
        self._file.seek(wanted, io.SEEK_CUR)

    # -- the stack ----------------------------------------------------------------------

    def _memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._top()

    def _dup(self, _: Any) -> None:
        self._stack.append(self._top())

    def _none(self, _: Any) -> None:
        self._stack.append(None)

    def _newtrue(self, _: Any) -> None:
        self._stack.append(True)

    def _newfalse(self, _: Any) -> None:
        self._stack.append(False)

    def _empty_tuple(self, _: Any) -> None:
        self._stack.append(())

    def _tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._taken(self._to_mark())))

    def _tuple1(self, _: Any) -> None:
        self._stack.append(tuple(self._taken([self._pop()])))

    def _tuple2(self, _: Any) -> None:
        second, first = self._pop(), self._pop()
        self._stack.append(tuple(self._taken([first, second])))

    def _tuple3(self, _: Any) -> None:
        third, second, first = self._pop(), self._pop(), self._pop()
        self._stack.append(tuple(self._taken([first, second, third])))

    def _empty_dict(self, _: Any) -> None:
        self._stack.append({})

    def _dict(self, _: Any) -> None:
        made: dict[str, Any] = {}
        _fill(made, self._taken(self._to_mark()))
        self._stack.append(made)

    def _setitem(self, _: Any) -> None:
        value, key = self._pop(), self._pop()
        _fill(self._top(), self._taken([key, value]))

    def _setitems(self, _: Any) -> None:
        pairs = self._taken(self._to_mark())
        _fill(self._top(), pairs)

    def _pop(self, _: Any = None) -> Any:
        return self._stack.pop() if self._stack else _UNKNOWN

    def _top(self) -> Any:
        return self._stack[-1] if self._stack else _UNKNOWN

    def _to_mark(self) -> list[Any]:
        for at in range(len(self._stack) - 1, -1, -1):
            if self._stack[at] is _MARKED:
                taken = self._stack[at + 1 :]
                del self._stack[at:]
                return taken
        taken, self._stack = self._stack, []
        return taken


def _fill(target: Any, pairs: list[Any]) -> None:
    """Put into a dictionary what has a text as its key; the rest is of no matter here."""
    if isinstance(target, dict):
        for key, value in zip(pairs[::2], pairs[1::2], strict=False):
            if isinstance(key, str):
                target[key] = value


def _itemsize(code: str) -> int:
    import numpy as np

    try:
        return int(np.dtype(code[:64]).itemsize)
    except TypeError:
        raise ValueError("an array in it is of an unknown type") from None


def _left(file: IO[bytes]) -> int:
    """Return how many bytes are left."""
    here = file.tell()
    end = file.seek(0, io.SEEK_END)
    file.seek(here)
    return end - here
