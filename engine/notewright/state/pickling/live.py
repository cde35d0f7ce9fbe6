"""Containers of the process itself: saved by name, never by value.

``g = globals()`` or ``path = sys.path`` names a dictionary or list that goes on
living; a copy of it would look right and be wrong. The C pickler asks nobody
about dictionaries and lists, so they are put into its memo beforehand: a short
prelude, the same in every pickle, tells the unpickler what they are.
"""

from __future__ import annotations

import builtins
import sys
from typing import Any

#: The module name under which the prelude asks for them.
MODULE = "notewright.live"

_NAMES = ("namespace", "builtins", "modules", "path", "argv")

#: A pickle that puts the live containers into the unpickler's memo and returns None.
PRELUDE = (
    b"\x80\x05" + b"".join(f"c{MODULE}\n{name}\n".encode() + b"\x940" for name in _NAMES) + b"N."
)


def containers(namespace: dict[str, Any]) -> tuple[Any, ...]:
    """Return the live containers, in the order of the prelude."""
    return (namespace, builtins.__dict__, sys.modules, sys.path, sys.argv)


def find(name: str, namespace: dict[str, Any]) -> Any:
    """Return the live container called `name`."""
    return containers(namespace)[_NAMES.index(name)]
