"""The prediction log of one deployment.

What is guaranteed: once an answer has left the server, its record survives
``kill -9`` of the server (it is in a spool file, see :mod:`.spool`); within a
tenth of a second it is in the SQLite database; after an orderly stop everything
is. Power loss may take the last tenth of a second. An answer that cannot be
logged is not given.

Records form a hash chain: changing, removing or inserting one is found by
:meth:`PredictionLog.problem`. The chain is over the digests of the rows, so rows
can be erased later and the chain still verifies.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from notewright.errors import AmbiguousId, StoreUnusable, UnknownPrediction
from notewright.serving import spool
from notewright.serving.spool import Entry
from notewright.state.clearing import Cleared
from notewright.state.withheld import (
    UNRESTRICTED,
    Restrictions,
    Withheld,
    Withholding,
    united,
    withheld_words,
)
from notewright.store.canonical import digest_of

DATABASE = "predictions.sqlite"
_GENESIS = "0" * 64
_COLUMNS = "id, time, deployment, status, milliseconds, rows, client_id, error"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS predictions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    time TEXT NOT NULL,
    deployment TEXT NOT NULL,
    status INTEGER NOT NULL,
    milliseconds REAL NOT NULL,
    rows INTEGER NOT NULL,
    client_id TEXT,
    error TEXT,
    inputs BLOB,
    outputs BLOB,
    inputs_digest TEXT NOT NULL,
    outputs_digest TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
)
"""
_INSERT = (
    f"INSERT INTO predictions ({_COLUMNS}, inputs, outputs,"  # noqa: S608 - our own words
    " inputs_digest, outputs_digest, previous, digest) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)


@dataclass(frozen=True)
class Logged:
    """A record as the log holds it; `digest` is empty while it is only in a spool file."""

    entry: Entry
    digest: str = ""
    previous: str = ""
    inputs_digest: str = ""
    outputs_digest: str = ""
    #: Columns whose values were taken out for the reader,
    withheld: tuple[Withheld, ...] = ()
    #: and what was wrong with the record before.
    found: str | None = None

    def problem(self) -> str | None:
        """Say what is wrong with the record, or return None."""
        if self.withheld:
            return self.found
        if not self.digest:
            return None
        for word, data, digest in (
            ("inputs", self.entry.inputs, self.inputs_digest),
            ("outputs", self.entry.outputs, self.outputs_digest),
        ):
            # An erased payload leaves its digest behind.
            if data is not None and digest_of(data) != digest:
                return f"the logged {word} are not those that were written"
        if (
            _chained(self.entry, self.inputs_digest, self.outputs_digest, self.previous)
            != self.digest
        ):
            return "the log record is not the one that was written"
        return None


def less_told(logged: Logged, withholding: Withholding) -> Logged:
    """Return a record without values that are withheld; whether it is whole is told as before."""
    entry = logged.entry
    inputs, outputs = (_without(data, withholding) for data in (entry.inputs, entry.outputs))
    of_error = withholding.mentioned([entry.error or ""])
    withheld = united(inputs.withheld, outputs.withheld, of_error)
    if not withheld:
        return logged
    less = replace(
        entry,
        inputs=inputs.value,
        outputs=outputs.value,
        error=f"{withheld_words(of_error)}." if of_error else entry.error,
    )
    return replace(logged, entry=less, withheld=withheld, found=logged.problem())


def _without(data: bytes | None, withholding: Withholding) -> Cleared:
    """Return a body without the data of tensors that are withheld."""
    try:
        document = json.loads(data or b"null")
    except ValueError:  # it was edited, which is found by its digest
        return Cleared(data)
    tensors = document.get("inputs") if isinstance(document, dict) else document
    found = []
    for tensor in tensors if isinstance(tensors, list) else ():
        withheld = withholding.find(tensor.get("name")) if isinstance(tensor, dict) else None
        if withheld is not None:
            tensor["data"] = repr(withheld)
            found.append(withheld)
    return Cleared(json.dumps(document).encode() if found else data, tuple(found))


class PredictionLog:
    """Reads one deployment's log, also while servers write it.

    Parameters
    ----------
    folder : Path
        ``.notewright/deployments/<name>``.
    restrictions : Restrictions, optional
        Which columns are withheld from who reads.
    """

    def __init__(self, folder: Path, restrictions: Restrictions = UNRESTRICTED) -> None:
        self.folder = folder
        self._restrictions = restrictions

    def find(self, ref: str) -> Logged:
        """Return the record whose id is, or starts with, `ref`.

        Raises
        ------
        UnknownPrediction, AmbiguousId
            If none or several fit.
        """
        matches = self.matches(ref)
        if not matches:
            raise UnknownPrediction(ref)
        if len(matches) > 1:
            raise AmbiguousId("prediction", ref, [match.entry.id for match in matches])
        return matches[0]

    def matches(self, ref: str) -> list[Logged]:
        """Return up to six records whose id starts with `ref`, as the reader may see them."""
        ref = ref.lower()
        if not ref or any(c not in "0123456789abcdef" for c in ref):
            return []
        return self._shown(self._read("id >= ? AND id < ? LIMIT 6", (ref, ref + "g"), ref=ref))

    def records(self, since: str = "", deployments: set[str] | None = None) -> list[Logged]:
        """Return the records from the time `since` on, of all or some deployments.

        Each as the reader may see it.
        """
        return self._shown(
            logged
            for logged in self._read("time >= ? ORDER BY seq", (since,), since=since)
            if deployments is None or logged.entry.deployment in deployments
        )

    def problem(self) -> str | None:
        """Recompute the whole chain; name the first broken record, or return None."""
        previous = _GENESIS
        for logged in self._read("TRUE ORDER BY seq", ()):
            if not logged.digest:
                continue
            wrong = logged.problem()
            if wrong is None and logged.previous != previous:
                wrong = "a record before it is missing or was added"
            if wrong is not None:
                return f"prediction {logged.entry.id}: {wrong}"
            previous = logged.digest
        return None

    def _shown(self, found: Iterable[Logged]) -> list[Logged]:
        withholding = self._restrictions.now()
        return [less_told(logged, withholding) for logged in found] if withholding else list(found)

    def _read(
        self, where: str, parameters: tuple[str, ...], ref: str = "", since: str = ""
    ) -> Iterator[Logged]:
        # Spool files first: a record that moves meanwhile is then seen twice, never not at all.
        waiting = {
            entry.id: entry
            for path in sorted(self.folder.glob("*.spool"))
            for entry in spool.entries(path)
            if entry.id.startswith(ref) and entry.time >= since
        }
        if (self.folder / DATABASE).exists():
            with closing(connect(self.folder)) as database:
                for row in database.execute(
                    f"SELECT {_COLUMNS}, inputs, outputs, digest, previous, inputs_digest,"  # noqa: S608
                    f" outputs_digest FROM predictions WHERE {where}",
                    parameters,
                ):
                    waiting.pop(row[0], None)
                    yield Logged(_entry(row), *row[10:])
        for entry in waiting.values():
            yield Logged(entry)


def connect(folder: Path) -> sqlite3.Connection:
    """Open the log's database, made when missing.

    Raises
    ------
    StoreUnusable
        If it is no database or cannot be written.
    """
    path = folder / DATABASE
    try:
        database = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute(_SCHEMA)
        except BaseException:
            database.close()
            raise
    except sqlite3.DatabaseError as error:
        raise StoreUnusable(path, str(error)) from error
    return database


def insert(database: sqlite3.Connection, entries: list[Entry]) -> None:
    """Add entries to the chain in one transaction; those already there are skipped."""
    database.execute("BEGIN IMMEDIATE")
    try:
        last = database.execute(
            "SELECT digest FROM predictions ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        previous = last[0] if last else _GENESIS
        for entry in entries:
            if database.execute("SELECT 1 FROM predictions WHERE id = ?", (entry.id,)).fetchone():
                continue
            inputs, outputs = digest_of(entry.inputs), digest_of(entry.outputs)
            digest = _chained(entry, inputs, outputs, previous)
            database.execute(
                _INSERT,
                (*_meta(entry), entry.inputs, entry.outputs, inputs, outputs, previous, digest),
            )
            previous = digest
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def recover(folder: Path) -> int:
    """Move what dead servers left in spool files into the database; return how many records."""
    count = 0
    with closing(connect(folder)) as database:
        for path, found in spool.left_behind(folder):
            insert(database, found)
            path.unlink(missing_ok=True)
            count += len(found)
    return count


def _meta(entry: Entry) -> tuple[object, ...]:
    return (
        entry.id,
        entry.time,
        entry.deployment,
        entry.status,
        entry.milliseconds,
        entry.rows,
        entry.client_id,
        entry.error,
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    keys = [name.strip() for name in _COLUMNS.split(",")]
    # An edit from outside may have left text where bytes were; it still has to be shown.
    payload = [value.encode() if isinstance(value, str) else value for value in row[8:10]]
    return Entry(**dict(zip(keys, row[:8], strict=True)), inputs=payload[0], outputs=payload[1])


def _chained(entry: Entry, inputs: str, outputs: str, previous: str) -> str:
    return digest_of(json.dumps([previous, *_meta(entry), inputs, outputs]).encode())
