"""Kinds of object that live in notebooks, by library."""

from __future__ import annotations

from kinds import (
    functions,
    numpy_,
    pandas_,
    plain,
    scipy_,
    sklearn_,
    unsaveable,
)
from kinds.kind import Kind

LIBRARIES: dict[str, list[Kind]] = {
    "plain": plain.KINDS,
    "functions": functions.KINDS,
    "numpy": numpy_.KINDS,
    "pandas": pandas_.KINDS,
    "scipy": scipy_.KINDS,
    "sklearn": sklearn_.KINDS,
    "unsaveable": unsaveable.KINDS,
}
