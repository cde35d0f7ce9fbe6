"""Evidence about the model: its record, its run, its parameters and its metrics."""

from __future__ import annotations

from notewright.governance.dossier.evidence import Absent, Evidence, Ref
from notewright.governance.dossier.subject import Subject
from notewright.words import number_of, utc_second


def version(subject: Subject) -> Evidence:
    """The registered version: record, signature, and entry in the audit log."""
    found = subject.version
    subject.services.store.objects.get(found.digest)
    signer, holds = subject.services.models.signature(found)
    if not holds or (signer is not None and signer not in subject.keys):
        raise Absent("Its record is not the one that was signed.", "broken")
    logged = subject.audit_ref("model.register", found.ref, found.digest)
    signed = "by its audit entry" if signer is None else f"by {subject.keys[signer]}"
    return Evidence(
        "version",
        "held",
        f"{found.ref}, registered by {found.actor} on {utc_second(found.created)}.",
        (
            ("type", found.type),
            ("variable", found.variable),
            ("origin", found.origin),
            ("model fingerprint", found.fingerprint),
            ("stored model", found.model_object),
            ("data digest", found.data),
            ("signed", signed),
        ),
        (Ref("model version", found.id, found.digest), logged),
    )


def history(subject: Subject) -> Evidence:
    """All versions of the model, and what became of each."""
    versions = subject.services.models.list(subject.version.name)
    aliases = subject.services.models.aliases(subject.version.name)
    names: dict[int, list[str]] = {}
    for alias, number in aliases.items():
        names.setdefault(number, []).append(alias)
    facts = []
    for each in versions:
        called = f", {', '.join(names[each.number])}" if each.number in names else ""
        facts.append(
            (each.ref, f"{utc_second(each.created)} by {each.actor}, {each.origin}{called}")
        )
    refs = tuple(Ref("model version", each.id, each.digest) for each in versions)
    place = [each.id for each in versions].index(subject.version.id)
    before = f"It came after {versions[place - 1].ref}." if place else "It is the first."
    sentence = f"{number_of(len(versions), 'version')} of '{subject.version.name}'. {before}"
    return Evidence("history", "held", sentence, tuple(facts), refs)


def run(subject: Subject) -> Evidence:
    """The run that trained it."""
    found = subject.run
    logged = subject.audit_ref("run.finish", found.id, found.digest)
    facts = [
        ("started", utc_second(found.created)),
        ("origin", found.origin),
        ("status", found.status),
        ("session", found.session or "none"),
    ]
    facts += [("tag", f"{name}: {value}") for name, value in sorted(found.tags.items())]
    facts += [("note", note) for note in found.notes]
    facts += [("warning", warning) for warning in found.warnings]
    warned = f" {number_of(len(found.warnings), 'warning')}." if found.warnings else ""
    return Evidence(
        "run",
        "held",
        f"'{found.name}', {found.seconds:.3g} seconds.{warned}",
        tuple(facts),
        (Ref("run", found.id, found.digest), logged),
    )


def parameters(subject: Subject) -> Evidence:
    """The parameters of the run."""
    found = subject.run
    if not found.params:
        raise Absent("The run recorded no parameters.")
    chosen = set(found.changed_params)
    facts = [
        (name, f"{value}" + (" (chosen)" if name in chosen else ""))
        for name, value in sorted(found.params.items(), key=lambda item: item[0] not in chosen)
    ]
    sentence = f"{number_of(len(facts), 'parameter')}, {len(chosen)} of them not the defaults."
    return Evidence(
        "parameters", "held", sentence, tuple(facts), (Ref("run", found.id, found.digest),)
    )


def metrics(subject: Subject) -> Evidence:
    """The metrics of the run, and the test rows they are from."""
    found = subject.run
    if not found.metrics:
        raise Absent("The run recorded no metrics.")
    facts = [(name, f"{value:.6g}") for name, value in sorted(found.metrics.items())]
    if found.evaluation is not None:
        scored = subject.services.runs._evaluation(found)
        facts += [
            ("task", scored.task),
            ("test rows", str(len(scored))),
            ("digest of the test rows", scored.row_digest),
        ]
    figures = ", ".join(f"{name} {value:.4g}" for name, value in list(found.metrics.items())[:3])
    return Evidence(
        "metrics", "held", f"{figures}.", tuple(facts), (Ref("run", found.id, found.digest),)
    )


def resources(subject: Subject) -> Evidence:
    """What training took."""
    found = subject.run
    facts = [("seconds", f"{found.seconds:.3g}")]
    if found.cpu_seconds is not None:
        facts.append(("processor seconds", f"{found.cpu_seconds:.3g}"))
    if found.memory is not None:
        least = "" if found.memory_exact else "at most "
        facts.append(("memory it grew by", f"{least}{found.memory:,} bytes"))
    words = f"{found.seconds:.3g} seconds"
    if found.cpu_seconds is not None:
        words += f", {found.cpu_seconds:.3g} of processor time"
    return Evidence(
        "resources", "held", f"{words}.", tuple(facts), (Ref("run", found.id, found.digest),)
    )


COLLECTORS = {
    "version": version,
    "history": history,
    "run": run,
    "parameters": parameters,
    "metrics": metrics,
    "resources": resources,
}
