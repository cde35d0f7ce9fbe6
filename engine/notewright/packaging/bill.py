"""The bill of materials of a package: CycloneDX 1.6, for machine learning."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.packaging.locking import Locks
from notewright.store.canonical import digest_of

if TYPE_CHECKING:
    from cyclonedx.model.component import Component
    from cyclonedx.model.license import License


@dataclass(frozen=True)
class Described:
    """What a bill of materials says of a package.

    Parameters
    ----------
    name, version : str, int
        The package's.
    model : Path
        The model's file.
    model_type : str
        The model's class.
    task : str
        ``classification`` or ``regression``.
    metrics : mapping
        The model's metrics by name.
    data : sequence of mapping
        ``path`` and ``digest`` of each data file.
    stated : mapping
        What the owner states, by label.
    """

    name: str
    version: int
    model: Path
    model_type: str
    task: str
    metrics: Mapping[str, float]
    data: Sequence[Mapping[str, Any]]
    stated: Mapping[str, str]


def bill_of_materials(described: Described, locks: Locks) -> str:
    """Return the bill as JSON, checked against the official schema.

    The package is made of its model, with a hash and a card, its libraries, with their
    licences, and what its server needs besides, as optional; the model is made from its
    data, with their hashes.
    """
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentScope, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    reference = f"{described.name}@{described.version}"
    root = Component(
        name=described.name,
        version=str(described.version),
        type=ComponentType.APPLICATION,
        bom_ref=reference,
    )
    model = Component(
        name=f"model/{described.model.name}",
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref="model",
    )
    data = [
        Component(name=str(d["path"]), type=ComponentType.DATA, bom_ref=f"data:{d['path']}")
        for d in described.data
    ]
    libraries = [library(*pin) for pin in pinned(locks.requirements)]
    known = {part.name for part in libraries}
    server = [library(*pin) for pin in pinned(locks.serve_requirements) if pin[0] not in known]
    for part in server:
        part.scope = ComponentScope.OPTIONAL
    bom = Bom()
    bom.metadata.component = root
    for part in (model, *data, *libraries, *server):
        bom.components.add(part)
    bom.register_dependency(root, [model, *libraries, *server])
    bom.register_dependency(model, data)
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    _add_facts(document, described.model, described.metrics, described.data)
    card = _component(document, "model")["modelCard"]
    card["modelParameters"] = {
        "task": described.task,
        "modelArchitecture": described.model_type,
        "datasets": [{"ref": f"data:{d['path']}"} for d in described.data],
    }
    card["considerations"] = {
        "useCases": [described.stated["Intended use"]],
        "technicalLimitations": [described.stated["Limits"]],
    }
    return checked(document)


def bill_of_new_version(
    text: str,
    version: int,
    model: Path,
    metrics: Mapping[str, float],
    data: Mapping[str, Any],
) -> str:
    """Return the bill `text` with the version, model and main data file of a retraining."""
    document = json.loads(text)
    document["metadata"]["component"]["version"] = str(version)
    _add_facts(document, model, metrics, [data])
    return checked(document)


def _add_facts(
    document: dict[str, Any],
    model: Path,
    metrics: Mapping[str, float],
    data: Sequence[Mapping[str, Any]],
) -> None:
    """Write what a training makes new: the hashes of model and data, and the metrics."""
    component = _component(document, "model")
    content = model.read_bytes()
    component["hashes"] = [
        {"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()},
        {"alg": "BLAKE3", "content": digest_of(content)},
    ]
    component.setdefault("modelCard", {})["quantitativeAnalysis"] = {
        "performanceMetrics": [{"type": n, "value": str(v)} for n, v in metrics.items()]
    }
    for entry in data:
        component = _component(document, f"data:{entry['path']}")
        component["hashes"] = [{"alg": "BLAKE3", "content": str(entry["digest"])}]
        component["data"] = [{"type": "dataset", "name": str(entry["path"])}]


def _component(document: Mapping[str, Any], reference: str) -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in document["components"] if c["bom-ref"] == reference)
    return found


def checked(document: Mapping[str, Any]) -> str:
    """Return a bill as JSON text, after checking it against the official schema."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if problem is not None:
        raise ValueError(f"the bill of materials is not valid CycloneDX: {problem}")
    return text


def library(name: str, version: str, hashes: Sequence[str]) -> Component:
    """Return a library as a component, with the licences it states if it is installed here."""
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}@{version}",
        purl=PackageURL("pypi", name=name, version=version),
        licenses=_licences(name, version),
        # One file of several is installed; which one depends on the platform.
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashes[0])] if len(hashes) == 1 else [],
    )


def _licences(name: str, version: str) -> list[License]:
    """Return the licences that a distribution states, if that version is installed here."""
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
    from cyclonedx.spdx import fixup_id, is_expression

    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return []
    if metadata["Version"] != version:
        return []
    text = metadata["License-Expression"] or metadata["License"] or ""
    if text and "\n" not in text and len(text) <= 200:
        id_ = fixup_id(text)
        if id_ is None and is_expression(text):
            return [LicenseExpression(text)]
        return [DisjunctiveLicense(id=id_) if id_ else DisjunctiveLicense(name=text)]
    mark = "License :: "
    classifiers = [c for c in metadata.get_all("Classifier", []) if c.startswith(mark)]
    names = {c.rpartition(" :: ")[2] for c in classifiers} - {"OSI Approved"}
    names = names or _titles(importlib.metadata.distribution(name))
    return [DisjunctiveLicense(name=n) for n in sorted(names)]


def _titles(installed: importlib.metadata.Distribution) -> set[str]:
    """Return the first lines of a distribution's licence files: `MIT License`."""
    names = set(installed.metadata.get_all("License-File", []))
    texts = [f.read_text() for f in installed.files or () if f.name in names]
    lines = [text.strip().partition("\n")[0].strip() for text in texts if text.strip()]
    return {line for line in lines if len(line) <= 80}


def pinned(requirements: str) -> list[tuple[str, str, list[str]]]:
    r"""Return (name, version, hashes) of each line of a locked requirements file.

    Examples
    --------
    >>> pinned("numpy==2.0 \\\n    --hash=sha256:ab\n")
    [('numpy', '2.0', ['ab'])]
    """
    found: list[tuple[str, str, list[str]]] = []
    for line in requirements.splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", line)
        if match:
            found.append((match[1], match[2], []))
        elif found and (mark := re.search(r"--hash=sha256:([0-9a-f]+)", line)):
            found[-1][2].append(mark[1])
    return found
