"""The packages that were made: look up and verify."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from notewright.errors import PackageAltered, UnknownId, UntrustedStore
from notewright.packaging.records import Checked, Package
from notewright.packaging.signed import digests, signer_of
from notewright.store import Store
from notewright.store.canonical import digest_of


class Shelf:
    """The packages of a workspace that exist.

    Parameters
    ----------
    store : Store
        The workspace's store.
    root : Path
        The workspace's folder.
    trusted : callable
        Tells of a public key whether what it signed may be used; it may raise
        :class:`UntrustedStore` itself, to say whose key it is.
    """

    def __init__(self, store: Store, root: Path, trusted: Callable[[str], bool]) -> None:
        self._store = store
        self._root = root
        self._trusted = trusted

    def _next(self, module: str) -> int:
        row = self._store.catalog.one(
            "SELECT coalesce(max(number), 0) + 1 AS next FROM packages WHERE name = ?", (module,)
        )
        return 1 if row is None else int(row["next"])

    def get(self, ref: str) -> Package:
        """Return a package by name (the latest), ``name@number`` or id.

        Raises
        ------
        UnknownId, AmbiguousId
            If there is none, or more than one.
        """
        name, _, number = ref.partition("@")
        name = name.replace("-", "_").replace(".", "_").lower()
        sql = "SELECT id FROM packages WHERE name = ?"
        if number:
            row = self._store.catalog.one(f"{sql} AND number = ?", (name, number))
        else:
            row = self._store.catalog.one(f"{sql} ORDER BY number DESC LIMIT 1", (name,))
        if row is not None:
            return self._read(row["id"])
        if number:
            raise UnknownId("package", ref, "%nw packages")
        return self._read(self._store.catalog.resolve("packages", ref, "package", "%nw packages"))

    def list(self, name: str | None = None) -> list[Package]:
        """Return all packages, oldest first."""
        rows = self._store.catalog.query(
            "SELECT id FROM packages WHERE CAST(? AS TEXT) IS NULL OR name = ?"
            " ORDER BY created, number",
            (name, name),
        )
        return [self._read(row["id"]) for row in rows]

    def snapshots_used(self) -> set[str]:
        """Return the ids of all snapshots that packages were made from."""
        rows = self._store.catalog.query("SELECT digest FROM packages")
        records = (self._store.objects.get_json(row["digest"]) for row in rows)
        return {record["snapshot"] for record in records if record["snapshot"]}

    def _read(self, id_: str) -> Package:
        row = self._store.catalog.one("SELECT * FROM packages WHERE id = ?", (id_,))
        if row is None:
            raise UnknownId("package", id_, "%nw packages")
        record = self._store.objects.get_json(row["digest"])
        return Package(
            id_,
            row["digest"],
            record["name"],
            record["number"],
            record["created"],
            record["origin"],
            record["variable"],
            record["fingerprint"],
            record["snapshot"],
            record["run"],
            row["model_version"],
            record["parent"],
            tuple(record["executions"]),
            record["wheel"],
            record["equivalence"],
            tuple(record["findings"]),
            self._store.folder("packages") / id_,
            (self._root / record["tree"]).resolve(),
            self._store.folder("environments") / record["environment"],
            tuple(record.get("withheld", ())),
        )

    def verify(self, package: Package) -> Checked:
        """Check the signature and every file of a package's immutable copy.

        Raises
        ------
        PackageAltered
            If the manifest is not the recorded one, its signature is not good, or a file
            differs.
        UntrustedStore
            If it was signed with a key that is not trusted here.
        """
        manifest = "model/manifest.json"
        try:
            raw = (package.path / manifest).read_bytes()
        except OSError:
            raise PackageAltered(package.name, manifest, "it is missing") from None
        if digest_of(raw) != package.id:
            raise PackageAltered(package.name, manifest, "it is not the one that was signed")
        document = json.loads(raw)
        public = signer_of(document)
        if public is None:
            raise PackageAltered(package.name, manifest, "its signature does not fit it")
        if not self._trusted(public):
            raise UntrustedStore(public)
        found = digests(package.path)
        for file, digest in document["files"].items():
            if found.get(file) != digest:
                problem = "its bytes changed" if file in found else "it is missing"
                raise PackageAltered(package.name, file, problem)
        return Checked(package.path, package.id, document["signer"]["name"])
