"""One byte sequence for one JSON value (RFC 8785), and its address."""

from __future__ import annotations

import codecs
import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import blake3
import rfc8785

# Its codec is imported at first use; that shall not be in a copy of the process, of which
# another thread was just importing it.
codecs.lookup("utf-16be")


def plain(value: Any) -> Any:
    """Return `value` with data classes, tuples and mappings as plain JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    return value


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 form of `value`.

    Examples
    --------
    >>> canonical({"b": 1, "a": (1, 2)})
    b'{"a":[1,2],"b":1}'
    """
    return rfc8785.dumps(plain(value))


def digest_of(data: bytes | memoryview) -> str:
    """Return the BLAKE3 address of `data`, 64 hexadecimal digits."""
    return blake3.blake3(data).hexdigest()


def parse(data: bytes) -> Any:
    """Return the JSON value in `data`."""
    return json.loads(data)
