"""What a snapshot keeps beside the variables: the document, data files, the commit.

Contents go into the packs under their hash, so the same file is stored once,
whatever reads it and however often a snapshot is taken.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import blake3

from notewright.errors import FolderTaken, FolderUnusable, NotKept, UnknownId
from notewright.state.commit import commit_of
from notewright.state.records import Commit, FileRead, Kept, Snapshot
from notewright.store.canonical import canonical, digest_of
from notewright.store.disk import words
from notewright.store.ids import new_id
from notewright.store.objects import ObjectStore
from notewright.store.packs import PackWriter

#: Data files up to this size are kept without being asked for,
SMALL = 1 << 20
#: as long as all of a snapshot together are not more than this.
ALL_SMALL = 100 << 20
#: A notebook's document that is larger is known by its hash only.
_DOCUMENT = 64 << 20
#: Larger files are kept in pieces of this size.
_PIECE = 1 << 20
#: What these hold is nobody's data.
_KEYS = {".pem", ".key", ".p12", ".pfx", ".jks", ".kdbx"}

#: Size, time of change and inode: while they are the same, so are the bytes.
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Beside:
    """What to keep beside the variables.

    Parameters
    ----------
    root : Path
        The workspace's root, which paths of data files are relative to.
    folder : Path
        Where the notebook is: its commit is noted.
    document : Path, optional
        The notebook's document.
    with_data : bool, default False
        Keep data files of any size.
    asks_git : bool, default False
        Ask git whether something is not committed.
    """

    root: Path
    folder: Path
    document: Path | None = None
    with_data: bool = False
    asks_git: bool = False


@dataclass(frozen=True)
class Held:
    """What was kept, by the names it has in a snapshot's record."""

    document: FileRead | None = None
    kept: tuple[Kept, ...] = ()
    git: Commit | None = None


@dataclass
class _Document:
    stamp: Stamp
    file: FileRead
    address: str | None


