"""Running the checks and keeping their reports."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError, PolicyMissing, UnknownId, UsageError
from notewright.governance.checks.base import CannotRun, Check, Finding
from notewright.governance.checks.evidence import Evidence, Sources, Version
from notewright.governance.checks.less_told import told
from notewright.governance.checks.material import Material, row_labels
from notewright.governance.checks.registry import all_checks
from notewright.governance.checks.subject import Unregistered, kind_of, name_of
from notewright.governance.identities import Acts, Identity
from notewright.governance.policy import parse_policy
from notewright.progress import Progress
from notewright.state.randomness import undisturbed
from notewright.state.withheld import UNRESTRICTED, Restrictions
from notewright.store import Store
from notewright.store.canonical import canonical, digest_of
from notewright.store.ids import new_id, now

if TYPE_CHECKING:
    from notewright.governance.checks.schema import InferredSchema
    from notewright.governance.policy import CheckRules, Policy
    from notewright.governance.roles import Roles

_LISTING = "%nw check MODEL"


@dataclass(frozen=True)
class CheckReport:
    """What the checks found in a model version, a table or a notebook.

    Parameters
    ----------
    id, digest : str
        Its id, and the address of its record in the store.
    subject : str
        ``name@number`` of the version, or what the table or notebook is called.
    version, fingerprint, data : str
        Id, model fingerprint and data digest of the version; for what is no version, the hash of
        its content three times.
    policy_digest : str
        The policy then in force; its content is the object of the same address.
    created, actor : str
        When, and who ran them.
    findings : tuple of Finding
        Everything found, passed or not; without values that the reader may not see.
    passed : bool
        Whether nothing in it keeps a gate closed.
    labels : tuple of str
        The columns whose values the labels of the rows are.
    content : str
        A hash over what was found in what, the same if the checks run again and whoever reads.
    """

    id: str
    digest: str
    subject: str
    version: str
    fingerprint: str
    data: str
    policy_digest: str
    created: str
    actor: str
    findings: tuple[Finding, ...]
    passed: bool
    labels: tuple[str, ...] = ()
    content: str = ""

    @property
    def of_model(self) -> bool:
        """Whether it is about a model version, which gates ask for."""
        return self.version != self.data


class Checks:
    """Runs checks on model versions, tables and notebooks.

    Parameters
    ----------
    store : Store
        Where reports are kept.
    sources : Sources
        Runs, snapshots and history: the evidence.
    policy : callable
        Returns the policy in force.
    roles : Roles
        Who may run checks.
    acts : callable
        The audit log's `append`.
    me : callable
        Returns the identity that acts when none is given.
    restrictions : Restrictions, optional
        Which columns are withheld from who reads.
    """

    def __init__(
        self,
        store: Store,
        sources: Sources,
        policy: Callable[[], Policy],
        roles: Roles,
        acts: Acts,
        me: Callable[[], Identity],
        restrictions: Restrictions = UNRESTRICTED,
    ) -> None:
        self._store = store
        self._sources = sources
        self._policy = policy
        self._roles = roles
        self._acts = acts
        self._me = me
        self._restrictions = restrictions

    def run(
        self,
        subject: Version,
        policy: Policy | None = None,
        *,
        actor: Identity | None = None,
        evidence: Evidence | None = None,
        progress: Progress | None = None,
    ) -> CheckReport:
        """Run every check of the policy that fits what is checked, and keep the report.

        Parameters
        ----------
        subject : ModelVersion or Unregistered
            What to check: a registered model, or a table or notebook (`subject.py`).
        policy : Policy, optional
            The project's ``policy.yaml`` by default; without one, tables and notebooks are checked
            by the defaults.
        actor : Identity, optional
            Who runs them; the OS user's own identity by default.
        evidence : Evidence, optional
            Test set and tables of a version that no run in a notebook trained.
        progress : Progress, optional
            Told of each check.

        Raises
        ------
        AccessDenied
            If the actor may not run checks.
        """
        actor = actor or self._me()
        progress = progress or Progress(what="The check")
        if isinstance(subject, Unregistered):
            evidence = subject.evidence
            self._roles.require(actor, "check")
        else:
            self._roles.require(actor, "check", subject)
        policy = policy or self._policy_for(subject)
        material = Material(subject, policy, self._sources, evidence)
        wanted = [(check, policy.checks[name]) for name, check in all_checks().items()]
        wanted = [(c, rules) for c, rules in wanted if rules.run and material.kind in c.subjects]
        findings: list[Finding] = []
        with undisturbed():  # checks fit and ask models
            for done, (check, rules) in enumerate(wanted):
                progress.step(done / len(wanted), check.summary)
                findings += run_check(check, rules, material)
        return self._keep(subject, policy, actor, tuple(findings), row_labels(material))

    def infer_schema(
        self, subject: Version, *, actor: Identity | None = None
    ) -> tuple[str, InferredSchema]:
        """Return the name of a version's raw table, and the schema inferred of it.

        Raises
        ------
        AccessDenied
            If the actor may not run checks.
        UsageError
            If there is no table, or Pandera is not installed.
        """
        from notewright.governance.checks.schema import infer_schema

        actor = actor or self._me()
        self._roles.require(actor, "check", subject)
        material = Material(subject, parse_policy("version: 1"), self._sources)
        try:
            table, frame = material.raw
            return table, infer_schema(frame, self._restrictions.now(actor))
        except CannotRun as reason:
            raise UsageError(reason.sentence, reason.remedy) from reason

    def get(self, ref: str) -> CheckReport:
        """Return the report with this id or prefix, its bytes verified."""
        full = self._store.catalog.resolve("check_reports", ref, "check report", _LISTING)
        row = self._store.catalog.one("SELECT * FROM check_reports WHERE id = ?", (full,))
        assert row is not None
        return self._read(row)

    def latest(self, version: Version) -> CheckReport | None:
        """Return the newest report about `version`, or None."""
        row = self._store.catalog.one(
            "SELECT * FROM check_reports WHERE version = ?"
            " ORDER BY created DESC, rowid DESC LIMIT 1",
            (version.id,),
        )
        return None if row is None else self._read(row)

    def list(self, version: Version | None = None) -> list[CheckReport]:
        """Return the reports, oldest first; all, or those about `version`."""
        wanted = None if version is None else version.id
        rows = self._store.catalog.query(
            "SELECT * FROM check_reports WHERE (CAST(? AS TEXT) IS NULL OR version = ?)"
            " ORDER BY created, rowid",
            (wanted, wanted),
        )
        return [self._read(row) for row in rows]

    def _policy_for(self, subject: Version) -> Policy:
        """Return the project's policy; where it has none, tables and notebooks need none."""
        try:
            return self._policy()
        except PolicyMissing:
            if kind_of(subject) == "model":
                raise
            return parse_policy("version: 1")

    def _keep(
        self,
        subject: Version,
        policy: Policy,
        actor: Identity,
        findings: tuple[Finding, ...],
        labels: tuple[str, ...],
    ) -> CheckReport:
        report = {
            "id": new_id(),
            "subject": name_of(subject),
            "version": subject.id,
            "fingerprint": subject.fingerprint,
            "data": subject.data,
            "policy_digest": policy.digest,
            "created": now(),
            "actor": actor.name,
            "passed": bool(findings) and not any(finding.blocks for finding in findings),
            "labels": labels,
        }
        self._store.objects.put_json(policy.source)
        digest = self._store.objects.put_json(
            {"type": "check report 1", **report, "findings": findings}
        )
        with self._store.catalog.transaction() as connection:
            connection.execute(
                "INSERT INTO check_reports(id, digest, version, policy, passed, created)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    report["id"],
                    digest,
                    subject.id,
                    policy.digest,
                    int(bool(report["passed"])),
                    report["created"],
                ),
            )
            self._acts(
                "check",
                str(report["subject"]),
                {
                    "report": report["id"],
                    "digest": digest,
                    "policy": policy.digest,
                    "passed": report["passed"],
                },
                actor,
            )
        made = CheckReport(digest=digest, findings=findings, **report)  # type: ignore[arg-type]
        return self._told(made, actor)

    def _read(self, row: Any) -> CheckReport:
        record = self._store.objects.get_json(row["digest"])
        record.pop("type")
        findings = tuple(finding_of(said) for said in record.pop("findings"))
        if record["id"] != row["id"]:
            raise UnknownId("check report", row["id"], _LISTING)
        record["labels"] = tuple(record.get("labels", ()))
        return self._told(CheckReport(digest=row["digest"], findings=findings, **record))

    def _told(self, report: CheckReport, reader: Identity | None = None) -> CheckReport:
        """Return a report as the reader may see it; what it is signed by stays the same."""
        findings = told(report.findings, report.labels, self._restrictions.now(reader))
        return replace(report, findings=findings, content=_content(report))


