"""Bytes and records: objects by their hash, a catalog, references, integrity."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path

from notewright.store.catalog import Catalog
from notewright.store.objects import ObjectStore
from notewright.store.opening import marker, open_catalog
from notewright.store.packs import PackIndex
from notewright.store.refs import Refs

__all__ = ["Catalog", "ObjectStore", "Refs", "Store", "marker"]


class Store:
    """One ``.notewright/`` folder.

    Parameters
    ----------
    root : Path
        The folder. It is created when missing, with a ``.gitignore`` of its own.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.catalog = open_catalog(root)

    @cached_property
    def objects(self) -> ObjectStore:
        """The content-addressed objects."""
        return ObjectStore(
            self.root / "objects", PackIndex(self.catalog.query, self.catalog.after_commit)
        )

    @cached_property
    def refs(self) -> Refs:
        """The references and their history."""
        return Refs(self.catalog)

    def folder(self, name: str) -> Path:
        """Return the subfolder `name` (our own word, not a user's), created when missing."""
        path = self.root / name
        path.mkdir(exist_ok=True)
        return path

    def disk_usage(self) -> int:
        """Return the bytes that everything in the folder takes, and the records elsewhere."""
        total = self.catalog.size()
        for file in self.root.rglob("*"):
            with suppress(FileNotFoundError):  # removed meanwhile
                total += file.stat().st_size if file.is_file() else 0
        return total
