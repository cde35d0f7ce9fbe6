"""Open files: opened again at the same place, if they are read and have not changed."""

from __future__ import annotations

import io
import os
import pickle
import sys
from typing import Any

from notewright.state.pickling.known_files import KnownFile, know

#: Text is looked at for carriage returns; longer files are named as not saved.
_LONGEST = 4 * 1024 * 1024


def reduce_file(file: Any, pickler: Any) -> Any:
    """Reduce an open or closed file."""
    for name in ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__"):
        if file is getattr(sys, name, None):
            pickler.by_name.add(id(file))
            return getattr, (sys, name)
    mode = getattr(file, "mode", None)
    if not isinstance(mode, str):
        raise pickle.PicklingError("it is a file that other objects read or write through")
    if file.closed:
        return _closed, (type(file), file.name, mode, *_text(file))
    if "r" not in mode or "+" in mode:
        raise pickle.PicklingError("it is a file open for writing")
    known = know(file.name if not isinstance(file.name, int) else None)
    if type(file) is io.TextIOWrapper:
        _check_lines(known)
    place = file.tell()
    buffered = type(file) is not io.FileIO
    return _reopen, (known, "r" if _text(file) else "rb", buffered, place, *_text(file))


def _text(file: Any) -> tuple[Any, ...]:
    if type(file) is not io.TextIOWrapper:
        return ()
    return (file.encoding, file.errors, file.line_buffering)


def _check_lines(known: KnownFile) -> None:
    """Refuse text whose lines depend on how it was opened, which a file does not tell."""
    if known.size > _LONGEST:
        raise pickle.PicklingError("it is a long text file open for reading")
    with open(known.path, "rb") as raw:
        if b"\r" in raw.read():
            raise pickle.PicklingError("it is a text file with carriage returns")


def _reopen(
    known: KnownFile,
    mode: str,
    buffered: bool,
    place: int,
    encoding: str | None = None,
    errors: str | None = None,
    line_buffering: bool = False,
) -> Any:
    path = known.checked()
    if mode == "rb":
        file: Any = open(path, "rb", buffering=-1 if buffered else 0)  # noqa: SIM115
    else:
        file = open(path, encoding=encoding, errors=errors)  # noqa: SIM115
    file.seek(place)
    return file


def _closed(
    kind: Any,
    name: Any,
    mode: str,
    encoding: str | None = None,
    errors: str | None = None,
    line_buffering: bool = False,
) -> Any:
    opened = mode.replace("x", "w")
    buffering = 0 if kind is io.FileIO else -1
    file: Any = open(os.devnull, opened, buffering, encoding, errors)  # noqa: SIM115
    layer = file
    while not isinstance(layer, io.FileIO):
        layer = getattr(layer, "buffer", None) or layer.raw
    layer.name = name
    if kind is io.TextIOWrapper:
        file.mode = mode
    file.close()
    return file
