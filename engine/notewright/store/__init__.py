"""Bytes and records: objects by their hash, a catalog, references, integrity."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from notewright.errors import StoreUnusable
from notewright.store.catalog import Catalog
from notewright.store.objects import ObjectStore
from notewright.store.packs import PackIndex
from notewright.store.refs import Refs

__all__ = ["Catalog", "ObjectStore", "Refs", "Store"]


class Store:
    """One ``.notewright/`` folder.

    Parameters
    ----------
    root : Path
        The folder. It is created when missing, with a ``.gitignore`` of its own.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            root.mkdir(parents=True, exist_ok=True)
            ignore = root / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise StoreUnusable(root, (error.strerror or str(error)).lower()) from error
        self.catalog = Catalog(root / "catalog.sqlite")

    @cached_property
    def objects(self) -> ObjectStore:
        """The content-addressed objects."""
        return ObjectStore(self.root / "objects", PackIndex(self.catalog.query))

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
        """Return the bytes that everything in the folder takes."""
        return sum(file.stat().st_size for file in self.root.rglob("*") if file.is_file())
