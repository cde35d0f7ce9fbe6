"""Checks of a model version against the policy: one module a family."""

from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.material import Cell, Evidence, Material
from notewright.governance.checks.service import CheckReport, Checks

__all__ = [
    "CannotRun",
    "Cell",
    "Check",
    "CheckReport",
    "Checks",
    "Evidence",
    "Finding",
    "Material",
    "Option",
]
