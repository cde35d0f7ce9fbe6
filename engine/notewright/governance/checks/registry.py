"""The checks there are: our own families and those of other packages."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from notewright.errors import UsageError
from notewright.governance.checks.base import Check

#: Other packages name their `Check` subclasses under this entry point group.
ENTRY_POINTS = "notewright.checks"

_FAMILIES = (
    "data_quality", "leakage", "performance", "behaviour", "bias", "drift", "explainability",
    "documentation", "privacy", "security", "reproducibility",
)  # fmt: skip


@cache
def own_checks() -> dict[str, Check]:
    """Return Notewright's own checks by name."""
    found: dict[str, Check] = {}
    for family in _FAMILIES:
        module = import_module(f"notewright.governance.checks.{family}")
        found |= {check.name: check() for check in module.CHECKS}
    return found


@cache
def all_checks() -> dict[str, Check]:
    """Return all checks by name, those of other packages after our own.

    Raises
    ------
    UsageError
        If an entry point is no check, or takes a name that is taken.
    """
    found = dict(own_checks())
    for point in entry_points(group=ENTRY_POINTS):
        made = point.load()
        if not (isinstance(made, type) and issubclass(made, Check)) or made.name in found:
            raise UsageError(
                f"The entry point '{point.name}' of group '{ENTRY_POINTS}' ({point.value}) "
                "is no check, or its name is taken.",
                "Uninstall the package it comes from, or ask its authors.",
            )
        found[made.name] = made()
    return found
