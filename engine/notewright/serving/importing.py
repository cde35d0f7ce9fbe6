"""A package's modules come from the bytes that were verified, and from nothing else.

Python would take a compiled module from ``__pycache__`` or the bytecode cache, where
nobody looked, and would read a source again after it was checked. Here each module
is compiled from its source in memory, and its digest is that of the manifest.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

from notewright.errors import PackageAltered
from notewright.store.canonical import digest_of

if TYPE_CHECKING:
    from _typeshed.importlib import PathEntryFinderProtocol as PathEntryFinder


def import_from(package: Path, files: Mapping[str, str]) -> None:
    """Make ``src/`` of the package importable, each module as the manifest has it.

    Parameters
    ----------
    package : Path
        The package's directory.
    files : mapping of str to str
        File to digest, from :func:`notewright.serving.integrity.check_files`.
    """
    source = package.resolve() / "src"

    class Verified(SourceFileLoader):
        """Compiles a module from its verified source, every time."""

        def get_code(self, fullname: str) -> CodeType:
            content = self.get_data(self.path)
            file = Path(self.path).relative_to(source.parent).as_posix()
            if digest_of(content) != files.get(file):
                raise PackageAltered(package.name, file, "its bytes changed")
            return compile(content, self.path, "exec", dont_inherit=True)

    find = FileFinder.path_hook((Verified, SOURCE_SUFFIXES))

    def hook(path: str) -> PathEntryFinder:
        if not Path(path).is_relative_to(source):
            raise ImportError("not a folder of this package")
        return find(path)

    sys.path_hooks.insert(0, hook)
    sys.path.insert(0, str(source))
