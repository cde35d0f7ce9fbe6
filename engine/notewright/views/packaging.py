"""Packages, for people and programs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from notewright.packaging.records import Package
from notewright.views.base import Message, Page, Table, View, escape, prose
from notewright.words import local_second


def package_record(package: Package) -> dict[str, Any]:
    """Return a package as JSON values with stable names."""
    return {
        "id": package.id,
        "digest": package.digest,
        "name": package.name,
        "number": package.number,
        "created": package.created,
        "origin": package.origin,
        "variable": package.variable,
        "fingerprint": package.fingerprint,
        "snapshot": package.snapshot,
        "run": package.run,
        "model_version": package.model_version,
        "parent": package.parent,
        "executions": list(package.executions),
        "metrics": package.metrics,
        "serves_raw_rows": package.serves_raw_rows,
        "findings": list(package.findings),
        "path": str(package.path),
        "wheel": package.wheel,
        "tree": str(package.tree),
        "place": str(package.place),
        "result": package.equivalence["result"],
    }


def packages_view(packages: Sequence[Package]) -> View:
    """List packages."""
    rows = [
        (
            f"{p.name}@{p.number}",
            p.id[:8],
            local_second(p.created),
            p.origin,
            ", ".join(f"{k} {v:.4g}" for k, v in p.metrics.items()),
            "yes" if p.serves_raw_rows else "no",
            p.model_version or "",
        )
        for p in packages
    ]
    return Table(
        ["package", "id", "created", "from", "metrics", "raw rows", "model version"],
        rows,
        empty="No packages yet. `%nw export VARIABLE --name NAME` makes one.",
        records=[package_record(p) for p in packages],
    )


def package_view(package: Package) -> View:
    """Say what was exported and what was proved."""
    proof = package.equivalence
    parts: list[View] = [
        Message(
            f"{package.name}@{package.number} is in {package.place}. "
            f"Its predictions against the notebook's: {proof['result']}."
        ),
        Table(["proved", "how"], _proved(package)),
        _Files(package),
    ]
    if package.findings:
        parts.append(_Findings(package.findings))
    return Page(parts, package_record(package))


def copied_view(package: Package, folder: Path) -> View:
    """Say where a copy is."""
    words = f"A copy of {package.name}@{package.number} is in {folder}."
    return Message(words, {"package": package_record(package), "folder": str(folder)})


def _proved(package: Package) -> list[tuple[str, str]]:
    proof = package.equivalence
    rows: list[tuple[str, str]] = []
    predictions = proof["model"].get("predictions", {})
    if predictions:
        count = sum(entry["rows"] for entry in predictions.values())
        rows.append(("model", f"same predictions as the notebook's for {count} rows"))
    for name, entry in proof["metrics"].items():
        same = "exactly the notebook's" if "notebook" in entry else "on the new rows"
        rows.append((name, f"{entry['package']:.6g}, {same}"))
    raw = proof.get("raw_rows")
    if raw and "singly" in raw:
        rows.append(
            (
                "raw rows",
                f"{raw['raw_rows']} together, {raw['singly']['rows']} one at a time, "
                f"{raw['batches']['batches']} shuffled batches: the features training saw",
            )
        )
    rows.append(("its own tests", proof["tests"]["summary"]))
    rows.append(("wheel", f"dist/{package.wheel}, built and installed in a clean environment"))
    return rows


class _Files(View):
    """Where to read on: links that a notebook's front end opens."""

    def __init__(self, package: Package) -> None:
        code = (f"src/{package.name}/{name}" for name in ("pipeline.py", "features.py"))
        names = ("README.md", "MODEL_CARD.md", "equivalence.json", *code)
        place = package.place
        self._files = {name: place / name for name in names if (place / name).is_file()}

    def text(self) -> str:
        return ""

    def html(self) -> str:
        # Front ends take a link as relative to the notebook, whose folder the kernel is in.
        links = (
            f'<a href="{escape(quote(os.path.relpath(path).replace(os.sep, "/")))}">{name}</a>'
            for name, path in self._files.items()
        )
        return f"<div>{' · '.join(links)}</div>"

    def data(self) -> Any:
        return {name: str(path) for name, path in self._files.items()}


class _Findings(View):
    def __init__(self, findings: Sequence[str]) -> None:
        self._findings = findings

    def text(self) -> str:
        return "\n".join(["Findings", *(f"- {finding}" for finding in self._findings)])

    def html(self) -> str:
        items = "".join(f"<li>{prose(finding)}</li>" for finding in self._findings)
        return f"<div><b>Findings</b><ul>{items}</ul></div>"

    def data(self) -> Any:
        return list(self._findings)
