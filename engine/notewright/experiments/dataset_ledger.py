"""Versions of datasets in the catalog: committed under a signature, found, and vouched for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from notewright.errors import UnknownId, UntrustedStore
from notewright.experiments.dataset_version import DatasetVersion
from notewright.experiments.ports import Acts
from notewright.store import Store
from notewright.store.canonical import canonical, digest_of
from notewright.store.ids import new_id, now
from notewright.store.signing import Signer, verify

_LISTING = "%nw dataset list"
#: So many values are bound in one query.
_AT_ONCE = 500
# Inside the class, `list` is the method.
Versions = list[DatasetVersion]
Names = list[tuple[str, str]]


class DatasetLedger:
    """Writes and reads the records of versions.

    Parameters
    ----------
    store : Store
    signer : callable
        Returns who signs new versions.
    acts : callable
        Appends to the audit log.
    """

    def __init__(self, store: Store, signer: Callable[[], Signer], acts: Acts) -> None:
        self._store = store
        self._signer = signer
        self._acts = acts

    def commit(
        self, name: str, content: str, fields: dict[str, Any]
    ) -> tuple[DatasetVersion, bool]:
        """Make a content the next version of `name`, or return the version that it is already.

        Parameters
        ----------
        name, content : str
        fields : dict
            What else its record holds.
        """
        signer = self._signer()
        with self._store.catalog.transaction() as connection:
            known = self.of_content(name, content)
            if known is not None:
                return known, False
            row = connection.execute(
                "SELECT MAX(number) AS last FROM dataset_versions WHERE name = ?", (name,)
            ).fetchone()
            body = {
                "id": new_id(),
                "name": name,
                "number": (row["last"] or 0) + 1,
                "content": content,
                "created": now(),
                "actor": signer.name,
                "schema": 1,
                **fields,
            }
            text = canonical(body)
            digest = self._store.objects.put(text, sync=True)
            version = DatasetVersion.parse(text.decode(), digest)
            connection.execute(
                "INSERT INTO dataset_versions(id, digest, name, number, content, created, signer,"
                " signature, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    version.id,
                    digest,
                    name,
                    version.number,
                    content,
                    version.created,
                    signer.public,
                    signer.sign(digest.encode()).hex(),
                    text.decode(),
                ),
            )
            details = {"version": version.id, "digest": digest, "content": content}
            self._acts("dataset.add", version.ref, details)
        return version, True

    def list(self, name: str | None = None) -> list[DatasetVersion]:
        """Return all versions, or those of one dataset, oldest first."""
        rows = self._store.catalog.query(
            "SELECT digest, body FROM dataset_versions WHERE name = ? OR CAST(? AS TEXT) IS NULL"
            " ORDER BY name, number",
            (name, name),
        )
        return [DatasetVersion.parse(row["body"], row["digest"]) for row in rows]

    def get(self, ref: str) -> DatasetVersion:
        """Return `applications` (its newest version) or `applications@2`.

        Raises
        ------
        UnknownId
        """
        name, at, number = ref.partition("@")
        row = None
        if not at:
            row = self._store.catalog.one(
                "SELECT digest, body FROM dataset_versions WHERE name = ?"
                " ORDER BY number DESC LIMIT 1",
                (name,),
            )
        elif number.isdecimal() and len(number) < 10:
            row = self._store.catalog.one(
                "SELECT digest, body FROM dataset_versions WHERE name = ? AND number = ?",
                (name, int(number)),
            )
        if row is None:
            raise UnknownId("dataset", ref, _LISTING)
        return DatasetVersion.parse(row["body"], row["digest"])

    def with_content(self, digests: Iterable[str]) -> Versions:
        """Return the versions, of any dataset, that have one of these contents."""
        wanted = [*dict.fromkeys(digests)]
        found: Versions = []
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._store.catalog.query(
                "SELECT digest, body FROM dataset_versions"  # noqa: S608 - marks only
                f" WHERE content IN ({marks}) ORDER BY name, number",
                some,
            )
            found += [DatasetVersion.parse(row["body"], row["digest"]) for row in rows]
        return found

    def runs_using(self, version: DatasetVersion) -> Names:
        """Return id and name of each run that read a file with this version's content."""
        rows = self._store.catalog.query(
            "SELECT id, name, body FROM runs WHERE instr(body, ?) > 0 ORDER BY seq",
            (version.content,),
        )
        return [
            (row["id"], row["name"])
            for row in rows
            if any(file["digest"] == version.content for file in json.loads(row["body"])["files"])
        ]

    def of_content(self, name: str, content: str) -> DatasetVersion | None:
        """Return the version of `name` that has this content, or None."""
        row = self._store.catalog.one(
            "SELECT digest, body FROM dataset_versions WHERE name = ? AND content = ?",
            (name, content),
        )
        return None if row is None else DatasetVersion.parse(row["body"], row["digest"])

    def check_trust(self, version: DatasetVersion, trusted: Callable[[str], bool]) -> None:
        """Raise `UntrustedStore` unless a trusted key signed exactly this record."""
        row = self._store.catalog.one(
            "SELECT signer, signature, body FROM dataset_versions WHERE id = ?", (version.id,)
        )
        if row is None:
            raise UnknownId("dataset", version.ref, _LISTING)
        signer = str(row["signer"])
        digest = digest_of(row["body"].encode())
        holds = digest == version.digest and verify(signer, row["signature"], digest.encode())
        # What is loaded is what was signed, whatever the caller's record says.
        holds = holds and DatasetVersion.parse(row["body"], digest) == version
        if not holds or not trusted(signer):
            raise UntrustedStore(signer)
