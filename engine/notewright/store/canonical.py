"""One byte sequence for one JSON value (RFC 8785), and its address."""

from __future__ import annotations

import codecs
import dataclasses
import json
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import blake3
import rfc8785

# Its codec is imported at first use; that shall not be in a copy of the process, of which
# another thread was just importing it.
codecs.lookup("utf-16be")


#: Most of what a record is made of.
_PLAIN = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """Return `value` with data classes, tuples and mappings as plain JSON values."""
    if type(value) in _PLAIN:
        return value
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
    try:
        return _text(value).encode()
    except (_Other, UnicodeEncodeError):  # not plain as it is
        return dumps(plain(value))


def dumps(value: Any) -> bytes:
    """Return the RFC 8785 form of a plain JSON value.

    This runs after every cell, for every run and for every entry of the audit log, so what
    records are made of is written here, in half the time; anything else is left to
    the `rfc8785` library, errors included.

    Examples
    --------
    >>> dumps({"ü": [1.0, 1e-05, True, None]}).decode()
    '{"ü":[1,0.00001,true,null]}'
    """
    try:
        return _text(value).encode()
    except (_Other, UnicodeEncodeError):
        return rfc8785.dumps(value)


class _Other(Exception):
    """Something that is left to the library."""


def _text(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return _quoted(value)
    if kind is dict:
        items = [(key, item) for key, item in value.items()]
        for key, _ in items:
            # Keys are ordered by their UTF-16 units, which up to there is by code points.
            if type(key) is not str or not (key.isascii() or max(key) < "\ud800"):
                raise _Other
        items.sort(key=_first)
        return "{" + ",".join([f"{_quoted(key)}:{_text(item)}" for key, item in items]) + "}"
    if kind is list:
        return "[" + ",".join([_text(item) for item in value]) + "]"
    if kind is float:
        return _float(value)
    if kind is int:
        if -_EXACT < value < _EXACT:
            return repr(value)
    elif value is None or kind is bool:
        return _CONSTANTS[value]
    raise _Other


def _float(value: float) -> str:
    text = repr(value)
    if text.endswith(".0"):
        return text[:-2] if value else "0"
    if "e" not in text:
        if "n" in text:  # nan, inf
            raise _Other
        return text
    number, _, exponent = text.partition("e")
    power = int(exponent)
    if power > 20:
        return text
    if power < -6:
        return f"{number}e{power}"
    if power > 0:
        raise _Other  # rare, and written with all its digits
    sign = "-" if value < 0 else ""
    return f"{sign}0.{'0' * (-power - 1)}{number.lstrip('-').replace('.', '')}"


_EXACT = 2**53
_CONSTANTS = {None: "null", True: "true", False: "false"}
_first = itemgetter(0)
_quoted = json.encoder.encode_basestring


def digest_of(data: bytes | memoryview) -> str:
    """Return the BLAKE3 address of `data`, 64 hexadecimal digits."""
    return blake3.blake3(data).hexdigest()


def parse(data: bytes) -> Any:
    """Return the JSON value in `data`."""
    return json.loads(data)
