"""Who has which role, by grants that their giver signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from notewright.errors import AccessDenied, KeyProblem, UnknownId
from notewright.governance.authority import ACTIONS, ROLES, Resource, allowed
from notewright.governance.identities import Acts, Identities, Identity
from notewright.store import Store
from notewright.store.canonical import canonical, parse
from notewright.store.ids import now
from notewright.store.signing import verify

#: What the workspace's first identity starts with.
OWNER_ROLES = frozenset({"admin", "data_scientist", "operator"})


@dataclass(frozen=True)
class Grant:
    """One role given, or taken away.

    Parameters
    ----------
    seq : int
        Its place in the list of grants.
    identity, public : str
        To whom, and their public key at that moment.
    role : str
        Which role.
    given : bool
        False where it was taken away.
    by, created : str
        By whom and when.
    """

    seq: int
    identity: str
    public: str
    role: str
    given: bool
    by: str
    created: str


class Roles:
    """The roles of one workspace.

    Parameters
    ----------
    store : Store
        Where grants are kept, each signed by its giver.
    identities : Identities
        Who is who.
    acts : callable
        The audit log's `append`.
    """

    def __init__(self, store: Store, identities: Identities, acts: Acts) -> None:
        self._catalog = store.catalog
        self._identities = identities
        self._acts = acts

    def of(self, name: str) -> frozenset[str]:
        """Return the roles of `name`.

        Raises
        ------
        KeyProblem
            If a grant was changed outside Notewright.
        """
        return self._replay().get(name, frozenset())

    def all(self) -> dict[str, frozenset[str]]:
        """Return the roles of everybody who is registered."""
        roles = self._replay()
        return {r.name: roles.get(r.name, frozenset()) for r in self._identities.list()}

    def grants(self) -> list[Grant]:
        """Return every grant ever made, oldest first."""
        rows = self._catalog.query("SELECT * FROM role_grants ORDER BY seq")
        return [_grant(row) for row in rows]

    def grant(self, name: str, role: str, by: Identity | None = None) -> None:
        """Give `role` to `name`; needs the action ``role.grant``."""
        self._record(name, role, True, by)

    def revoke(self, name: str, role: str, by: Identity | None = None) -> None:
        """Take `role` away from `name`; needs the action ``role.grant``."""
        self._record(name, role, False, by)

    def allows(self, identity: Identity, action: str, resource: Any = None) -> bool:
        """Tell whether `identity` may do `action`; leaves no trace."""
        self._identities.confirm(identity)
        return self.permits(identity.name, action, resource)

    def permits(self, name: str, action: str, resource: Any = None) -> bool:
        """Tell whether the rules allow `name` the action, without asking for their key."""
        return allowed(name, self.of(name), action, self.resource(resource))

    def permitted_at(self, n: int, name: str, action: str, resource: Any = None) -> bool:
        """Tell whether the rules allowed `name` the action when entry `n` of the log was made."""
        earlier = self._catalog.query(
            "SELECT count(*) FROM audit_entries"
            " WHERE act IN ('role.grant', 'role.revoke') AND n < ?",
            (n,),
        )[0][0]
        roles = self._replay(earlier).get(name, frozenset())
        return allowed(name, roles, action, self.resource(resource))

    def require(self, identity: Identity, action: str, resource: Any = None) -> None:
        """Refuse what the rules do not allow, and record the refusal.

        Parameters
        ----------
        identity : Identity
            Who wants to act; must hold the key registered under its name.
        action : str
            One of `authority.ACTIONS`.
        resource : ModelVersion or Resource, optional
            What the action is about; the workspace by default.

        Raises
        ------
        AccessDenied
            If the rules do not allow it.
        """
        if action not in ACTIONS:
            raise UnknownId("action", action, "notewright role list")
        about = self.resource(resource)
        if not self.allows(identity, action, about):
            self._refuse(identity, action, about)

    def permit(self, actor: Any, action: str, subject: str = "") -> None:
        """Refuse what the rules do not allow, for callers that may know only a name.

        Parameters
        ----------
        actor : Identity or str
            Who wants to act. A mere name is only believed if it is one's own.
        action : str
            One of `authority.ACTIONS`.
        subject : str
            What it is about, for the record.

        Raises
        ------
        AccessDenied
            If the rules do not allow it.
        """
        if not isinstance(actor, Identity):
            me = self._identities.me()
            if actor != me.name:
                self._acts("refused", subject, {"action": action, "claimed": str(actor)}, me)
                raise AccessDenied(
                    f"'{me.name}' cannot act as '{actor}' without their key.",
                    "Give the key file: `--key FILE`.",
                )
            actor = me
        about = self.resource()
        words = subject or about.words
        self.require(actor, action, Resource(about.type, about.id, about.owners, words))

    def resource(self, subject: Any = None) -> Resource:
        """Return `subject` (a model version, or None for the workspace) as a resource."""
        if isinstance(subject, Resource):
            return subject
        if subject is None:
            owner = self._identities.owner().name
            return Resource("Workspace", self._identities.workspace(), (owner,), "this workspace")
        return Resource(
            "ModelVersion",
            subject.id,
            tuple(sorted(self._makers(subject))),
            f"{subject.name}@{subject.number}",
        )

    def _makers(self, version: Any) -> set[str]:
        """Return who registered or trained the version, by its record and by the audit log."""
        subjects = {version.id, f"{version.name}@{version.number}"}
        subjects |= {str(version.run)} if version.run else set()
        marks = ", ".join("?" * len(subjects))
        rows = self._catalog.query(
            "SELECT CAST(entry AS BLOB) AS entry FROM audit_entries"  # noqa: S608 - marks only
            f" WHERE subject IN ({marks})"
            " AND act IN ('model.register', 'run.finish', 'retrain')",
            sorted(subjects),
        )
        actor = getattr(version.actor, "name", version.actor)
        return {str(actor)} | {str(parse(row["entry"])["actor"]) for row in rows}

    def _refuse(self, identity: Identity, action: str, about: Resource) -> NoReturn:
        roles = self.of(identity.name)
        self._acts("refused", about.words, {"action": action, "roles": sorted(roles)}, identity)
        if action == "approve" and identity.name in about.owners:
            raise AccessDenied(
                f"'{identity.name}' may not approve {about.words}: it is their own work.",
                "Somebody else approves it: `notewright approve ... --key THEIR.key`.",
            )
        # Somebody who owns nothing: names have no space, so this is nobody's.
        needed = [role for role in ROLES if allowed("some body", [role], action, about)]
        words = " or ".join(f"'{role}'" for role in needed)
        have = ", ".join(sorted(roles)) or "no role"
        raise AccessDenied(
            f"'{identity.name}' ({have}) may not {ACTIONS[action]} {about.words}.",
            f"It needs the role {words}: an admin runs "
            f"`notewright role grant {identity.name} {needed[0]}`."
            if needed
            else "No role allows it.",
        )

    def _record(self, name: str, role: str, given: bool, by: Identity | None) -> None:
        by = by or self._identities.me()
        if role not in ROLES:
            raise UnknownId("role", role, "notewright role list")
        registration = self._identities.get(name)
        self.require(by, "role.grant")
        with self._catalog.transaction() as connection:
            count = self._catalog.query("SELECT count(*) FROM role_grants")[0][0]
            body = canonical(
                {
                    "by": by.name,
                    "created": now(),
                    "given": given,
                    "identity": name,
                    "public": registration.public,
                    "role": role,
                    "seq": count,
                    "type": "role grant 1",
                    "workspace": self._identities.workspace(),
                }
            )
            connection.execute(
                "INSERT INTO role_grants(seq, body, signature) VALUES (?, ?, ?)",
                (count, body.decode(), by.sign(body).hex()),
            )
            self._acts("role.grant" if given else "role.revoke", name, {"role": role}, by)

    def _replay(self, count: int | None = None) -> dict[str, frozenset[str]]:
        """Apply the grants in order, or the first `count`; each giver must have been an admin."""
        people = {r.name: r for r in self._identities.list()}
        roles = {r.name: OWNER_ROLES for r in people.values() if r.owner}
        rows = self._catalog.query("SELECT * FROM role_grants ORDER BY seq")
        then: dict[str, frozenset[str]] = {}
        for place, row in enumerate(rows):
            if place == count:
                then = dict(roles)
            grant = _grant(row)
            giver, receiver = people.get(grant.by), people.get(grant.identity)
            if (
                giver is None
                or receiver is None
                or grant.seq != place
                or row["seq"] != place
                or receiver.public != grant.public
                or "admin" not in roles.get(grant.by, frozenset())
                or parse(row["body"].encode())["workspace"] != self._identities.workspace()
                or not verify(giver.public, row["signature"], row["body"].encode())
            ):
                raise _changed(place)
            held = roles.get(grant.identity, frozenset())
            roles[grant.identity] = held | {grant.role} if grant.given else held - {grant.role}
        logged = self._catalog.query(
            "SELECT count(*) FROM audit_entries WHERE act IN ('role.grant', 'role.revoke')"
        )[0][0]
        if logged != len(rows):
            raise KeyProblem(
                f"The audit log knows {logged} role grants, the store has {len(rows)}.",
                "`%nw audit verify` shows what was changed; restore the store from a backup.",
            )
        return roles if count is None or count >= len(rows) else then


def _grant(row: Any) -> Grant:
    try:
        body = parse(row["body"].encode())
        names = ("seq", "identity", "public", "role", "given", "by", "created")
        return Grant(**{name: body[name] for name in names})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _changed(row["seq"]) from error


def _changed(place: object) -> KeyProblem:
    return KeyProblem(
        f"Role grant {place} was changed outside Notewright.",
        "`%nw audit verify` shows what else was; restore the store from a backup.",
    )