class Contents:
    """Keeps files' contents in packs, and gives them back.

    Parameters
    ----------
    objects : ObjectStore
        Where they are.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._documents: dict[Path, _Document] = {}
        #: Of large files, by their digest: where the list of pieces is.
        self._lists: dict[str, str] = {}
        #: Of each path, the newest digest that was kept.
        self._newest: dict[str, str] = {}
        #: Files that were not what they had been when they were read: not looked at again.
        self._others: dict[str, tuple[str, Stamp]] = {}

    def keep(self, beside: Beside | None, files: Iterable[FileRead], writer: PackWriter) -> Held:
        """Keep the document and the data files that are still what was read.

        Parameters
        ----------
        beside : Beside or None
            What to keep; nothing if None.
        files : iterable of FileRead
            The data files that were read.
        writer : PackWriter
            Appends to the snapshot's pack.
        """
        if beside is None:
            return Held()
        kept: dict[str, Kept] = {}
        total = 0
        for file in files:
            asked = beside.with_data or (file.size <= SMALL and total + file.size <= ALL_SMALL)
            if file.path in kept or _is_secret(file.path):
                continue
            address = self._address(file, writer)
            if address is None and asked:
                with suppress(OSError):  # it cannot be read any more: its hash is what is known
                    address = self._store(file, beside.root / file.path, writer)
            if address is not None:
                kept[file.path] = Kept(file.path, address)
                total += file.size if file.size <= SMALL else 0
        document = None
        with suppress(OSError):
            document = self._stored_document(beside, writer)
        if document is not None and document.address is not None:
            kept[document.file.path] = Kept(document.file.path, document.address)
        return Held(
            None if document is None else document.file,
            tuple(kept.values()),
            commit_of(beside.folder, ask=beside.asks_git),
        )

    def parts(self, file: str, address: str) -> list[str]:
        """Return the addresses of every object that a file's contents need.

        Parameters
        ----------
        file : str
            The file's digest.
        address : str
            Where its contents are.
        """
        return [address] if address == file else [address, *self._pieces(address)]

    def copy(
        self,
        snapshot: Snapshot,
        to: Path,
        only: Iterable[str] | None,
        but: Container[str] = (),
    ) -> list[Path]:
        """Put the files a snapshot has, `but` some, into a new folder; return where each is."""
        chosen = [each for each in self._choose(snapshot, only) if each[0].path not in but]
        if not chosen:
            return []
        to = Path(os.path.abspath(to.expanduser()))
        if os.path.lexists(to) and not (to.is_dir() and not any(to.iterdir())):
            raise FolderTaken(to)
        aside = to.with_name(f".{to.name}-{new_id()[:8]}")
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            aside.mkdir()
            for file, address in chosen:
                target = aside / _place(file.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as out:
                    out.writelines(self._read(file, address))
            aside.replace(to)
        except OSError as error:
            raise FolderUnusable(to, words(error)) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return [to / _place(file.path) for file, _ in chosen]

    # -- keeping ------------------------------------------------------------------------

    def _address(self, file: FileRead, writer: PackWriter) -> str | None:
        """Return where the contents of `file` are already, or None."""
        listed = self._lists.get(file.digest)
        for address in (file.digest, listed):
            if address is not None and writer.find(address) is not None:
                return address
        return None

    def _store(self, file: FileRead, path: Path, writer: PackWriter) -> str | None:
        """Store the contents of `file` if they are still what was read."""
        with _opened(path) as source:
            if source is None:
                return None
            stamp = _stamp(source)
            if stamp[0] != file.size or self._others.get(file.path) == (file.digest, stamp):
                return None
            if file.size <= _PIECE:
                data = source.read(file.size + 1)
                address = file.digest if digest_of(data) == file.digest else None
                if address is not None:
                    writer.put(data, self._newest.get(file.path))
            else:
                address = self._store_pieces(file, source, writer)
        if address is None:
            self._others[file.path] = (file.digest, stamp)
        else:
            self._newest[file.path] = address
        return address

    def _store_pieces(self, file: FileRead, source: BinaryIO, writer: PackWriter) -> str | None:
        # Twice: what turns out to be another file must not be in the pack.
        if _hashed(source) != file.digest:
            return None
        source.seek(0)
        hasher = blake3.blake3()
        pieces: list[str] = []
        while piece := source.read(_PIECE):
            hasher.update(piece)
            pieces.append(writer.put(piece))
        if hasher.hexdigest() != file.digest:
            return None
        address = writer.put(canonical({"pieces": pieces}))
        self._lists[file.digest] = address
        return address

    def _stored_document(self, beside: Beside, writer: PackWriter) -> _Document | None:
        path = beside.document
        if path is None:
            return None
        before = self._documents.get(path)
        with _opened(path) as source:
            if source is None:
                return None
            stamp = _stamp(source)
            known = before is not None and before.stamp == stamp
            if before is not None and known and self._is_there(before.address, writer):
                return before
            shown = shown_path(path, beside.root)
            if stamp[0] > _DOCUMENT:
                found = _Document(stamp, FileRead(shown, _hashed(source), stamp[0]), None)
            else:
                data = source.read(_DOCUMENT + 1)
                address = writer.put(data, before.address if before else None)
                found = _Document(stamp, FileRead(shown, address, len(data)), address)
        self._documents[path] = found
        return found

    def _is_there(self, address: str | None, writer: PackWriter) -> bool:
        # The snapshot that it was stored for may have failed.
        return address is None or writer.find(address) is not None

    # -- giving back --------------------------------------------------------------------

    def _choose(self, snapshot: Snapshot, only: Iterable[str] | None) -> list[tuple[FileRead, str]]:
        document = [snapshot.document] if snapshot.document is not None else []
        files = {file.path: file for file in (*snapshot.files, *document)}
        chosen = []
        for path in dict.fromkeys(files if only is None else only):
            if path not in files:
                raise UnknownId("file", path, f"%nw show {snapshot.id[:6]}")
            address = snapshot.address(path)
            if address is not None:
                chosen.append((files[path], address))
            elif only is not None:
                raise NotKept(path, snapshot.id[:6])
        return chosen

    def _pieces(self, address: str) -> list[str]:
        pieces: list[str] = self._objects.get_json(address)["pieces"]
        return pieces

    def bytes_of(self, file: FileRead, address: str) -> bytes:
        """Return the contents of a file that are kept at an address."""
        return b"".join(self._read(file, address))

    def _read(self, file: FileRead, address: str) -> Iterator[bytes]:
        for piece in [address] if address == file.digest else self._pieces(address):
            yield self._objects.get(piece)


def document_path(notebook: str | None, folder: Path) -> Path | None:
    """Return where a notebook's document is, from what the client says of it, or None.

    Parameters
    ----------
    notebook : str or None
        A path; a relative one is relative to a folder the kernel does not know.
    folder : Path
        The kernel's folder, which is the notebook's.
    """
    if notebook is None or not notebook.endswith(".ipynb"):
        return None
    path = Path(notebook)
    return (path if path.is_absolute() else folder / path.name).resolve()


def shown_path(path: Path, root: Path) -> str:
    """Return how a record names a file: relative to the workspace when inside it."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _is_secret(path: str) -> bool:
    """Tell whether a file is rather a setting or a key than data."""
    named = PurePosixPath(path)
    return any(part.startswith(".") for part in named.parts) or named.suffix.lower() in _KEYS


def _place(path: str) -> Path:
    """Return where in a folder of copies the file `path` goes; never outside it."""
    named = PurePosixPath(path)
    parts = [part for part in named.parts if part not in ("/", ".", "..")]
    return Path("outside", *parts) if named.is_absolute() else Path(*parts)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO | None]:
    """Open an ordinary file that can be read, or give None; a pipe in its place never waits."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError):
        yield None
        return
    with os.fdopen(handle, "rb") as source:
        yield source if stat.S_ISREG(os.fstat(handle).st_mode) else None


def _stamp(source: BinaryIO) -> Stamp:
    found = os.fstat(source.fileno())
    return found.st_size, found.st_mtime_ns, found.st_ino


def _hashed(source: BinaryIO) -> str:
    hasher = blake3.blake3()
    while piece := source.read(_PIECE):
        hasher.update(piece)
    return hasher.hexdigest()
