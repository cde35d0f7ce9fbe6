"""Bytes and records: objects by their hash, a catalog, references, integrity."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path

from notewright.store.catalog import Catalog
from notewright.store.disk import refusal
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
        if not (root / "catalog.sqlite").exists():
            self._make()
        self.catalog = Catalog(root / "catalog.sqlite")

    def _make(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            ignore = self.root / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise refusal(self.root, error) from error

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
        """Return the bytes that everything in the folder takes."""
        total = 0
        for file in self.root.rglob("*"):
            with suppress(FileNotFoundError):  # removed meanwhile
                total += file.stat().st_size if file.is_file() else 0
        return total
