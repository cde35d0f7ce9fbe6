"""How each link of the chain is verified. Every function returns a link or raises."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from notewright.errors import NotewrightError
from notewright.governance.checks.counting import counted
from notewright.governance.checks.less_told import told
from notewright.governance.checks.service import finding_of
from notewright.serving.deployments import GATE
from notewright.serving.integrity import check_files
from notewright.serving.links import Link, broken, guarded
from notewright.serving.log import Logged
from notewright.serving.ports import Services
from notewright.serving.records import Deployment
from notewright.state.withheld import withheld_words
from notewright.store.canonical import canonical, digest_of, plain
from notewright.words import local_minute, number_of

#: What the catalog repeats of a deployment's record.
_INDEXED = ("name", "package", "model_version")


def prediction(services: Services, logged: Logged) -> Link:
    """The log record: inputs, outputs and everything else as they were written."""
    entry = logged.entry
    answers = _answers(entry.outputs)
    what = f"answered {answers}" if answers else f"was refused: {entry.error}"
    sentence = f"Asked on {local_minute(entry.time)}, {number_of(entry.rows, 'row')}; {what}."
    problem = logged.problem()
    if logged.withheld:
        sentence += f" Values are {withheld_words(logged.withheld)}."
    return Link(
        "prediction", entry.id, logged.digest, sentence, problem is None, problem, time=entry.time
    )


def deployment(services: Services, made: Deployment) -> Link:
    """Its record, and the audit entry that was made with it."""
    record = services.store.objects.get_json(made.digest)
    row = services.store.catalog.one(
        "SELECT name, package, model_version FROM deployments WHERE id = ?", (made.id,)
    )
    problem = None
    if record["id"] != made.id or row is None or any(record[key] != row[key] for key in _INDEXED):
        problem = "the catalog and the record of the deployment say different things"
    elif not _logged(services, made.kind, made.name, made.digest):
        problem = "the audit log has no entry for this deployment"
    verb = "brought back" if made.kind == "rollback" else "deployed"
    sentence = (
        f"{made.actor} {verb} {made.package_ref} as '{made.name}' on {local_minute(made.created)}."
    )
    return Link(
        "deployment", made.id, made.digest, sentence, problem is None, problem, time=made.created
    )


def package(services: Services, made: Deployment) -> Link:
    """Signature of the manifest, hash of every file, and that it is the one deployed."""
    found = services.packages.get(made.package)
    verified = services.packages.verify(found)
    files = check_files(verified.path, verified.manifest, found.name)
    problem = None
    if made.manifest and verified.manifest != made.manifest:
        problem = "it is not the package that was deployed: its manifest differs"
    sentence = f"{found.name}@{found.number}, {len(files)} files, signed by {verified.signer}."
    return Link("package", found.id, verified.manifest, sentence, problem is None, problem)


def model(services: Services, made: Deployment) -> Link:
    """The registered version's record, and that the package holds its model."""
    version = services.models.get(made.model_version)
    record = services.store.objects.get_json(version.digest)
    problem = None
    if made.model_digest and version.digest != made.model_digest:
        problem = "it is not the version that was deployed"
    elif any(record[key] != getattr(version, key) for key in ("id", "fingerprint", "run", "data")):
        problem = "the catalog and the record of the version say different things"
    else:
        held = services.packages.get(made.package).fingerprint
        if held != version.fingerprint:
            problem = "the package holds another model than this version"
    kind = version.type.rsplit(".", 1)[-1]
    sentence = f"{version.name}@{version.number}, a {kind}, registered by {version.actor}."
    return Link("model", version.id, version.digest, sentence, problem is None, problem)


