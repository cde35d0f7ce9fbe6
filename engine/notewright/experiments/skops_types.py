"""Which classes and functions a skops file may bring back.

skops asks for the names that a file wants and trusts its reader to judge them. A name alone
says little: some of a file's nodes *call* what they name with arguments of the file's own, and
a library's module holds much that it only imported. So a name passes if it is a class that
the library itself defines, or, where that is asked for, a function that no node calls.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import zipfile
from collections.abc import Collection, Iterator
from typing import Any

import skops.io

#: The one kind of node that gives back a function and does not call it.
_GIVES_BACK = "FunctionNode"
#: What is in a file may be so many times as large as the file, and a little more: skops packs
#: nothing, and reads each part whole.
_MOST_PACKED, _MORE = 32, 64 << 20


def refused(data: bytes, libraries: Collection[str], *, functions: bool) -> tuple[list[str], Any]:
    """Return the names in a skops file that may not come back, and all that need trust.

    Parameters
    ----------
    data : bytes
        The file.
    libraries : collection of str
        Whose own classes may.
    functions : bool
        Whether their functions may too, where the file does not have them called.

    Raises
    ------
    ValueError
        If it would unpack to much more than a model does.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > _MOST_PACKED * len(data) + _MORE:
            raise ValueError(f"it would unpack to {unpacked:,} bytes")
        schema = json.loads(archive.read("schema.json"))
    named = skops.io.get_untrusted_types(data=data)
    called = {name for name, loader in _nodes(schema) if loader != _GIVES_BACK}
    return [
        name
        for name in named
        if not _passes(name, libraries, functions=functions and name not in called)
    ], named


def _passes(name: str, libraries: Collection[str], *, functions: bool) -> bool:
    module, _, attribute = name.rpartition(".")
    library = name.partition(".")[0]
    if library not in libraries:
        return False
    if module not in sys.modules:
        try:
            importlib.import_module(module)
        except ImportError:
            return False
    found = getattr(sys.modules[module], attribute, None)
    if not isinstance(found, type) and (library == "builtins" or not functions):
        return False  # never `eval` and its kind
    # Not what the library imported from elsewhere: `sklearn.datasets` has `GzipFile`.
    return str(getattr(found, "__module__", "")).partition(".")[0] == library


def _nodes(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the name and the loader of everything in a file's list of contents."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "__loader__" in value:
                name = f"{value.get('__module__')}.{value.get('__class__')}"
                yield name, str(value["__loader__"])
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
