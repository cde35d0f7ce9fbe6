"""Appending to the log and reading it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import AuditBroken
from notewright.governance.audit.heads import Head, HeadFile, head_bytes, outside_path
from notewright.governance.audit.merkle import Peaks, leaf_hash
from notewright.governance.keys import Identity
from notewright.store import Store
from notewright.store.canonical import canonical, parse
from notewright.store.catalog import NO_LIMIT
from notewright.store.ids import now

if TYPE_CHECKING:
    from notewright.governance.audit.verify import AuditVerdict
    from notewright.governance.identities import Identities


@dataclass(frozen=True)
class Entry:
    """One act, or one refusal.

    Parameters
    ----------
    n : int
        Its place in the log, from 0.
    time, act, subject : str
        When; what (``"approve"``, ``"refused"``); about what (``"credit_risk@2"``).
    actor, key : str
        Who, and the public key that signed the log's head with this entry in it.
    details : dict
        What else is known of the act.
    previous : str
        SHA-256 over the leaf, root and signature of the entry before.
    """

    n: int
    time: str
    act: str
    subject: str
    actor: str
    key: str
    details: dict[str, Any]
    previous: str


class AuditLog:
    """The audit log of one workspace.

    Parameters
    ----------
    store : Store
        The entries are in its catalog.
    identities : Identities
        Who is registered, and whose key signs by default.
    may_read : callable, optional
        Raises if an identity may not have a copy of the log.

    Notes
    -----
    An entry is one RFC 8785 JSON text. Its SHA-256 is a leaf of an RFC 6962
    tree; the actor signs the tree's root. Each entry also holds a hash of the
    previous row, so every stored column is covered by what comes after it and
    the last row by its own signature. Heads are published outside the database
    once they are committed.
    """

    def __init__(
        self,
        store: Store,
        identities: Identities,
        may_read: Callable[[Identity], object] = lambda identity: None,
    ) -> None:
        self._store = store
        self._catalog = store.catalog
        self._identities = identities
        self._may_read = may_read
        self._published = 0
        self._head_files: tuple[HeadFile, HeadFile] | None = None

    def append(
        self,
        act: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
        actor: Identity | None = None,
    ) -> Entry:
        """Add an entry; inside an open transaction it is committed together with the act.

        Parameters
        ----------
        act : str
            A word for what was done.
        subject : str
            What it was done to.
        details : mapping, optional
            JSON values.
        actor : Identity, optional
            Who did it; whose process it is by default.

        Raises
        ------
        AccessDenied
            If `actor` does not hold the key registered under its name.
        """
        actor = actor or self._identities.me()
        self._identities.confirm(actor)
        workspace = self._identities.workspace()
        with self._catalog.transaction() as connection:
            peaks, previous = self._end()
            entry = Entry(
                n=peaks.size,
                time=now(),
                act=act,
                subject=subject,
                actor=actor.name,
                key=actor.public,
                details=dict(details or {}),
                previous=previous,
            )
            text = canonical(vars(entry))
            leaf = leaf_hash(text)
            peaks.append(leaf)
            root = peaks.root().hex()
            signature = actor.sign(head_bytes(workspace, peaks.size, root)).hex()
            connection.execute(
                "INSERT INTO audit_entries(n, entry, leaf, root, signature) VALUES (?, ?, ?, ?, ?)",
                (entry.n, text.decode(), leaf.hex(), root, signature),
            )
            connection.execute(
                "INSERT INTO audit_peaks(id, size, peaks) VALUES (1, ?, ?) ON CONFLICT(id)"
                " DO UPDATE SET size = excluded.size, peaks = excluded.peaks",
                (peaks.size, peaks.dump()),
            )
            self._catalog.after_commit(self.publish)
        return entry

    def head(self) -> Head | None:
        """Return the newest committed head, or None for an empty log."""
        row = self._catalog.one(
            "SELECT n, root, signature, CAST(entry AS BLOB) AS entry FROM audit_entries"
            " ORDER BY n DESC LIMIT 1"
        )
        if row is None:
            return None
        entry = parse(row["entry"])
        return Head(
            workspace=self._identities.workspace(),
            size=row["n"] + 1,
            root=row["root"],
            signer=entry["actor"],
            public=entry["key"],
            signature=row["signature"],
        )

    def publish(self) -> bool:
        """Copy the newest committed head outside the database.

        Every append does so once it is committed, together with what it joined.

        Returns
        -------
        bool
            False where a place cannot be written; :meth:`verify` then says so.
        """
        head = self.head()
        if head is None or head.size == self._published:
            return True
        if self._head_files is None:
            self._head_files = self.inside_heads(), self.outside_heads()
        try:
            for file in self._head_files:
                file.append(head)
        except OSError:
            return False
        self._published = head.size
        return True

    def inside_heads(self) -> HeadFile:
        """Return the heads kept beside the database."""
        return HeadFile(self._store.root / "audit.heads")

    def outside_heads(self) -> HeadFile:
        """Return the heads kept in the user's configuration folder."""
        return HeadFile(
            outside_path(self._identities.config, self._identities.workspace(), self._store.root)
        )

    def heads_of_others(self) -> int:
        """Return how many heads the user's folder has of other logs at this store's place.

        A store that was removed, or exchanged for another, leaves them there.
        """
        own = self.outside_heads().path
        place = own.name.rpartition("-")[2]
        others = own.parent.glob(f"*-{place}") if own.parent.is_dir() else ()
        return sum(len(HeadFile(path).read()) for path in others if path != own)

    def list(
        self, *, act: str | None = None, subject: str | None = None, limit: int | None = None
    ) -> list[Entry]:
        """Return entries, oldest first; with `limit`, the newest so many."""
        rows = self._catalog.query(
            "SELECT CAST(entry AS BLOB) AS entry FROM audit_entries"
            " WHERE (CAST(? AS TEXT) IS NULL OR act = ?)"
            " AND (CAST(? AS TEXT) IS NULL OR subject = ?)"
            " ORDER BY n DESC LIMIT ?",
            (act, act, subject, subject, NO_LIMIT if limit is None else limit),
        )
        return [Entry(**parse(row["entry"])) for row in reversed(rows)]

    def verify(
        self, outside_head: Head | Path | str | None = None, *, every_head: bool = False
    ) -> AuditVerdict:
        """Check the whole log.

        Parameters
        ----------
        outside_head : Head or path, optional
            A head kept elsewhere (or a file of heads), besides those Notewright keeps.
        every_head : bool, default False
            Check the signature of every head, not only of the newest and the outside ones.
        """
        from notewright.governance.audit.verify import verify

        return verify(self._catalog, self._identities, self, outside_head, every_head)

    def export(self, path: Path | str, actor: Identity | None = None) -> Path:
        """Write everything a third party needs to verify the log to a JSON file.

        Raises
        ------
        AccessDenied
            If `actor` may not read the log.
        """
        from notewright.governance.audit.verify import bundle

        actor = actor or self._identities.me()
        self._may_read(actor)
        path = Path(path)
        text = json.dumps(bundle(self._catalog, self._identities, self), indent=1)
        path.write_text(text, encoding="utf-8")
        self.append(
            "audit.export",
            path.name,
            {"sha256": hashlib.sha256(text.encode()).hexdigest()},
            actor,
        )
        return path

    def _end(self) -> tuple[Peaks, str]:
        row = self._catalog.one("SELECT size, peaks FROM audit_peaks WHERE id = 1")
        last = self._catalog.one(
            "SELECT n, leaf, root, signature FROM audit_entries ORDER BY n DESC LIMIT 1"
        )
        if row is None and last is None:
            return Peaks(), ""
        if row is None or last is None or row["size"] != last["n"] + 1:
            raise AuditBroken("entries are missing at its end")
        try:
            return Peaks.parse(row["size"], row["peaks"]), link(last)
        except ValueError as error:
            raise AuditBroken("its running hashes do not fit") from error


def link(row: Any) -> str:
    """Return what the next entry holds as `previous`: a hash over all of this row."""
    text = f"{row['leaf']}:{row['root']}:{row['signature']}"
    return hashlib.sha256(text.encode()).hexdigest()