def run(services: Services, version: Any) -> Link:
    """The run's record."""
    found = services.runs.get(version.run)
    services.store.objects.get(found.digest)
    problem = None
    if found.digest != version.run_digest:
        problem = "it is not the run that the version was registered from"
    elif found.model is None or found.model.fingerprint != version.fingerprint:
        problem = "its model is not the version's"
    figures = ", ".join(f"{name} {value:.4g}" for name, value in list(found.metrics.items())[:3])
    sentence = f"'{found.name}' on {local_minute(found.created)}" + (
        f": {figures}." if figures else "."
    )
    return Link(
        "run", found.id, found.digest, sentence, problem is None, problem, time=found.created
    )


def cells(services: Services, found: Any) -> Link:
    """The executed cells behind the model, each with the seal of the one before it."""
    if found.execution is None:
        sentence = "No cell: the run was made by code outside a notebook."
        return Link("cells", found.id, found.digest, sentence)
    line = services.history.line(found.execution)
    kept = services.history.slice(found.execution, found.model.variable).executions
    problem = services.history.problem(line)
    digest = digest_of(canonical([execution.digest for execution in kept]))
    sentence = f"{len(kept)} of {len(line)} executed cells made '{found.model.variable}'."
    lines = tuple(execution.words for execution in kept)
    return Link("cells", found.execution, digest, sentence, problem is None, problem, lines)


def snapshot(services: Services, found: Any) -> Link:
    """The saved variables, and who signed them."""
    taken = services.snapshots.get(found.snapshot_after)
    services.store.objects.get(taken.digest)
    signer, holds = services.snapshots.signature(taken)
    names = {entry.public: entry.name for entry in services.identities.list()}
    problem = None
    if not holds or signer not in names:
        problem = "its signature is not by a key registered here"
    for variable in taken.variables:
        if found.model is not None and variable.name == found.model.variable:
            services.store.objects.get(variable.group)
    sentence = (
        f"{len(taken.variables)} variables after the run, signed by {names.get(signer, '?')}."
    )
    return Link("snapshot", taken.id, taken.digest, sentence, problem is None, problem)


def data(services: Services, version: Any, found: Any) -> Link:
    """The data files: recorded hashes against the version, and the files as they are now."""
    recorded = digest_of(canonical(plain(found.files)))
    problem = None
    if recorded != version.data:
        problem = "the run's data files are not those the version was registered with"
    lines = []
    for file in found.files:
        now = _now(services, file)
        lines.append(f"{file.path} {file.digest[:12]} {now}")
        if now != "unchanged" and problem is None:
            problem = f"{file.path} is {now}"
    total = sum(file.size for file in found.files)
    many = f"{number_of(len(found.files), 'data file')}, {total:,} bytes."
    sentence = many if found.files else "No data file was read."
    return Link("data", recorded[:16], recorded, sentence, problem is None, problem, tuple(lines))


def governance(services: Services, made: Deployment, version: Any) -> list[Link]:
    """The check report and the approvals with which the version passed its gate."""
    passage = _passage(services, made, version)
    if passage is None:
        return [broken("approval", "", f"no passage through the gate '{GATE}' is recorded")]
    links = []
    approvals = []
    for ref in passage["approvals"]:
        links.append(guarded("approval", ref, partial(_approval, services, version, ref)))
        approvals.append(ref)
    report = _report_digest(services, version, approvals, passage["created"])
    checks = guarded("checks", report, lambda: _checks(services, version, report))
    if not approvals:
        when = local_minute(passage["created"])
        sentence = f"The gate '{GATE}' asked for no approval; passed on {when}."
        links.append(Link("approval", passage["id"], passage["digest"], sentence))
    return [checks, *links]


