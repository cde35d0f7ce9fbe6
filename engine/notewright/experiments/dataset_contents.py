"""The contents of datasets as objects: a table's columns in pieces, a file's bytes in pieces.

A table is stored as a snapshot stores a variable (`state/capture/keeping.py`), so that its
columns are pieces of their own: a version with one more column costs one column. The objects are
files, not parts of a snapshot's pack, so that removing snapshots never takes them.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import blake3

from notewright.errors import FolderUnusable, NoDataset, NotewrightError
from notewright.experiments.dataset_version import DatasetVersion
from notewright.progress import Progress
from notewright.state.capture.chunks import CHUNK, LARGE, pieces, row_of
from notewright.state.contents import Contents
from notewright.state.describe import type_name
from notewright.state.loading import load_groups
from notewright.state.loading import parts as table_parts
from notewright.state.pickling.pickler import dump
from notewright.store.disk import words
from notewright.store.ids import new_id
from notewright.store.objects import ObjectStore

#: Types that are tables, by the library and the name of the type.
_TABLES = {
    ("pandas", "DataFrame"),
    ("pandas", "Series"),
    ("numpy", "ndarray"),
    ("polars", "DataFrame"),
    ("polars", "Series"),
    ("pyarrow", "Table"),
}
_NAME = "table"


def is_table(value: Any) -> bool:
    """Tell whether a value is a table or an array that can be a dataset.

    Examples
    --------
    >>> import numpy as np
    >>> is_table(np.zeros(3)), is_table([0, 0, 0])
    (True, False)
    """
    return any(
        (kind.__module__.partition(".")[0], kind.__name__) in _TABLES for kind in type(value).mro()
    )


def keep_table(objects: ObjectStore, value: Any, progress: Progress) -> tuple[str, int]:
    """Store a table; return where it is and its bytes.

    Raises
    ------
    NoDataset
        If it holds what cannot be stored.
    """
    try:
        pickled = dump(value, {"__name__": "__main__"})
    except Exception as error:
        raise NoDataset(f"The {type_name(value)}", f"it cannot be saved ({error})") from error
    raws = [buffer.raw() for buffer in pickled.buffers]
    large = []
    for buffer, raw in zip(pickled.buffers, raws, strict=True):
        if raw.nbytes >= LARGE:
            addresses = []
            for start, end in pieces(raw.nbytes, row_of(buffer)):
                progress.check()
                addresses.append(objects.put(raw[start:end]))
            large.append(addresses)
    manifest = {
        "names": [_NAME],
        "alias": True,
        "stream": objects.put(pickled.stream),
        "small": objects.put(b"".join(raw for raw in raws if raw.nbytes < LARGE)),
        "buffers": large,
        "sizes": [raw.nbytes for raw in raws],
        "deferrable": pickled.deferrable,
    }
    return objects.put_json(manifest), pickled.size


def load_table(objects: ObjectStore, address: str) -> Any:
    """Return the table at `address` as a new object.

    Unpickling runs code: the caller has checked who signed it.
    """
    namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    (group,) = load_groups([address], namespace, objects)
    if isinstance(group, NotewrightError):
        raise group
    return group[_NAME]


def keep_file(objects: ObjectStore, path: Path, progress: Progress) -> tuple[str, str, int]:
    """Store a file; return its digest, where its contents are, and its bytes.

    Raises
    ------
    NoDataset
        If it is no ordinary file, or cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as source:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise NoDataset(f"{path}", "it is no file")
            hasher, size, addresses = blake3.blake3(), 0, []
            while piece := source.read(CHUNK):
                progress.step(size / max(found.st_size, 1) * 0.99, f"storing {path.name}")
                hasher.update(piece)
                size += len(piece)
                addresses.append(objects.put(piece))
    except OSError as error:
        raise NoDataset(f"{path}", words(error)) from error
    if not addresses:
        addresses = [objects.put(b"")]
    if len(addresses) == 1:
        return addresses[0], addresses[0], size
    return hasher.hexdigest(), objects.put_json({"pieces": addresses}), size


def file_pieces(objects: ObjectStore, content: str, address: str) -> Iterator[bytes]:
    """Yield the bytes of a stored file, piece by piece, each verified."""
    parts = Contents(objects).parts(content, address)
    for piece in parts if address == content else parts[1:]:
        yield objects.get(piece)


def parts(objects: ObjectStore, version: DatasetVersion) -> list[str]:
    """Return the addresses of every object that a version needs; those that can be told."""
    try:
        if version.kind == "table":
            return [version.digest, *table_parts(version.address, objects)]
        return [version.digest, *Contents(objects).parts(version.content, version.address)]
    except NotewrightError:  # a list of pieces is damaged, which is found by itself
        return [version.digest, version.address]


def write_file(objects: ObjectStore, content: str, address: str, target: Path) -> None:
    """Put a stored file at `target`, whole or not at all."""
    aside = target.with_name(f".{new_id()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("xb") as out:
                for piece in file_pieces(objects, content, address):
                    out.write(piece)
            if target.exists():
                shutil.copymode(target, aside)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise FolderUnusable(target.parent, words(error)) from error
