"""Code objects, written without regard to which of their strings are one object."""

from __future__ import annotations

from types import CodeType
from typing import Any

from notewright.state.pickling.words import fresh, word


def reduce_code(code: CodeType, pickler: Any) -> Any:
    """Reduce a code object."""
    texts = [(at, fresh(c)) for at, c in enumerate(code.co_consts) if type(c) is str]
    constants = tuple([None if type(c) is str else c for c in code.co_consts])
    numbers = (
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_nlocals,
        code.co_stacksize,
        code.co_flags,
        code.co_firstlineno,
    )
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    words = (code.co_filename, code.co_name, code.co_qualname)
    return _make_code, (
        numbers,
        bytes(code.co_code),
        constants,
        texts,
        fresh("\0".join(" ".join(some) for some in names)),
        fresh("\0".join(words)),
        bytes(code.co_linetable),
        bytes(code.co_exceptiontable),
    )


def _make_code(
    numbers: tuple[int, ...],
    instructions: bytes,
    constants: tuple[Any, ...],
    texts: list[tuple[int, bytes]],
    names: bytes,
    words: bytes,
    lines: bytes,
    exceptions: bytes,
) -> CodeType:
    all_constants = list(constants)
    for at, text in texts:
        all_constants[at] = text.decode("utf-8", "surrogatepass")
    globals_, locals_, free, cells = (tuple(some.split()) for some in word(names).split("\0"))
    filename, name, qualname = word(words).split("\0")
    *counts, first = numbers
    make: Any = CodeType
    made: CodeType = make(
        *counts,
        instructions,
        tuple(all_constants),
        globals_,
        locals_,
        filename,
        name,
        qualname,
        first,
        lines,
        exceptions,
        free,
        cells,
    )
    return made