def audit(services: Services, links: list[Link]) -> Link:
    """The whole log, and the entries in it about what is behind this prediction."""
    verdict = services.audit.verify()
    subjects = set()
    for link in links:
        if link.kind == "deployment":
            subjects.add(services.deployments.records.from_catalog(link.id).name)
        elif link.kind == "model" and link.digest:
            version = services.models.get(link.id)
            subjects.add(f"{version.name}@{version.number}")
    entries = [
        entry for subject in sorted(subjects) for entry in services.audit.list(subject=subject)
    ]
    entries.sort(key=lambda entry: entry.n)
    lines = tuple(
        f"{entry.n} {local_minute(entry.time)} {entry.actor}: {entry.act} {entry.subject}"
        for entry in entries
        if entry.act != "refused"
    )
    sentence = f"{verdict.entries} entries, {len(lines)} of them about this model and deployment."
    head = services.audit.head()
    return Link(
        "audit",
        "" if head is None else str(head.size),
        "" if head is None else head.root,
        sentence,
        verdict.ok,
        verdict.problem,
        lines,
    )


def _passage(services: Services, made: Deployment, version: Any) -> dict[str, Any] | None:
    """Return the passage in force when the version was deployed."""
    row = services.store.catalog.one(
        "SELECT digest FROM passages WHERE version = ? AND gate = ? AND created <= ?"
        " ORDER BY created DESC, rowid DESC LIMIT 1",
        (version.id, GATE, made.created),
    )
    if row is None:
        return None
    record: dict[str, Any] = services.store.objects.get_json(row["digest"])
    return {**record, "digest": row["digest"]}


def _approval(services: Services, version: Any, ref: str) -> Link:
    from notewright.store.signing import verify

    found = services.approvals.get(ref)
    problem = None
    if services.identities.get(found.signer).public != found.public or not verify(
        found.public, found.signature, found.signed_bytes()
    ):
        problem = f"the signature is not by the key registered for {found.signer}"
    elif (found.version, found.fingerprint, found.data) != (
        version.id,
        version.fingerprint,
        version.data,
    ):
        problem = "it is for another model"
    note = f": {found.note}" if found.note else "."
    sentence = f"{found.signer} ({found.role}) approved it on {local_minute(found.created)}{note}"
    return Link(
        "approval", found.id, found.digest, sentence, problem is None, problem, time=found.created
    )


def _report_digest(services: Services, version: Any, approvals: list[str], passed: str) -> str:
    """Return the report that the approval covers, else the newest one before the passage."""
    for ref in approvals:
        try:
            return str(services.approvals.get(ref).report)
        except NotewrightError:
            continue  # its own link says what is wrong with it
    reports = [report for report in services.checks.list(version) if report.created <= passed]
    return reports[-1].digest if reports else ""


def _checks(services: Services, version: Any, digest: str) -> Link:
    if not digest:
        return broken("checks", "", "no check report of this version was found")
    report = services.store.objects.get_json(digest)
    problem = None
    if (report["version"], report["fingerprint"]) != (version.id, version.fingerprint):
        problem = "the report is about another model"
    elif not services.store.objects.has(report["policy_digest"]):
        problem = "the policy then in force is not in the store"
    else:
        services.store.objects.get(report["policy_digest"])
    found = [finding_of(said) for said in report["findings"]]
    findings = told(found, report.get("labels", ()), services.restricted.now())
    lines = tuple(finding.sentence for finding in findings if finding.status != "passed")
    sentence = (
        f"{counted(findings)} ({local_minute(report['created'])} by {report['actor']}, under the "
        f"policy {report['policy_digest'][:12]})."
    )
    return Link(
        "checks", report["id"], digest, sentence, problem is None, problem, lines, report["created"]
    )


def _logged(services: Services, act: str, subject: str, digest: str) -> bool:
    entries = services.audit.list(act=act, subject=subject)
    return any(entry.details.get("digest") == digest for entry in entries)


def _now(services: Services, file: Any) -> str:
    path = services.root / file.path  # an absolute path stays what it is
    try:
        return "unchanged" if digest_of(path.read_bytes()) == file.digest else "changed since"
    except OSError:
        return "no longer there"


def _answers(outputs: bytes | None) -> str:
    for output in json.loads(outputs or b"[]"):
        if output["name"] == "prediction":
            shown = ", ".join(str(value) for value in output["data"][:3])
            return shown + (", ..." if len(output["data"]) > 3 else "")
    return ""
