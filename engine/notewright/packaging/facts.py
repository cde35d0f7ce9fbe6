"""What a dossier says of the package that holds a model version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError
from notewright.governance.dossier.ports import PackageFacts
from notewright.packaging.signed import digests

if TYPE_CHECKING:
    from notewright.governance.checks.evidence import Version
    from notewright.packaging.records import Package
    from notewright.packaging.shelf import Shelf


def package_facts(shelf: Shelf, version: Version) -> PackageFacts | None:
    """Return the newest package of a version, verified, or None if it was not exported."""
    ref = f"{version.name}@{version.number}"
    found = [
        each
        for each in shelf.list()
        if each.model_version == ref or each.fingerprint == version.fingerprint
    ]
    return _facts(shelf, found[-1]) if found else None


def _facts(shelf: Shelf, package: Package) -> PackageFacts:
    signer, problem, bill, files = "", None, None, 0
    try:
        signer = shelf.verify(package).signer
        files = len(digests(package.path))
        path = package.path / "sbom.cdx.json"
        bill = path.read_text(encoding="utf-8") if path.is_file() else None
    except NotewrightError as error:
        problem = error.problem
    return PackageFacts(
        ref=f"{package.name}@{package.number}",
        id=package.id,
        record=package.digest,
        created=package.created,
        origin=package.origin,
        signer=signer,
        problem=problem,
        files=files,
        result=str(package.equivalence.get("result", "")),
        compared=tuple(_compared(package)),
        findings=package.findings,
        bill=bill,
    )


def _compared(package: Package) -> list[tuple[str, str]]:
    proof = package.equivalence
    lines: list[tuple[str, str]] = []
    model: dict[str, Any] = dict(proof.get("model") or {})
    if "fingerprint" in model:
        lines.append(("model fingerprint", str(model["fingerprint"])))
    for name, value in dict(proof.get("metrics") or {}).items():
        pairs = ", ".join(f"{key} {said}" for key, said in value.items())
        lines.append((f"metric {name}", pairs))
    for name in ("slice", "lock"):
        if proof.get(name) is not None:
            lines.append((name, str(proof[name])))
    return lines
