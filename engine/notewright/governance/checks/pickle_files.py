"""Finds the pickles inside files of data and models, archives and compressed files included.

Nothing is loaded. No more is decompressed than is allowed: who made the file decides what
comes out of it.
"""

from __future__ import annotations

import ast
import bz2
import gzip
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Any

from notewright.governance.checks.pickle_opcodes import Named, names_in

#: What the names of files end with that are loaded as pickles.
SUFFIXES = frozenset(
    {
        ".ckpt", ".cpkl", ".dill", ".jbl", ".joblib", ".npy", ".npz", ".p", ".pickle", ".pk",
        ".pkl", ".pt", ".pth", ".sav", ".skops",
    }
)  # fmt: skip
#: So many containers may lie inside one another.
_DEEPEST = 4
#: LZMA asks for a dictionary of the size that the file says.
_LZMA_MEMORY = 1 << 28
_CHUNK = 1 << 20
#: What a pickle of protocol 0 or 1 may begin with.
_OLD_PICKLES = frozenset(bytes([code]) for code in b"()]}cNIFLSVUTXKMJGi")


@dataclass
class Looked:
    """What was found in one file.

    Parameters
    ----------
    names : dict of Named
        What its pickles name, in order.
    pickles : int
        How many streams of pickles are in it.
    problem : str
        Why it could not be looked at to its end; empty if it could.
    """

    names: dict[Named, None] = field(default_factory=dict)
    pickles: int = 0
    problem: str = ""


class TooLarge(Exception):
    """More would come out of a file than may be decompressed."""


def look(file: IO[bytes], name: str, limit: int) -> Looked:
    """Return what the pickles in a file name.

    Parameters
    ----------
    file : binary file
        It can be searched.
    name : str
        What it is called; its end says how it is loaded where its bytes do not.
    limit : int
        How many bytes may come out of it.
    """
    looking = _Looking(limit)
    try:
        looking.at(file, PurePosixPath(name).suffix.lower() in SUFFIXES, 0)
    except TooLarge:
        looking.found.problem = f"more than {limit // 1_000_000:,} MB would come out of it"
    except (
        OSError, EOFError, ValueError, SyntaxError, RecursionError, NotImplementedError,
        RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, MemoryError,
    ) as error:  # fmt: skip
        looking.found.problem = str(error) or type(error).__name__
    return looking.found


@dataclass
class _Looking:
    left: int
    found: Looked = field(default_factory=Looked)

    def at(self, file: IO[bytes], wanted: bool, depth: int) -> None:
        """Look at what begins where `file` stands; `wanted` tells that it is loaded as a pickle."""
        if depth > _DEEPEST:
            raise TooLarge
        head = file.read(16)
        file.seek(-len(head), io.SEEK_CUR)
        if head.startswith(b"\x93NUMPY"):
            self._array(file)
            return
        opened = _decompressor(file, head)
        if opened is not None:
            self._compressed(opened, wanted, depth)
            return
        if is_pickle(head) or (wanted and head[:1] in _OLD_PICKLES):
            self._pickle(file, depth, is_pickle(head))
        # A pickle may stand before an archive: which of them is read, the loader decides.
        if head.startswith(b"PK") or (wanted and zipfile.is_zipfile(file)):
            self._archive(file, wanted, depth)

    def _pickle(self, file: IO[bytes], depth: int, surely: bool) -> None:
        size = _size_left(file)
        if size > self.left:
            raise TooLarge
        self.left -= size
        pickled = names_in(file)
        if not surely and pickled.problem and not pickled.names:
            return  # something else whose first byte is an opcode
        self.found.pickles += 1
        self.found.names.update(pickled.names)
        self.found.problem = self.found.problem or pickled.problem
        for inner in pickled.inner:
            self.at(io.BytesIO(inner), True, depth + 1)

    def _array(self, file: IO[bytes]) -> None:
        """Look into an array of NumPy's format, which is a pickle where it holds objects."""
        _, (major, _) = file.read(6), tuple(file.read(2))
        length = int.from_bytes(file.read(2 if major == 1 else 4), "little")
        if length > _CHUNK:
            raise ValueError("the header of an array in it is too long")
        header = ast.literal_eval(file.read(length).decode("utf-8" if major >= 3 else "latin-1"))
        if "O" in str(header["descr"]):
            self._pickle(file, 0, True)

    def _compressed(self, opened: IO[bytes], wanted: bool, depth: int) -> None:
        begin = opened.read(16)
        if not wanted and not is_pickle(begin):
            return  # a table that is compressed, for example
        inside = io.BytesIO()
        inside.write(begin)
        while chunk := opened.read(_CHUNK):
            self.left -= len(chunk)
            if self.left < 0:
                raise TooLarge
            inside.write(chunk)
        inside.seek(0)
        self.at(inside, wanted, depth + 1)

    def _archive(self, file: IO[bytes], wanted: bool, depth: int) -> None:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if member.is_dir():
                    continue
                suffix = PurePosixPath(member.filename).suffix.lower()
                with archive.open(member) as opened:
                    begin = opened.read(16)
                    if suffix == ".json" and wanted:
                        self._schema(begin + self._rest(opened))
                    elif suffix in SUFFIXES or is_pickle(begin) or begin.startswith(b"\x93NUMPY"):
                        inside = io.BytesIO(begin + self._rest(opened))
                        self.at(inside, suffix in SUFFIXES, depth + 1)

    def _rest(self, opened: IO[bytes]) -> bytes:
        rest = opened.read(self.left + 1)
        self.left -= len(rest)
        if self.left < 0:
            raise TooLarge
        return rest

    def _schema(self, text: bytes) -> None:
        """Note the types that a file of skops names."""
        for part in _parts(json.loads(text)):
            module, name = part.get("__module__"), part.get("__class__")
            if isinstance(module, str) and isinstance(name, str):
                self.found.names[Named(module, name)] = None


def is_pickle(head: bytes) -> bool:
    """Tell whether bytes begin as a pickle of protocol 2 or newer does."""
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def _decompressor(file: IO[bytes], head: bytes) -> Any:
    """Return what reads the file decompressed, a piece at a time; None if it is as it is."""
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)
    if head.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if head.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
        return _Pieces(file, lzma.LZMADecompressor(memlimit=_LZMA_MEMORY))
    if head.startswith((b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")):
        return _Pieces(file, zlib.decompressobj())
    return None


class _Pieces:
    """Reads a compressed stream a piece at a time, never more than is asked for."""

    def __init__(self, file: IO[bytes], by: Any) -> None:
        self._file = file
        self._by = by

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        while not self._by.eof:
            waiting = getattr(self._by, "unconsumed_tail", b"")
            needs = getattr(self._by, "needs_input", not waiting)
            given = waiting or (self._file.read(_CHUNK) if needs else b"")
            if needs and not given:
                raise EOFError("it is cut off")
            if made := self._by.decompress(given, size):
                return bytes(made)
        return b""


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _size_left(file: IO[bytes]) -> int:
    here = file.tell()
    end = file.seek(0, io.SEEK_END)
    file.seek(here)
    return end - here
