"""All governance services of one workspace, wired together and opened when first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.governance.identities import Identities, Identity
from notewright.governance.person import Person
from notewright.store import Store
from notewright.store.ids import now

if TYPE_CHECKING:
    from notewright.governance.approvals import Approvals
    from notewright.governance.audit.log import AuditLog, Entry
    from notewright.governance.checks.service import Checks
    from notewright.governance.explaining.service import Explanations
    from notewright.governance.gates import Gates
    from notewright.governance.mitigation.service import Mitigation
    from notewright.governance.policy import Policy
    from notewright.governance.restricted import RestrictedColumns
    from notewright.governance.roles import Roles


class Governance:
    """Identities, roles, policy, checks, gates, approvals and the audit log.

    Parameters
    ----------
    store : Store
        The workspace's store.
    root : Path
        The project folder, where ``policy.yaml`` lies.
    sources : callable
        Returns a `checks.material.Sources` of (runs, snapshots, history); called
        when a check first runs, so lower services need not be open before.
    config : Path, optional
        The user's configuration folder; by default the platform's.
    clock : callable, optional
        Returns the current time as ISO 8601.
    person : Person, optional
        Who acts by default; whose process it is where nobody is named.
    """

    def __init__(
        self,
        store: Store,
        root: Path,
        sources: Callable[[], Any],
        config: Path | None = None,
        clock: Callable[[], str] = now,
        person: Person | None = None,
    ) -> None:
        self._store = store
        self._root = root
        self._sources = sources
        self._config = config
        self._clock = clock
        self._person = person

    @property
    def policy_path(self) -> Path:
        """Where the project's policy is."""
        from notewright.governance.policy import FILE_NAME

        return self._root / FILE_NAME

    def policy(self) -> Policy:
        """Return the policy as the file says it now."""
        from notewright.governance.policy import load_policy

        return load_policy(self.policy_path)

    def acts(
        self,
        act: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
        actor: Identity | None = None,
    ) -> Entry:
        """Append to the audit log; what lower services get as their `acts`."""
        return self.audit.append(act, subject, details, actor)

    @cached_property
    def identities(self) -> Identities:
        """Who is who."""
        return Identities(self._store, self.acts, self._config, self._person)

    @cached_property
    def audit(self) -> AuditLog:
        """The log of every act."""
        from notewright.governance.audit.log import AuditLog

        return AuditLog(
            self._store, self.identities, lambda actor: self.roles.require(actor, "audit.read")
        )

    @cached_property
    def roles(self) -> Roles:
        """Who may do what."""
        from notewright.governance.roles import Roles

        self.identities.owner()  # the first identity owns the workspace; looking needs no key
        return Roles(self._store, self.identities, self.acts)

    @cached_property
    def restricted(self) -> RestrictedColumns:
        """Which columns are withheld from whom."""
        from notewright.governance.restricted import RestrictedColumns

        return RestrictedColumns(
            self.policy_path,
            lambda: self.roles,
            self.identities.me,
            self._store.catalog.mark,
        )

    @cached_property
    def checks(self) -> Checks:
        """Checks and their reports."""
        from notewright.governance.checks.service import Checks

        return Checks(
            self._store,
            self._sources(),
            self.policy,
            self.roles,
            self.acts,
            self.identities.me,
            self.restricted,
        )

    @cached_property
    def explanations(self) -> Explanations:
        """What moves the answers of models."""
        from notewright.governance.explaining.service import Explanations

        return Explanations(self._sources(), self.roles, self.identities.me, self.restricted)

    @cached_property
    def mitigation(self) -> Mitigation:
        """What would make models fairer."""
        from notewright.governance.mitigation.service import Mitigation

        return Mitigation(
            self._sources(), self.policy, self.roles, self.identities.me, self.restricted
        )

    @cached_property
    def approvals(self) -> Approvals:
        """Signed approvals."""
        from notewright.governance.approvals import Approvals

        return Approvals(
            self._store,
            self.identities,
            self.roles,
            self.checks,
            self.policy,
            self.acts,
            self._clock,
        )

    @cached_property
    def gates(self) -> Gates:
        """Gates and what passed them."""
        from notewright.governance.gates import Gates

        return Gates(
            self._store,
            self.roles,
            self.checks,
            self.approvals,
            self.policy,
            self.acts,
            self.identities.me,
            self._clock,
        )
