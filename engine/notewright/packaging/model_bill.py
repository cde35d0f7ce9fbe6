"""The bill of materials of a model version: CycloneDX 1.6, with its card, data and libraries."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from notewright.packaging.bill import checked, library

if TYPE_CHECKING:
    from cyclonedx.model.component import Component

    from notewright.governance.checks.base import Finding
    from notewright.governance.dossier.dossier import Dossier

#: What comes before the names in the environment's facts.
_MACHINE = ("python", "implementation", "platform")


def model_bill(dossier: Dossier) -> str:
    """Return the bill of a dossier's model as JSON, checked against the official schema.

    Its libraries are those that the exported package is locked to; without a package, all that
    were installed when the model was trained. Only evidence that is held is in it.
    """
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    root = Component(
        name=dossier.version.name,
        version=str(dossier.version.number),
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=dossier.ref,
    )
    files = [ref for ref in dossier.evidence["data"].refs if ref.kind == "data file"]
    data = [
        Component(name=file.id, type=ComponentType.DATA, bom_ref=f"data:{file.id}")
        for file in files
    ]
    locked = _locked(dossier)
    libraries = [] if locked else _installed(dossier)
    bom = Bom(
        serial_number=UUID(hex=dossier.digest[:32], version=4),
        metadata=BomMetaData(timestamp=datetime.fromisoformat(dossier.created), component=root),
    )
    for part in (*data, *libraries):
        bom.components.add(part)
    bom.register_dependency(root, [*data, *libraries])
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    _add_locked(document, dossier.ref, locked)
    hashes = {f"data:{file.id}": file.digest for file in files}
    for component in document.get("components", ()):
        if component["bom-ref"] in hashes:
            name = component["name"]
            component["hashes"] = [{"alg": "BLAKE3", "content": hashes[component["bom-ref"]]}]
            component["data"] = [{"type": "dataset", "name": name}]
    model = document["metadata"]["component"]
    model["hashes"] = [{"alg": "BLAKE3", "content": dossier.version.model_object}]
    model["modelCard"] = _card(dossier, [file.id for file in files])
    model["properties"] = [
        {"name": f"notewright:{name}", "value": value} for name, value in _marks(dossier)
    ]
    return checked(document)


def _installed(dossier: Dossier) -> list[Component]:
    """Return what was installed when the model was trained."""
    facts = dossier.evidence["environment"].facts
    return [library(name, release, []) for name, release in facts if name not in _MACHINE]


def _locked(dossier: Dossier) -> list[dict[str, Any]]:
    """Return the libraries of the exported package, as its own bill has them."""
    if dossier.package is None or dossier.package.bill is None:
        return []
    parts = json.loads(dossier.package.bill)["components"]
    return [part for part in parts if part["type"] == "library"]


def _add_locked(document: dict[str, Any], root: str, locked: list[dict[str, Any]]) -> None:
    if not locked:
        return
    document.setdefault("components", []).extend(locked)
    names = [part["bom-ref"] for part in locked]
    dependencies = document.setdefault("dependencies", [])
    own = next(each for each in dependencies if each["ref"] == root)
    own["dependsOn"] = sorted({*own.get("dependsOn", ()), *names})
    dependencies += [{"ref": name} for name in names]


def _card(dossier: Dossier, files: list[str]) -> dict[str, Any]:
    metrics = dict(dossier.evidence["metrics"].facts)
    card: dict[str, Any] = {
        "modelParameters": {
            "modelArchitecture": dossier.version.type,
            "datasets": [{"ref": f"data:{name}"} for name in files],
        },
        "quantitativeAnalysis": {"performanceMetrics": _figures(dossier)},
    }
    if "task" in metrics:
        card["modelParameters"]["task"] = metrics["task"]
    considerations = _considerations(dossier)
    if considerations:
        card["considerations"] = considerations
    return card


def _figures(dossier: Dossier) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if dossier.run is not None and dossier.evidence["metrics"].held:
        found += [{"type": n, "value": repr(v)} for n, v in sorted(dossier.run.metrics.items())]
    for finding in _findings(dossier, "intervals"):
        if finding.family != "performance" or finding.value is None or finding.interval is None:
            continue
        low, high = finding.interval
        ends = {"lowerBound": low, "upperBound": high}
        found.append(
            {
                "type": f"{finding.metric} ({finding.check})",
                "value": repr(finding.value),
                "confidenceInterval": {k: repr(v) for k, v in ends.items() if v is not None},
            }
        )
    return found


def _considerations(dossier: Dossier) -> dict[str, Any]:
    stated = {
        kind.removeprefix("stated."): found.quote
        for kind, found in dossier.evidence.items()
        if kind.startswith("stated.") and found.held
    }
    said: dict[str, Any] = {}
    if "intended_use" in stated:
        said["useCases"] = [stated["intended_use"]]
    if "limitations" in stated:
        said["technicalLimitations"] = [stated["limitations"]]
    if "risks" in stated:
        risk = {"name": stated["risks"]}
        if "risk_measures" in stated:
            risk["mitigationStrategy"] = stated["risk_measures"]
        said["ethicalConsiderations"] = [risk]
    gaps = [f for f in _findings(dossier, "checks.bias") if f.family == "bias"]
    gaps = [f for f in gaps if f.status == "failed"]
    if gaps:
        said["fairnessAssessments"] = [
            {"groupAtRisk": f.subject or f.check, "harms": f.sentence} for f in gaps
        ]
    return said


def _findings(dossier: Dossier, kind: str) -> tuple[Finding, ...]:
    """Return the findings of the report, if the evidence that rests on them is held."""
    if dossier.report is None or not dossier.evidence[kind].held:
        return ()
    return dossier.report.findings


def _marks(dossier: Dossier) -> list[tuple[str, str]]:
    version = dossier.version
    marks = [
        ("version", version.id),
        ("fingerprint", version.fingerprint),
        ("data", version.data),
        ("run", version.run),
        ("dossier", dossier.digest),
    ]
    if dossier.policy is not None:
        marks.append(("policy", dossier.policy))
    if dossier.report is not None and dossier.evidence["checks"].held:
        marks.append(("check report", dossier.report.id))
    return marks
