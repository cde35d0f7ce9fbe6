"""Which database keeps a store's records: its folder says so, and for a new store the user.

A store begins where ``NOTEWRIGHT_STORE`` says: in a PostgreSQL database where that
is an address of one, in a file of the folder else. From then on the folder knows
(`catalog.sqlite`, or `records.json`, which holds no user and no password), so that
nobody who opens it begins a second set of records beside the first.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from notewright.errors import (
    BadStoreAddress,
    NoPostgresql,
    RecordsElsewhere,
    RecordsMoved,
    StoreUnusable,
)
from notewright.store.address import Address
from notewright.store.catalog import Catalog
from notewright.store.disk import refusal
from notewright.store.ids import new_id
from notewright.store.sqlite import SqliteCatalog

if TYPE_CHECKING:
    from notewright.store.postgresql import PostgresCatalog

VARIABLE = "NOTEWRIGHT_STORE"
_FILE, _ELSEWHERE = "catalog.sqlite", "records.json"
#: What the file is called once its records were moved.
_ASIDE = "moved.sqlite"


@dataclass(frozen=True)
class Elsewhere:
    """Where the records are that are not in the store's folder.

    Parameters
    ----------
    id : str
        The store's id, which the database knows too.
    address : Address
        The database and its schema, without who asks.
    """

    id: str
    address: Address

    @classmethod
    def read(cls, folder: Path) -> Elsewhere | None:
        """Return what a folder says, or None if it says nothing."""
        try:
            return cls.parse((folder / _ELSEWHERE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise refusal(folder, error) from error
        except (ValueError, KeyError, TypeError, BadStoreAddress) as error:
            reason = f"{_ELSEWHERE} does not say where its records are"
            raise StoreUnusable(folder, reason) from error

    @classmethod
    def parse(cls, text: str) -> Elsewhere:
        """Return what `text` says, which :meth:`text` wrote."""
        found = json.loads(text)
        return cls(str(found["id"]), Address.parse(str(found["address"])))

    def text(self) -> str:
        """Return it as JSON, without who asks."""
        return json.dumps({"id": self.id, "address": str(self.address)})

    def claim(self, folder: Path) -> None:
        """Let the folder say so, unless it says something already."""
        mine = folder / f"{_ELSEWHERE}.{self.id}"
        try:
            mine.write_text(self.text() + "\n", encoding="utf-8")
            try:
                with suppress(FileExistsError):
                    os.link(mine, folder / _ELSEWHERE)
            finally:
                mine.unlink(missing_ok=True)
        except OSError as error:
            raise refusal(folder, error) from error


def marker(folder: Path) -> Path | None:
    """Return the file by which a folder is a store, or None if it is none.

    Parameters
    ----------
    folder : Path
        A ``.notewright/`` folder, which need not be there.
    """
    return next((p for p in (folder / _ELSEWHERE, folder / _FILE) if p.is_file()), None)


def open_catalog(folder: Path) -> Catalog:
    """Return the records of the store in `folder`, which are begun when missing.

    Raises
    ------
    BadStoreAddress
        If a new store shall be where ``NOTEWRIGHT_STORE`` names nothing.
    DatabaseUnusable, StoreUnusable
        If its records cannot be read.
    """
    elsewhere = Elsewhere.read(folder)
    if elsewhere is None and (folder / _FILE).exists():
        try:
            return SqliteCatalog(folder / _FILE)
        except RecordsMoved as moved:
            elsewhere = Elsewhere.parse(moved.place)
            settle(folder, elsewhere)
    given = os.environ.get(VARIABLE, "").strip()
    if elsewhere is not None:
        who: Address | None = None
        with suppress(BadStoreAddress):  # where new stores go does not matter to this one
            who = Address.parse(given)
        return _postgresql(folder, elsewhere, who).prepared()
    wanted = Address.parse(given) if given and given != "sqlite" else None
    _make(folder)
    return SqliteCatalog(folder / _FILE) if wanted is None else _begun(folder, wanted)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise refusal(folder, error) from error


def _begun(folder: Path, wanted: Address) -> Catalog:
    """Begin records in PostgreSQL, unless another process was faster."""
    id_ = new_id()
    mine = Elsewhere(id_, wanted.in_schema(f"notewright_{id_}"))
    holder = _postgresql(folder, mine, wanted).holder()
    if holder is not None and Elsewhere.read(folder) is None:
        raise RecordsElsewhere(str(mine.address), folder)
    mine.claim(folder)
    return _postgresql(folder, Elsewhere.read(folder) or mine, wanted).prepared()


def starting(folder: Path, elsewhere: Elsewhere, who: Address) -> Catalog:
    """Return new records in PostgreSQL for a folder that does not say yet that they are there."""
    catalog = _postgresql(folder, elsewhere, who)
    if catalog.holder() is not None:
        raise RecordsElsewhere(str(elsewhere.address), folder)
    return catalog.prepared()


def settle(folder: Path, elsewhere: Elsewhere) -> None:
    """Let a folder say that its records were moved, and put their file aside.

    Whoever opens the store next does so, if who moved them did not come so far.
    """
    elsewhere.claim(folder)
    try:
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                (folder / f"{_FILE}{suffix}").rename(folder / f"{_ASIDE}{suffix}")
    except OSError as error:
        raise refusal(folder, error) from error


def _postgresql(folder: Path, elsewhere: Elsewhere, who: Address | None) -> PostgresCatalog:
    """Return the records that are elsewhere, to be asked with the user and password of `who`."""
    try:
        from notewright.store.postgresql import PostgresCatalog
    except ModuleNotFoundError as error:
        if error.name != "pg8000":
            raise
        raise NoPostgresql from error
    return PostgresCatalog(folder, elsewhere.address.asked_as(who), elsewhere.id)