def _content(report: CheckReport) -> str:
    timed = {name for name, check in all_checks().items() if check.timed}
    return digest_of(
        canonical(
            {
                "data": report.data,
                "findings": [_found(finding, timed) for finding in report.findings],
                "fingerprint": report.fingerprint,
                "policy": report.policy_digest,
                "version": report.version,
            }
        )
    )


def _found(finding: Finding, timed: Collection[str]) -> Finding:
    """Return what of a finding stays the same when the checks run again on the same.

    How long something took never does. Sentences of what passed count what was
    looked at: cells, of which there are more as the notebook goes on.
    """
    if finding.check in timed:
        finding = replace(finding, value=None, interval=None, details={}, sentence="")
    return replace(finding, sentence="") if finding.status == "passed" else finding


def run_check(check: Check, rules: CheckRules, material: Material) -> list[Finding]:
    """Run one check; what stops it becomes a finding, because it then has not passed."""
    findings: list[Finding] = []
    problem: tuple[str, str] | None = None
    try:
        for finding in check.run(material, rules.options):
            findings.append(finding)
        if not findings:
            problem = ("It found nothing to look at.", "Look at its settings in policy.yaml.")
    except CannotRun as reason:
        problem = (reason.sentence, reason.remedy)
    except NotewrightError as error:
        problem = (error.problem, error.remedy)
    except Exception as error:  # noqa: BLE001 - a check of another package may do anything
        problem = (
            f"It stopped with {type(error).__name__}: {error}.",
            "Report it to whoever maintains the check.",
        )
    if problem is not None:
        family = check.name.partition(".")[0]
        findings.append(
            Finding(check.name, family, check.severity, "could_not_run", problem[0], problem[1])
        )
    return [_with_rules(finding, check, rules) for finding in findings]


def _with_rules(finding: Finding, check: Check, rules: CheckRules) -> Finding:
    acceptable = check.acceptable if rules.acceptable is None else rules.acceptable
    return replace(
        finding,
        value=_finite(finding.value),
        threshold=_finite(finding.threshold),
        interval=finding.interval and (_finite(finding.interval[0]), _finite(finding.interval[1])),
        severity=rules.severity or finding.severity,  # type: ignore[arg-type]
        acceptable=acceptable and finding.status == "failed",
    )


def _finite(number: float | None) -> float | None:
    """Return `number` as a plain float, or None where JSON could not hold it."""
    return float(number) if number is not None and math.isfinite(number) else None


def finding_of(said: dict[str, Any]) -> Finding:
    """Return a finding from its JSON values."""
    said = dict(said)
    interval = said.pop("interval")
    return Finding(
        interval=None if interval is None else (interval[0], interval[1]),
        rows=tuple(said.pop("rows")),
        cells=tuple(said.pop("cells")),
        **said,
    )
