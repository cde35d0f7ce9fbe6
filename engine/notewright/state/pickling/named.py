"""Nothing is saved as "whatever has this name in the notebook".

Some objects reduce to a name in their module (a cached function, a NewType, a
user's singleton). For a module on disk that is right. For the notebook it
would give the live object of that name, or none in a fresh kernel: so it is
refused. The stream is only taken apart where the word occurs in it.
"""

from __future__ import annotations

import pickle
import pickletools
from typing import Any, cast

#: The notebook, and what multiprocessing calls it besides.
_MAIN = ("__main__", "__mp_main__")


def check_names(stream: bytes) -> None:
    """Raise PicklingError if `stream` refers to a name in the notebook."""
    if (
        any(main.encode() in stream for main in _MAIN)
        and (name := _name_in_main(stream)) is not None
    ):
        raise pickle.PicklingError(f"it refers to `{name}` in the notebook by name only")


def _name_in_main(stream: bytes) -> str | None:
    # Two pickles follow each other: the prelude, whose entries are numbered first, and the value.
    position = stream.index(b"N.") + 2
    strings: dict[int, str] = {}
    memoized = stream[:position].count(b"\x94")
    pushed: list[str] = []
    last_is_string = False
    for opcode, value, _ in pickletools.genops(stream[position:]):
        name, argument = opcode.name, cast(Any, value)
        if name == "MEMOIZE":
            if last_is_string:
                strings[memoized] = pushed[-1]
            memoized += 1
            continue
        last_is_string = "UNICODE" in name
        if last_is_string:
            pushed = [*pushed[-1:], argument]
        elif name in ("BINGET", "LONG_BINGET"):
            pushed = [*pushed[-1:], strings.get(argument, "")]
        elif name == "STACK_GLOBAL":
            if pushed[0] in _MAIN:
                return pushed[1]
        elif name != "FRAME":
            pushed = []
    return None
