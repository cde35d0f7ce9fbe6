"""Evidence about data and development: files, rows, cells, saved state, software."""

from __future__ import annotations

from typing import Any

from notewright.errors import NotewrightError
from notewright.governance.dossier.evidence import Absent, Evidence, Ref
from notewright.governance.dossier.subject import Subject
from notewright.store.canonical import canonical, digest_of, plain
from notewright.words import number_of, some_of, utc_second


def data(subject: Subject) -> Evidence:
    """The data files: recorded hashes, and whether the same bytes are still to be had."""
    files = subject.run.files
    if digest_of(canonical(plain(files))) != subject.version.data:
        raise Absent(
            "The run's data files are not those the version was registered with.", "broken"
        )
    if not files:
        raise Absent("No data file was read.")
    facts, refs, lost = [], [], []
    for file in files:
        where = _where(subject, file)
        if not where:
            lost.append(file.path)
        said = where or "changed or removed since, and not kept"
        facts.append((file.path, f"{file.size:,} bytes, {said}"))
        refs.append(Ref("data file", file.path, file.digest))
    for known in subject.services.datasets.of_files(files):
        facts.append((f"dataset {known.ref}", known.summary))
        refs.append(Ref("dataset version", known.id, known.digest))
    if lost:
        raise Absent(
            f"{some_of(lost)} changed or went since the run, and nothing here keeps what it was.",
            "stale",
        )
    total = sum(file.size for file in files)
    sentence = f"{number_of(len(files), 'data file')}, {total:,} bytes, as they were read."
    return Evidence("data", "held", sentence, tuple(facts), tuple(refs))


def _where(subject: Subject, file: Any) -> str:
    """Return where the bytes of a file are still to be had, or an empty text."""
    services = subject.services
    path = services.root / file.path  # an absolute path stays what it is
    try:
        if digest_of(path.read_bytes()) == file.digest:
            return "unchanged"
    except OSError:
        pass  # it is gone; it may be kept below
    if services.datasets.of_files([file]):
        return "kept as a dataset"
    try:
        address = subject.snapshot.address(file.path)
    except (Absent, NotewrightError):
        return ""
    same = any(f.path == file.path and f.digest == file.digest for f in subject.snapshot.files)
    kept = address is not None and same and services.store.objects.has(address)
    return "kept in the snapshot" if kept else ""


def rows(subject: Subject) -> Evidence:
    """The rows that were trained on and scored."""
    found = {each.role: each for each in subject.run.rows}
    because = " ".join(subject.run.notes)
    for role, words in (("train", "trained on"), ("test", "scored")):
        if role not in found or found[role].table is None:
            raise Absent(
                f"The rows that were {words} were not traced to a table. {because}".strip()
            )
    for each in found.values():
        if each.labels is not None:
            subject.services.store.objects.get(each.labels)
    train, test = found["train"], found["test"]
    facts = [("trained on", train.words), ("scored", test.words)]
    refs = [Ref("run", subject.run.id, subject.run.digest)]
    return Evidence(
        "rows",
        "held",
        f"Trained on {number_of(train.count, 'row')}, scored on {number_of(test.count, 'row')}.",
        tuple(facts),
        tuple(refs),
    )


def cells(subject: Subject) -> Evidence:
    """The executed cells behind the model, each sealed by the one after it."""
    origin = subject.origin
    if origin.execution is None or origin.model is None:
        raise Absent("The model was made by code outside a notebook.")
    history = subject.services.history
    line = history.line(origin.execution)
    problem = history.problem(line)
    if problem is not None:
        raise Absent(f"{problem[0].upper()}{problem[1:]}.", "broken")
    kept = history.slice(origin.execution, origin.model.variable).executions
    names = [f"cell [{each.number or each.ordinal}]" for each in kept]
    return Evidence(
        "cells",
        "held",
        f"{len(kept)} of {len(line)} executed cells made '{origin.model.variable}'.",
        tuple((name, utc_second(each.started)) for name, each in zip(names, kept, strict=True)),
        tuple(Ref("cell", each.id, each.digest) for each in kept),
        code=tuple((name, each.source) for name, each in zip(names, kept, strict=True)),
    )


def snapshot(subject: Subject) -> Evidence:
    """The saved variables, who signed them, and the commit that was checked out."""
    found = subject.snapshot
    signer, _ = subject.services.snapshots.signature(found)
    facts = [
        ("taken", utc_second(found.created)),
        ("signed", f"by {subject.keys[signer]}"),
        ("variables", str(len(found.variables))),
        ("not saved", some_of([u.name for u in found.unsaved]) or "none"),
    ]
    if found.git is not None:
        dirty = {True: ", with changes", False: "", None: ""}[found.git.dirty]
        facts.append(("git commit", f"{found.git.hash}{dirty}"))
    if found.document is not None:
        facts.append(("notebook", f"{found.document.path}, {found.document.digest}"))
    words = f"{number_of(len(found.variables), 'variable')} after the run, signed by "
    return Evidence(
        "snapshot",
        "held",
        f"{words}{subject.keys[signer]}.",
        tuple(facts),
        (Ref("snapshot", found.id, found.digest),),
    )


def environment(subject: Subject) -> Evidence:
    """The interpreter, the platform and every installed package."""
    found = subject.services.snapshots.environment(subject.snapshot)
    packages = found["packages"]
    facts = [(name, str(found[name])) for name in ("python", "implementation", "platform")]
    facts += [(name, str(release)) for name, release in sorted(packages.items())]
    return Evidence(
        "environment",
        "held",
        f"Python {found['python']} and {number_of(len(packages), 'package')}.",
        tuple(facts),
        (Ref("snapshot", subject.snapshot.id, subject.snapshot.environment),),
    )


COLLECTORS = {
    "data": data,
    "rows": rows,
    "cells": cells,
    "snapshot": snapshot,
    "environment": environment,
}
