"""Which data files an execution opened, seen through Python's audit events."""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import blake3
from platformdirs import user_config_path

from notewright.state.contents import shown_path
from notewright.state.records import FileRead

#: What the system shows of itself is no data; Notewright looks there too.
_SYSTEM = ("/proc/", "/sys/")
_CODE = (".py", ".pyc", ".pyi", ".so", ".pyd", ".dylib", ".pth")


@dataclass
class Opened:
    """Paths opened while watching, in order of first opening."""

    read: dict[str, None] = field(default_factory=dict)
    written: dict[str, None] = field(default_factory=dict)


class FileWatch:
    """Notes the files that are opened inside :meth:`watching`, by any thread.

    The interpreter offers no way to take an audit hook out again, so one is
    put in for the whole process, once, and does nothing while nobody watches.
    """

    _installed = False
    _current: Opened | None = None
    _lock = threading.Lock()
    #: Threads that do Notewright's own work while the user's cell may be running.
    _own: ClassVar[set[int]] = set()

    @classmethod
    @contextmanager
    def watching(cls) -> Iterator[Opened]:
        """Collect the files opened inside the block."""
        cls.install()
        opened = Opened()
        previous, cls._current = cls._current, opened
        try:
            yield opened
        finally:
            cls._current = previous

    @classmethod
    @contextmanager
    def paused(cls) -> Iterator[None]:
        """Note nothing inside the block: what Notewright opens itself is not the user's data."""
        current, cls._current = cls._current, None
        try:
            yield
        finally:
            cls._current = current

    @classmethod
    @contextmanager
    def own_work(cls) -> Iterator[None]:
        """Note nothing that this thread opens inside the block."""
        own = threading.get_ident()
        cls._own.add(own)
        try:
            yield
        finally:
            cls._own.discard(own)

    @classmethod
    def install(cls) -> None:
        """Put the hook in, once for the process."""
        with cls._lock:
            if not cls._installed:
                cls._installed = True
                sys.addaudithook(_hear)

    @classmethod
    def note(cls, event: str, arguments: tuple[Any, ...]) -> None:
        """Take in that a file is being opened, if anybody watches."""
        opened = cls._current
        if opened is None:
            return
        if threading.get_ident() in cls._own:
            return
        path = arguments[0]
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, str) or path.endswith(_CODE) or path.startswith(_SYSTEM):
            return
        mode = arguments[1] if event == "open" else "r"
        writes = isinstance(mode, str) and any(letter in mode for letter in "wax+")
        if mode is None:  # os.open: the flags say
            writes = bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
        (opened.written if writes else opened.read)[os.path.abspath(path)] = None


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    # Python calls this for each `id(x)` of anybody's, too. It looks up an attribute of the hook
    # before each call; not finding one on a method takes longer than all of this.
    if event == "open" or event == "sqlite3.connect":
        FileWatch.note(event, arguments)


def data_files(paths: dict[str, None], root: Path) -> tuple[FileRead, ...]:
    """Return those of `paths` that are data, with their hashes.

    Left out are the interpreter's and the libraries' own files, and the
    store's.

    Parameters
    ----------
    paths : dict
        Absolute paths.
    root : Path
        The workspace's root; paths inside it become relative.
    """
    found = []
    for path in map(Path, paths):
        if not path.is_file() or _is_machinery(path, root):
            continue
        try:
            hasher = blake3.blake3().update_mmap(path)
        except (OSError, ValueError):
            continue  # gone or unreadable by now: it was never data of this execution's result
        found.append(FileRead(shown_path(path, root), hasher.hexdigest(), path.stat().st_size))
    return tuple(found)


def is_as_read(file: FileRead, root: Path) -> bool:
    """Tell whether a data file still has the contents that an execution read."""
    path = root / file.path
    try:
        if not path.is_file() or path.stat().st_size != file.size:
            return False
        return bool(blake3.blake3().update_mmap(path).hexdigest() == file.digest)
    except (OSError, ValueError):
        return False


_MACHINERY = (
    *(os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")),
    *(os.path.realpath(prefix) for prefix in (sys.prefix, sys.base_prefix)),
    *("/proc", "/dev", "/sys", "/etc", "/usr/share", "/usr/lib"),
)
_HIDDEN = {".ipython", ".jupyter", ".matplotlib", ".cache", ".config", ".notewright", ".git"}


def _is_machinery(path: Path, root: Path) -> bool:
    if path.is_relative_to(root):
        return bool(_HIDDEN & set(path.relative_to(root).parts[:1])) or path.suffix == ".ipynb"
    real = os.path.realpath(path)
    if path.is_relative_to(user_config_path("notewright")):
        return True
    return real.startswith(_MACHINERY) or bool(_HIDDEN & set(path.parts)) or "matplotlib" in real
