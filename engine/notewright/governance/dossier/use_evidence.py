"""Evidence of use: the package, its proof and its parts, deployments and what was seen."""

from __future__ import annotations

import json

from notewright.governance.dossier.evidence import Absent, Evidence, Ref
from notewright.governance.dossier.subject import Subject
from notewright.store.canonical import digest_of
from notewright.words import number_of, utc_second


def package(subject: Subject) -> Evidence:
    """The newest package that holds the model: signature and every file."""
    found = subject.package
    facts = [
        ("exported", utc_second(found.created)),
        ("origin", found.origin),
        ("signed", f"by {found.signer}"),
        ("files", str(found.files)),
        *(("finding", finding) for finding in found.findings),
    ]
    return Evidence(
        "package",
        "held",
        f"{found.ref}, {number_of(found.files, 'file')}, signed by {found.signer}.",
        tuple(facts),
        _refs(subject),
    )


def equivalence(subject: Subject) -> Evidence:
    """What was compared between the package and the notebook."""
    found = subject.package
    if not found.result.startswith("equal"):
        raise Absent(f"Comparing {found.ref} with the notebook gave '{found.result}'.", "broken")
    return Evidence("equivalence", "held", f"{found.result}.", found.compared, _refs(subject))


def bill(subject: Subject) -> Evidence:
    """The package's bill of materials."""
    found = subject.package
    if found.bill is None:
        raise Absent(f"{found.ref} carries no bill of materials.")
    parts = json.loads(found.bill)["components"]
    kinds: dict[str, int] = {}
    for part in parts:
        kinds[part["type"]] = kinds.get(part["type"], 0) + 1
    return Evidence(
        "bill",
        "held",
        f"{number_of(len(parts), 'component')}.",
        tuple((kind, str(count)) for kind, count in sorted(kinds.items())),
        (Ref("bill of materials", found.ref, digest_of(found.bill.encode())), *_refs(subject)),
    )


def deployment(subject: Subject) -> Evidence:
    """Each time the version was put under a name, and each way it came back."""
    found = subject.operation.deployments
    if not found:
        raise Absent("The version was never deployed.")
    if not any(each.live_from for each in found):
        raise Absent("The version was deployed, and never answered.")
    facts, refs = [], []
    for each in found:
        until = f" until {utc_second(each.live_until)}" if each.live_until else ""
        live = f", live from {utc_second(each.live_from)}{until}" if each.live_from else ""
        words = f"{each.kind} of {each.package} by {each.actor}, {each.status}{live}"
        facts.append((f"{each.name}, {utc_second(each.created)}", words))
        refs.append(Ref("deployment", each.id, each.digest))
        refs.append(subject.audit_ref(each.kind, each.name, each.digest))
    names = ", ".join(sorted({f"'{each.name}'" for each in found}))
    sentence = f"Deployed {number_of(len(found), 'time')}, as {names}."
    return Evidence("deployment", "held", sentence, tuple(facts), tuple(refs))


def predictions(subject: Subject) -> Evidence:
    """The log of what it was asked and what it answered, its chain of hashes verified."""
    found = subject.operation.logs
    if not found:
        raise Absent("The version was never deployed, so nothing was asked of it.")
    for each in found:
        if each.problem is not None:
            raise Absent(
                f"The prediction log of '{each.name}' does not hold: {each.problem}.", "broken"
            )
    facts = tuple((each.name, number_of(each.predictions, "request")) for each in found)
    total = sum(each.predictions for each in found)
    return Evidence(
        "predictions",
        "held",
        f"{number_of(total, 'request')} to this version are logged, each in a chain of hashes.",
        facts,
        tuple(Ref("deployment", each.id, each.digest) for each in subject.operation.deployments),
    )


def monitoring(subject: Subject) -> Evidence:
    """What the requests show: how many, refused, failed, and whether the input drifted."""
    found = [each for each in subject.operation.monitors if each.requests]
    if not subject.operation.monitors:
        raise Absent("The version is not what is served under any name.")
    if not found:
        raise Absent("Nothing was asked of it yet.")
    facts = []
    for each in found:
        since = utc_second(each.since)
        facts += [
            (f"{each.name}: requests", f"{each.requests} ({each.rows} rows) since {since}"),
            (f"{each.name}: refused, failed", f"{each.refused}, {each.failed}"),
            (f"{each.name}: columns compared", str(each.columns)),
            *((f"{each.name}: drift", sentence) for sentence in each.drifted),
            *((f"{each.name}: note", note) for note in each.notes),
        ]
    drifted = sum(len(each.drifted) for each in found)
    columns = sum(each.columns for each in found)
    return Evidence(
        "monitoring",
        "held",
        f"{number_of(sum(e.requests for e in found), 'request')}; {drifted} of {columns} columns "
        "drifted.",
        tuple(facts),
        tuple(Ref("deployment", each.id, each.digest) for each in subject.operation.deployments),
    )


def _refs(subject: Subject) -> tuple[Ref, ...]:
    found = subject.package
    logged = subject.audit_ref("export", found.ref, found.id, "package")
    return Ref("package", found.ref, found.id), logged


COLLECTORS = {
    "package": package,
    "equivalence": equivalence,
    "bill": bill,
    "deployment": deployment,
    "predictions": predictions,
    "monitoring": monitoring,
}
