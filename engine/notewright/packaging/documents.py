"""Everything of a package that is not its code: metadata, documents, bill of materials."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from notewright.packaging.locking import Locks
from notewright.packaging.templating import environment


def render_document(template: str, **values: Any) -> str:
    """Return a document from its template."""
    made = environment()
    made.filters.setdefault("cell", _cell)
    text: str = made.get_template(f"{template}.j2").render(**values)
    return re.sub(r"\n{3,}", "\n\n", text)


def edge_table(edges: Mapping[str, Any] | None) -> str:
    """Return README.md's table of what the command answers to values that training never saw."""
    return render_document("EDGES.md", edges=edges or {})


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def bill_of_materials(
    name: str, version: int, model_type: str, locks: Locks, data: Sequence[Mapping[str, Any]]
) -> str:
    """Return a CycloneDX 1.6 bill of materials as JSON, checked against its schema.

    Parameters
    ----------
    name, version : str, int
        The package's.
    model_type : str
        The model's class.
    locks : Locks
        The locked dependencies.
    data : sequence of mapping
        ``path``, ``digest``, ``size`` of each data file.
    """
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from packageurl import PackageURL

    root = Component(
        name=name,
        version=str(version),
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"{name}@{version}",
        properties=[Property(name="model:type", value=model_type)],
    )
    bom = Bom()
    bom.metadata.component = root
    parts = []
    for library, pin, hashes in pinned(locks.requirements):
        part = Component(
            name=library,
            version=pin,
            type=ComponentType.LIBRARY,
            bom_ref=f"{library}@{pin}",
            purl=PackageURL("pypi", name=library, version=pin),
            # One file of several is installed; which one depends on the platform.
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashes[0])]
            if len(hashes) == 1
            else [],
        )
        bom.components.add(part)
        parts.append(part)
    for entry in data:
        bom.components.add(
            Component(
                name=str(entry["path"]),
                type=ComponentType.DATA,
                bom_ref=f"data:{entry['path']}",
                hashes=[HashType(alg=HashAlgorithm.BLAKE3, content=str(entry["digest"]))],
            )
        )
    bom.register_dependency(root, parts)
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if problem is not None:
        raise ValueError(f"the bill of materials is not valid CycloneDX: {problem}")
    return json.dumps(json.loads(text), indent=1) + "\n"


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
