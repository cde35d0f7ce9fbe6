"""The project around a model version: its folders, its own modules, the packages it had."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notewright.governance.checks.material import Material


def own_modules(material: Material) -> set[str]:
    """Return the top-level modules that lie in the project's folders."""
    found = set[str]()
    for folder in material.folders:
        found.update(path.stem for path in folder.glob("*.py"))
        found.update(path.parent.name for path in folder.glob("*/__init__.py"))
    return found


def is_own(module: str, material: Material) -> bool:
    """Tell whether a top-level module is the standard library's or the project's own."""
    return module in sys.stdlib_module_names or module in own_modules(material)


def recorded_packages(material: Material) -> dict[str, str]:
    """Return the packages that the run had, with their versions; none where nobody recorded it."""
    sources = material.sources
    if material.kind == "notebook" or sources.snapshots is None or not material.run.snapshot_after:
        return {}
    snapshot = sources.snapshots.get(material.run.snapshot_after)
    packages: dict[str, str] = sources.snapshots.environment(snapshot).get("packages", {})
    return packages
