"""Containers of the process itself: saved by name, never by value.

``g = globals()`` or ``path = sys.path`` names a dictionary or list that goes on
living; a copy of it would look right and be wrong. The C pickler asks nobody
about dictionaries and lists, so they are put into its memo beforehand: a short
prelude, the same in every pickle, tells the unpickler what they are.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from typing import Any

#: The module name under which the prelude asks for them.
MODULE = "notewright.live"

_NAMES = ("namespace", "builtins", "modules", "path", "argv")

#: The names under which it asks for objects that the caller puts in.
_APART = "apart"


def prelude(apart: int = 0) -> bytes:
    """Return a pickle that puts the live containers into the memo, and `apart` more objects."""
    names = (*_NAMES, *(f"{_APART}{position}" for position in range(apart)))
    asked = b"".join(f"c{MODULE}\n{name}\n".encode() + b"\x940" for name in names)
    return b"\x80\x05" + asked + b"N."


def containers(namespace: dict[str, Any]) -> tuple[Any, ...]:
    """Return the live containers, in the order of the prelude."""
    return (namespace, builtins.__dict__, sys.modules, sys.path, sys.argv)


def find(name: str, namespace: dict[str, Any], apart: Sequence[Any] = ()) -> Any:
    """Return the live container, or the object put in, called `name`."""
    if name.startswith(_APART):
        return apart[int(name.removeprefix(_APART))]
    return containers(namespace)[_NAMES.index(name)]
