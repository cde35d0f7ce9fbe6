"""Modules can be come to from any side, by several threads at once.

A thread that imports a module holds its lock while it imports what the module needs,
its package first. Where that leads back to the module, two threads that begin at two
sides wait for each other, and Python lets one of them see a module that is half there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import notewright
import notewright_lab

#: Packages that are imported as a whole before there is any thread of ours.
FIRST = "notewright.store"
ROOTS = [Path(package.__file__).parent for package in (notewright, notewright_lab)]


def modules() -> dict[str, Path]:
    files = [
        file for root in ROOTS for file in root.rglob("*.py") if "labextension" not in file.parts
    ]
    parts = {file: file.relative_to(_above(file)).with_suffix("").parts for file in files}
    return {".".join(p[:-1] if p[-1] == "__init__" else p): file for file, p in parts.items()}


def _above(file: Path) -> Path:
    return next(root.parent for root in ROOTS if root in file.parents)


def run_at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported, besides definitions."""
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from run_at_import(node.orelse)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from run_at_import(getattr(node, part, []))
        else:
            yield node


def needed(name: str, file: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules that are imported when `name` is: its package, and what it names."""
    package = name.rpartition(".")[0]
    found = {package} & known.keys() if package != FIRST else set()
    for node in run_at_import(ast.parse(file.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & known.keys()
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            # The package of what is named is imported first, and counts for itself.
            found |= (inner & known.keys()) or ({node.module} & known.keys())
    return found - {name}


def test_no_module_needs_itself_to_be_imported() -> None:
    known = modules()
    assert len(known) > 250
    graph = {name: needed(name, file, known) for name, file in known.items()}
    assert any("notewright.errors" in names for names in graph.values())
    list(TopologicalSorter(graph).static_order())  # raises and names the circle if there is one
