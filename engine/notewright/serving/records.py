"""What a deployment is, as evidence and as a row."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from notewright.errors import NotDeployed
from notewright.store import Store
from notewright.store.ids import new_id, now


@dataclass(frozen=True)
class Deployment:
    """One version under one name, from the moment it was put there.

    Parameters
    ----------
    name, id : str
        The name requests use, and this deployment's own id.
    digest : str
        Address of the evidence: every field from `package` to `previous`.
    package : str
        The id of the package version.
    package_ref : str
        The same for people: ``credit_risk@2``.
    manifest : str
        Digest of the signed manifest whose files were served.
    model_version, model_digest : str
        The registered model version and the digest of its record.
    kind : str
        ``"deploy"`` or ``"rollback"``.
    actor : str
        Who did it.
    created : str
        When it was asked for.
    restores : str or None
        After a rollback: the earlier deployment that is live again.
    previous : str or None
        What a rollback from here goes back to.
    status : str
        ``pending``, ``live``, ``replaced``, ``stopped`` or ``failed``; in
        listings also ``down`` where it should be live but no process is.
    url, pid
        Where it answers and the supervising process, while it is live.
    """

    name: str
    id: str
    digest: str
    package: str
    package_ref: str
    manifest: str
    model_version: str
    model_digest: str
    kind: str
    actor: str
    created: str
    restores: str | None = None
    previous: str | None = None
    status: str = "pending"
    live_from: str | None = None
    live_until: str | None = None
    problem: str | None = None
    url: str = ""
    pid: int | None = None

    @property
    def origin(self) -> str:
        """The deployment whose place this one has: the restored one, or itself."""
        return self.restores or self.id


_STATUS = ("status", "live_from", "live_until", "problem")
_LIVE = ("digest", "url", "pid", *_STATUS)
_EVIDENCE = tuple(f.name for f in fields(Deployment) if f.name not in _LIVE)


class DeploymentRecords:
    """The deployments in a store's catalog.

    Parameters
    ----------
    store : Store
        Where rows and evidence are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, **evidence: Any) -> Deployment:
        """Record a deployment that was asked for; it is pending."""
        evidence = {
            "id": new_id(),
            "created": now(),
            "restores": None,
            "previous": None,
            **evidence,
        }
        digest = self._store.objects.put_json({**evidence, "schema": 1}, sync=True)
        made = Deployment(digest=digest, **evidence)
        with self._store.catalog.transaction() as connection:
            connection.execute(
                "INSERT INTO deployments (id, digest, name, package, model_version, created,"
                " status) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    made.id,
                    digest,
                    made.name,
                    made.package,
                    made.model_version,
                    made.created,
                    made.status,
                ),
            )
        return made

    def went_live(self, made: Deployment) -> Deployment:
        """Record that it answers now, and that what was live before does not."""
        moment = now()
        with self._store.catalog.transaction() as connection:
            self.ended(made.name, "replaced", moment)
            connection.execute(
                "UPDATE deployments SET status = 'live', live_from = ? WHERE id = ?",
                (moment, made.id),
            )
        return replace(made, status="live", live_from=moment)

    def failed(self, made: Deployment, problem: str) -> None:
        """Record that it never answered, and why."""
        with self._store.catalog.transaction() as connection:
            connection.execute(
                "UPDATE deployments SET status = 'failed', problem = ? WHERE id = ?",
                (problem, made.id),
            )

    def ended(self, name: str, status: str, moment: str | None = None) -> None:
        """Record that what was live under `name` is not any more."""
        with self._store.catalog.transaction() as connection:
            connection.execute(
                "UPDATE deployments SET status = ?, live_until = ?"
                " WHERE name = ? AND status = 'live'",
                (status, moment or now(), name),
            )

    def live(self, name: str) -> Deployment | None:
        """Return what should be live under `name`, or None."""
        found = self._select("name = ? AND status = 'live'", (name,))
        return found[0] if found else None

    def get(self, deployment: str) -> Deployment:
        """Return the deployment with this id.

        Raises
        ------
        NotDeployed
            If there is none.
        """
        found = self._select("id = ?", (deployment,))
        if not found:
            raise NotDeployed(deployment)
        return found[0]

    def names(self) -> list[str]:
        """Return every name that something was put under."""
        rows = self._store.catalog.query("SELECT DISTINCT name FROM deployments ORDER BY name")
        return [row["name"] for row in rows]

    def from_catalog(self, deployment: str) -> Deployment:
        """Return what the catalog alone says of a deployment whose evidence is damaged."""
        row = self._store.catalog.one("SELECT * FROM deployments WHERE id = ?", (deployment,))
        if row is None:
            raise NotDeployed(deployment)
        names = ("id", "digest", "name", "package", "model_version", "created", *_STATUS)
        known = {name: row[name] for name in names}
        unknown = {"package_ref": "", "manifest": "", "model_digest": "", "kind": "", "actor": ""}
        return Deployment(**{**unknown, **known})

    def history(self, name: str) -> list[Deployment]:
        """Return everything that was put under `name`, oldest first."""
        return self._select("name = ?", (name,))

    def current(self, name: str) -> Deployment | None:
        """Return what is live, else what was live last, else what was tried last, or None."""
        return max(self.history(name), key=_standing, default=None)

    def all(self) -> list[Deployment]:
        """Return the current one of every name, by name."""
        by_name: dict[str, Deployment] = {}
        for found in self._select("TRUE", ()):
            known = by_name.get(found.name)
            if known is None or _standing(found) >= _standing(known):
                by_name[found.name] = found
        return [by_name[name] for name in sorted(by_name)]

    def _select(self, where: str, parameters: tuple[str, ...]) -> list[Deployment]:
        rows = self._store.catalog.query(
            "SELECT digest, status, live_from, live_until, problem"  # noqa: S608
            f" FROM deployments WHERE {where} ORDER BY created",
            parameters,
        )
        found = []
        for row in rows:
            evidence = self._store.objects.get_json(row["digest"])
            found.append(Deployment(**{key: evidence[key] for key in _EVIDENCE}, **dict(row)))
        return found


def _standing(deployment: Deployment) -> tuple[bool, str, str]:
    return (deployment.status == "live", deployment.live_from or "", deployment.created)


def record(deployment: Deployment) -> dict[str, Any]:
    """Return the deployment as JSON values with stable names."""
    return asdict(deployment)
